"""``blurmap models`` and ``blurmap evaluate``."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blurmap.evaluation.dataset import open_dataset
from blurmap.models import MODELS
from tests.cli.command import failing, run
from tests.support import EXAMPLES, FEW


@pytest.mark.slow
def test_models_are_listed_with_their_figures(tmp_path: Path) -> None:
    shown = run("models", cwd=tmp_path).stdout
    for word in (*MODELS, "CUHK photos", "Apache-2.0", "mIoU"):
        assert word in shown


@pytest.mark.slow
def test_evaluate_writes_what_it_prints(labelled: Path, tmp_path: Path) -> None:
    done = run("evaluate", "--data", labelled, "--out", "d.json", cwd=tmp_path)
    written = json.loads((tmp_path / "d.json").read_text())
    figures = written["figures"]["default"]["all"]
    assert (written["model"], written["split"], figures["photos"]) == ("default", "val", 4)
    assert 0 <= figures["strict_type"] <= figures["type"] <= 1
    assert f"{figures['ece']:.4f}" in done.stdout
    assert "protocol: blurred is positive" in done.stdout
    assert "default was trained on these photos too" in done.stderr
    done = run("evaluate", "--data", labelled, "--out", "d.json", cwd=tmp_path, status=1)
    assert "d.json is there already" in done.stderr


@pytest.mark.slow
def test_steps_of_paper_alone(labelled: Path, tmp_path: Path) -> None:
    (tmp_path / "names.txt").write_text("\n".join(FEW["val"]))
    common = ("evaluate", "--data", labelled, "--split", "names.txt", "--steps")
    done = run(*common, "--model", "paper", cwd=tmp_path)
    written = json.loads((tmp_path / "evaluation-paper-names.json").read_text())
    assert list(written["figures"]) == ["patch", "image", "product", "calibrated", "cut"]
    assert written["figures"]["cut"]["all"]["photos"] == 4
    assert f"{written['figures']['cut']['all']['mae']:.4f}" in done.stdout
    assert "has no steps to score; give --model paper" in run(*common, cwd=tmp_path, status=1).stderr


@pytest.mark.slow
def test_evaluate_scores_maps(labelled: Path, tmp_path: Path) -> None:
    (tmp_path / "maps").mkdir()
    for name in FEW["val"]:
        mask = open_dataset(labelled).mask(name)
        Image.fromarray(np.where(mask, 255, 0).astype(np.uint8)).save(tmp_path / "maps" / f"{name}_X.png")
    common = ("evaluate", "--data", labelled, "--maps", "maps", "--maps-bright")
    run(*common, "blurred", cwd=tmp_path)
    figures = json.loads((tmp_path / "evaluation-maps-val.json").read_text())["figures"]["maps"]["all"]
    assert (figures["mae"], figures["f"], figures["iou"], figures["accuracy"]) == (0, 1, 1, 1)
    assert "must be sharp or blurred" in run(*common, "green", "--out", "x.json", cwd=tmp_path, status=1).stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [("--data nowhere", "no image/ here"), ("--data cuhk --split nonsense", "'nonsense'")],
)
def test_errors_are_one_line(
    labelled: Path, arguments: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(labelled.parent)
    shown = failing(f"evaluate {arguments}", capsys)
    assert shown.count("\n") == 1
    assert shown.startswith("blurmap: ")
    assert told in shown


@pytest.mark.slow
def test_verdicts_on_photos_that_a_person_has_judged(tmp_path: Path) -> None:
    folder = tmp_path / "judged"
    (folder / "image").mkdir(parents=True)
    for name in ("cat.jpg", "astronaut.jpg"):
        shutil.copy(EXAMPLES / name, folder / "image" / name)
    (folder / "image" / "broken.jpg").write_bytes(b"no photo")
    rows = [
        "file,verdict,kind,group",
        "cat.jpg,selective,animal,a",
        "astronaut.jpg,blurred,person,b",
        "broken.jpg,sharp,,",
    ]
    (folder / "photos.csv").write_text("\n".join(rows) + "\n")
    done = run("evaluate", "--photos", "judged", cwd=tmp_path)
    found = json.loads((tmp_path / "evaluation-default-judged.json").read_text())
    assert (found["model"], found["photos"]) == ("default", "judged")
    figures = found["figures"]
    assert figures["all"] == {"good": 2, "false_alarms": 0, "bad": 1, "missed": 1, "right": 1}
    assert figures["by_kind"]["animal"]["right"] == 1
    assert {wrong["file"] for wrong in figures["wrong"]} == {"astronaut.jpg", "broken.jpg"}
    page = (tmp_path / "evaluation-default-judged.html").read_text()
    assert "MISSED blurred" in page
    assert "data:image/jpeg;base64," in page
    assert "cat.jpg" not in page
    assert "astronaut.jpg: blurred, called" in done.stdout
    assert "is there already" in run("evaluate", "--photos", "judged", cwd=tmp_path, status=1).stderr
    again = run("evaluate", "--photos", "judged", "--overwrite", "--json", cwd=tmp_path)
    assert json.loads(again.stdout)["figures"] == figures


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("", "give either --data"),
        ("--data x --photos y", "give either --data"),
        ("--photos y --steps", "--maps and --steps are for --data"),
        ("--photos nowhere", "no photos.csv here"),
        ("--photos nowhere --model paper", "passes no verdicts"),
    ],
)
def test_what_verdicts_cannot_be_scored_on(arguments: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told in failing(f"evaluate {arguments}", capsys)
