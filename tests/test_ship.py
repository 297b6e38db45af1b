"""The rule for shipping, by hand: what is compared with what, and when weights may ship."""

import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from PIL import Image

from blurmap.evaluation.dataset import Dataset, open_dataset, split_names
from tests.support import blur_map, program, textured, weights_copy

BENCHMARKS = Path(__file__).parent.parent / "benchmarks"


@pytest.fixture
def ship(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    monkeypatch.delitem(sys.modules, "output", raising=False)
    return program("benchmarks/ship.py")


@pytest.fixture
def pair(tmp_path: Path) -> Dataset:
    """Two photos of one scene: the left quarter blurred, the right half unknown."""
    for inner in ("image", "gt"):
        (tmp_path / inner).mkdir()
    labels = np.full((20, 40), 128, np.uint8)
    labels[:, :10], labels[:, 10:20] = 255, 0
    for name in ("lamp_A", "lamp_B"):
        Image.fromarray(textured(20, 40)).save(tmp_path / "image" / f"{name}.jpg")
        Image.fromarray(labels).save(tmp_path / "gt" / f"{name}.png")
    (tmp_path / "photos.csv").write_text("name,type,split\nlamp_A,defocus,val\nlamp_B,defocus,val\n")
    return open_dataset(tmp_path)


def test_errors_of_a_mask_by_hand_where_the_label_is_known(ship: ModuleType, pair: Dataset) -> None:
    mask = np.zeros((20, 40), bool)
    mask[:, :5], mask[:, 10:12], mask[:, 25:40] = True, True, True
    result = blur_map(textured(20, 40), mask)
    assert ship.mask_error(pair, "lamp_A")(result) == pytest.approx((5 + 2) / 20)
    assert ship.unfound(pair, "lamp_A")(result) == pytest.approx(1 - 5 / 12)


def test_a_false_alarm_costs_five_misses(ship: ModuleType) -> None:
    class Said:
        def __init__(self, verdict: str) -> None:
            self.verdict = verdict

    said = [Said(verdict) for verdict in ("sharp", "selective", "defocused", "motion")]
    assert [ship.cost(True)(result) for result in said] == [0, 0, 5, 5]
    assert [ship.cost(False)(result) for result in said] == [1, 1, 0, 0]


def test_a_pair_is_one_scene(ship: ModuleType, pair: Dataset) -> None:
    photos = list(ship.labelled_photos(pair, ship.mask_error))
    assert [(title, scene) for title, scene, *_ in photos] == [(f"{pair.name}, defocus", "lamp")] * 2


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """``sharp`` with a photo that is held out, ``real`` with one that is sharp and one that is shaken."""
    for inner in ("sharp", "real/image"):
        (tmp_path / inner).mkdir(parents=True)
    held_out = next(name for name in split_names("sharp_val") if name not in split_names("sharp_val_partly"))
    Image.fromarray(textured(20, 40)).save(tmp_path / "sharp" / f"{held_out}.jpg")
    listed = "file,group,verdict,kind\n"
    for name, verdict in (("hill", "sharp"), ("hand", "motion")):
        Image.fromarray(textured(20, 40)).save(tmp_path / "real" / "image" / f"{name}.jpg")
        listed += f"{name}.jpg,{name},{verdict},photo\n"
    (tmp_path / "real" / "photos.csv").write_text(listed)
    return tmp_path


def test_a_model_without_verdicts_is_not_judged_by_any(ship: ModuleType, whole: Path) -> None:
    asked = {
        verdicts: {title for title, *_ in ship.whole_photos(whole / "sharp", whole / "real", verdicts)}
        for verdicts in (True, False)
    }
    assert asked[False] == {"sharp photos", "real, sharp", "real, blurred"}
    assert asked[True] == asked[False] | {"real, verdict"}


@pytest.mark.slow
def test_weights_of_paper_are_judged_and_have_a_file_of_their_own(
    ship: ModuleType, whole: Path, pair: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = weights_copy(whole, "paper") / "paper.json"
    folders = ("--data", "--truth", "--moving")
    arguments = [old, "paper", *(x for option in folders for x in (option, pair.folder)), "--sharp", whole / "sharp"]
    arguments += ["--photos", whole / "real", "--figures", whole / "figures"]
    monkeypatch.setattr(sys, "argv", ["ship.py", *map(str, arguments)])
    (whole / "figures").mkdir()
    ship.main()
    assert [file.name for file in (whole / "figures").iterdir()] == ["paper-ship.json"]
    told = json.loads((whole / "figures" / "paper-ship.json").read_text())
    assert told["run"]["weights"] == {"paper": told["run"]["new"]}
    assert told["answer"] == "does not ship: nowhere better by two standard errors"  # the same weights
    assert {"sharp photos", "real, sharp", "real, blurred"} < set(told["sets"])
    assert "real, verdict" not in told["sets"]
    assert all(row["difference"] == 0 and row["best_old"] == told["run"]["old"][0] for row in told["sets"].values())


def test_folders_of_weights_are_named_apart(ship: ModuleType) -> None:
    names = ["paper", "runs/a/paper.json", "runs/b/paper.json", "runs/b"]
    assert [ship.short(name) for name in names] == ["paper", "a", "b", "b"]


def test_differences_by_hand(ship: ModuleType) -> None:
    row = ship.compared({"a": 0.1, "b": 0.2, "c": 0.6}, {"c": 0.5, "a": 0.1, "b": 0.0})
    assert (row["scenes"], row["old"], row["new"]) == (3, pytest.approx(0.3), pytest.approx(0.2))
    assert row["difference"] == pytest.approx(-0.1)
    assert row["standard_error"] == pytest.approx(0.1 / 3**0.5)
    assert ship.best_of({"x": {"a": 0.3, "b": 0.2}, "y": {"a": 0.1, "b": 0.3}, "z": {"a": 0.9, "b": 0.0}}) == "y"


@pytest.mark.parametrize(
    ("differences", "answer"),
    [
        ((-0.021, 0.009), "ships"),
        ((-0.021, 0.011), "does not ship: worse on b"),
        ((-0.019, 0.0), "does not ship: nowhere better by two standard errors"),
        ((0.02, 0.03), "does not ship: worse on a, b"),
    ],
)
def test_weights_ship_that_are_nowhere_worse_and_somewhere_better(
    ship: ModuleType, differences: tuple[float, float], answer: str
) -> None:
    sets = {name: {"difference": d, "standard_error": 0.01} for name, d in zip("ab", differences, strict=True)}
    assert ship.judged(sets) == answer
