"""Sets of labelled photos: those with a table, the public ones, and what is said of folders that are none."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blurmap.evaluation.dataset import SPLITS, LabelledPhoto, open_dataset, split_names
from blurmap.maps import DEFOCUS, MOTION, SHARP, UNKNOWN
from tests.support import FEW


def folder(path: Path, table: str | None = None, names: tuple[str, ...] = ()) -> Path:
    """A set whose masks are blurred, sharp."""
    (path / "image").mkdir(parents=True)
    (path / "gt").mkdir()
    for i, name in enumerate(names):
        Image.fromarray(np.full((1, 2, 3), i, np.uint8)).save(path / "image" / f"{name}.png")
        Image.fromarray(np.array([[255, 0]], np.uint8)).save(path / "gt" / f"{name}.png")
    if table is not None:
        (path / "photos.csv").write_text(table, encoding="utf-8")
    return path


def test_a_set_of_ones_own(tmp_path: Path) -> None:
    table = "name,type,split\ncafé,motion,train\nb,defocus,val\nmotion_c,defocus,holiday\n"
    data = open_dataset(folder(tmp_path / "own", table, ("café", "b", "motion_c")))
    assert data.name == "own"
    assert data.photos["café"] == LabelledPhoto("café", "motion", "train")
    assert (data.names("train"), data.names("val"), data.names("holiday")) == (["café"], ["b"], ["motion_c"])
    assert data.type("motion_c") == "defocus"  # the table knows better than the name
    assert data.mask("b").tolist() == [[True, False]]
    assert data.kind("café").tolist() == [[MOTION, SHARP]]
    assert data.kind("motion_c").tolist() == [[DEFOCUS, SHARP]]
    assert data.kind("b").dtype == data.photo("b").dtype == np.uint8
    assert data.photo("b").tolist() == [[[1, 1, 1], [1, 1, 1]]]


def test_names_may_come_from_a_file(tmp_path: Path) -> None:
    data = open_dataset(folder(tmp_path / "own", "name,type,split\na,motion,train\n"))
    (tmp_path / "names.txt").write_text("x\nmotion_y\n")
    assert data.names(str(tmp_path / "names.txt")) == ["x", "motion_y"]
    assert (data.type("x"), data.type("motion_y")) == ("defocus", "motion")
    with pytest.raises(ValueError, match=r"no photos of the split 'nonsense': give one of train or the path"):
        data.names("nonsense")


def test_a_folder_is_named_wherever_one_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder(tmp_path / "own", "name,type,split\na,motion,train\n"))
    assert open_dataset(Path()).name == "own"


def test_without_a_table_it_is_cuhk(tmp_path: Path) -> None:
    data = open_dataset(folder(tmp_path / "any"))
    for split in ("train", "val", "test_defocus", "test_motion"):
        assert data.names(split) == split_names(split)
    assert {data.type(name) for name in data.names("test_motion")} == {"motion"}
    assert {data.type(name) for name in data.names("test_defocus")} == {"defocus"}


def test_szu_needs_no_splits_in_its_table(tmp_path: Path) -> None:
    """Its table says names and types; the splits are those that ship."""
    names = split_names("szu_train")[:2] + split_names("szu_val")[:1]
    table = "name,type\n" + "".join(f"{name},defocus\n" for name in names)
    data = open_dataset(folder(tmp_path / "szu", table))
    assert (data.names("train"), data.names("val")) == (names[:2], names[2:])


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("name,type,split\na,shake,train\n", "defocus or motion"),
        ("name,type,split\na,motion,\n", "name, type"),
        ("name,type\nunknown,motion\n", "split"),
        ("file,kind\na,motion\n", "name, type"),
        ("name,type,split\n", "lists no photos"),
        ("", "lists no photos"),
    ],
)
def test_a_table_that_is_none_is_told(tmp_path: Path, table: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as error:
        open_dataset(folder(tmp_path / "own", table))
    assert "photos.csv" in str(error.value)


def test_what_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no image/ here"):
        open_dataset(tmp_path)
    (tmp_path / "image").mkdir()
    with pytest.raises(FileNotFoundError, match="no gt/ here"):
        open_dataset(tmp_path)
    (tmp_path / "gt").mkdir()
    data = open_dataset(tmp_path)
    with pytest.raises(FileNotFoundError, match="no photo a in"):
        data.photo("a")
    with pytest.raises(FileNotFoundError, match="no mask a in"):
        data.mask("a")


def test_inverted_masks_are_put_right(tmp_path: Path) -> None:
    names = ("out_of_focus0508", "out_of_focus0509", "out_of_focus0507")
    data = open_dataset(folder(tmp_path / "cuhk", names=names))
    assert [data.mask(name).tolist() for name in names] == [[[False, True]], [[False, True]], [[True, False]]]


def test_split_names() -> None:
    sizes = {split: len(set(split_names(split))) for split in SPLITS}
    assert sizes == {
        "train": 756, "val": 84, "test_defocus": 100, "test_motion": 60, "szu_train": 640, "szu_val": 60,
        "choose": 120, "sharp_val": 100, "sharp_val_partly": 5,
    }  # fmt: skip
    cuhk = [name for split in ("train", "val", "test_defocus", "test_motion") for name in split_names(split)]
    # the public test photos are among all of CUHK, of which those for training and validation are the rest
    assert not set(split_names("train")) & set(split_names("val"))
    assert not set(split_names("szu_train")) & set(split_names("szu_val"))
    assert len(set(cuhk)) == len(cuhk) == 1000
    assert set(split_names("sharp_val_partly")) <= set(split_names("sharp_val"))
    assert all(len(lines) == len(split_names(split)) for split, lines in ((s, set(split_names(s))) for s in SPLITS))


def test_photos_for_choosing_are_drawn_of_train_by_a_seed(tmp_path: Path) -> None:
    drawn = np.random.default_rng(23).choice(sorted(split_names("train")), 120, replace=False)
    assert split_names("choose") == sorted(drawn)
    assert open_dataset(folder(tmp_path / "cuhk")).names("choose") == sorted(drawn)
    own = open_dataset(folder(tmp_path / "own", "name,type,split\na,motion,train\n"))
    with pytest.raises(ValueError, match="no photos of the split 'choose'"):
        own.names("choose")


def test_a_label_of_128_is_unknown(tmp_path: Path) -> None:
    data = open_dataset(folder(tmp_path / "own", "name,type,split\na,motion,val\n", ("a",)))
    labels = np.array([[255, 129, 128, 127, 0]], np.uint8)
    Image.fromarray(labels).save(tmp_path / "own" / "gt" / "a.png")
    assert data.known("a").tolist() == [[True, True, False, True, True]]
    assert data.mask("a")[data.known("a")].tolist() == [True, True, False, False]
    assert data.kind("a").tolist() == [[MOTION, MOTION, UNKNOWN, SHARP, SHARP]]
    assert data.kind("a").dtype == np.uint8


def test_the_labelled_photos_of_the_tests_are_a_set(labelled: Path) -> None:
    data = open_dataset(labelled)
    assert data.names("train") == FEW["train"]
    assert data.mask(FEW["val"][0])[:, 41:].all()
    assert not data.mask(FEW["val"][0])[:, :40].any()
