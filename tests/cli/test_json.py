"""``detect --json``: the one record, with the same values as a scan's row of the same photo."""

import json
from pathlib import Path
from typing import Any

import pytest

from blurmap.fields import COLUMNS
from blurmap.models import MODELS
from tests.cli.command import quick, run
from tests.support import EXAMPLES

CAT = EXAMPLES / "cat.jpg"
KNOWN = {"path", "bytes", "mtime", "model", "weights", "error"}  # of a photo that could not be looked at


@pytest.mark.slow
def test_a_row_is_that_of_a_scan(tmp_path: Path) -> None:
    row = json.loads(run("detect", CAT, "--json", cwd=tmp_path).stdout)
    assert list(row) == [*COLUMNS, "mask", "overlay"]
    run("scan", CAT, "--out", "t.jsonl", "--workers", 1, "--model", "default", cwd=tmp_path)
    (scanned,) = map(json.loads, (tmp_path / "t.jsonl").read_text().splitlines())
    for name in COLUMNS:
        if isinstance(row[name], float):
            if name != "seconds":
                assert row[name] == pytest.approx(scanned[name], abs=2e-4), name
        else:
            assert row[name] == scanned[name], name
    assert (row["width"], row["height"], row["format"], row["error"]) == (451, 300, "JPEG", None)
    assert row["defocus"] + row["motion"] == pytest.approx(row["blurred"], abs=2e-4)
    assert row["path"] == str(CAT)
    for picture in ("mask", "overlay"):
        assert (tmp_path / row[picture]).is_file()


@pytest.mark.slow
def test_a_photo_that_fails_has_a_row_of_nulls(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no photo")
    done = run("detect", "text.jpg", CAT, "missing.jpg", "--json", cwd=tmp_path, status=1)
    text, cat, missing = map(json.loads, done.stdout.splitlines())
    assert cat["verdict"] in ("sharp", "selective", "defocused", "motion")
    for row, error in ((text, "text.jpg: is not"), (missing, "missing.jpg: no such file")):
        assert list(row) == list(cat)
        assert row["error"].startswith(error)
        assert (row["model"], row["weights"]) == (cat["model"], cat["weights"])
        assert not [name for name in row.keys() - KNOWN if row[name] is not None]
    assert (text["bytes"], missing["bytes"], missing["mtime"]) == (8, None, None)
    assert text["mtime"] == pytest.approx((tmp_path / "text.jpg").stat().st_mtime)
    assert "2 of 3 photos failed" in done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("model", MODELS)
def test_the_named_model_answers(model: str, tmp_path: Path) -> None:
    row = json.loads(run("detect", CAT, "--json", "--model", model, cwd=tmp_path).stdout)
    assert list(row) == [*COLUMNS, "mask", "overlay"]
    assert row["model"] == model
    assert (row["defocus"] is not None) == (row["motion"] is not None) == MODELS[model].capabilities.types
    assert (row["verdict"] is not None) == (row["sharp_size"] is not None) == MODELS[model].capabilities.verdicts


def lines(*arguments: object) -> list[dict[str, Any]]:
    """What a command prints, a JSON object per line."""
    return [json.loads(line) for line in quick(*arguments).stdout.splitlines()]


def test_every_command_speaks_json(tmp_path: Path, labelled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("blurmap.cli.evaluate.median_seconds", lambda model: 0.5)
    told = lines("models", "--json")
    assert [(line["model"], line["ms"]) for line in told] == [(name, 500.0) for name in MODELS]
    (scored,) = lines("evaluate", "--data", labelled, "--split", "val", "--json")
    assert scored == json.loads((tmp_path / "evaluation-default-val.json").read_text())
    made, failed = lines("magnify", CAT, "missing.jpg", "--json")
    assert made == {"path": str(CAT), "magnified": "blurmap_out/cat_magnified.png", "error": None}
    assert (failed["magnified"], failed["error"]) == (None, "missing.jpg: no such file")


@pytest.mark.slow
def test_rows_of_a_scan_on_stdout(tmp_path: Path) -> None:
    done = run("scan", CAT, "--out", "t.csv", "--jsonl", "-", "--xmp", "--workers", 1, cwd=tmp_path)
    (row,) = map(json.loads, done.stdout.splitlines())
    assert list(row) == list(COLUMNS)
    assert "1 photos, 1 looked at" in done.stderr
    assert "sidecars to write: 1" in done.stderr
    assert not (tmp_path / "-").exists()
