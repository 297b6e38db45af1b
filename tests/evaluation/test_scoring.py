"""Scoring: of models, of single steps, and of somebody's maps."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from blurmap.evaluation.dataset import open_dataset, split_names
from blurmap.evaluation.scoring import Answer, evaluate, map_answers, model_answers, step_answers, trained_on
from blurmap.models import load
from tests.support import FEW, weights_copy


def write_maps(labelled: Path, folder: Path, name_ending: str = "", size: tuple[int, int] | None = None) -> Path:
    """Perfect maps of the validation photos, sharp bright."""
    folder.mkdir()
    for name in FEW["val"]:
        picture = Image.fromarray(np.where(open_dataset(labelled).mask(name), 0, 255).astype(np.uint8))
        picture = picture.resize(size, Image.Resampling.BILINEAR) if size else picture
        picture.save(folder / f"{name}{name_ending}.png")
    return folder


def test_perfect_maps_get_perfect_figures(labelled: Path, tmp_path: Path) -> None:
    data, maps = open_dataset(labelled), write_maps(labelled, tmp_path / "maps")
    right = evaluate(data, "val", map_answers(maps))["maps"]
    assert list(right) == ["defocus", "motion", "all"]
    assert [right[subset]["photos"] for subset in right] == [2, 2, 4]
    for figures in right.values():
        assert (figures["mae"], figures["f"], figures["iou"], figures["accuracy"]) == (0, 1, 1, 1)
        assert "type" not in figures
    wrong = evaluate(data, "val", map_answers(maps, "blurred"))["maps"]["all"]
    assert (wrong["mae"], wrong["f"], wrong["iou"], wrong["accuracy"]) == (1, 0, 0, 0)


def test_maps_of_other_sizes_and_names(labelled: Path, tmp_path: Path) -> None:
    data, maps = open_dataset(labelled), write_maps(labelled, tmp_path / "maps", "_DBDF", (160, 120))
    assert evaluate(data, "val", map_answers(maps))["maps"]["all"]["accuracy"] > 0.98
    (maps / f"{FEW['val'][1]}_DBDF.png").unlink()
    with pytest.raises(FileNotFoundError, match=f"no map of {FEW['val'][1]}"):
        evaluate(data, "val", map_answers(maps))


def test_types_count_where_they_are_told(labelled: Path) -> None:
    """An answer that calls all blur motion: right on half of the photos, wherever it is."""
    data = open_dataset(labelled)

    def answer(name: str, photo: NDArray[np.uint8]) -> dict[str, Answer]:
        mask = data.mask(name)
        return {"x": (mask.astype(np.float32), mask, (2 * mask).astype(np.uint8))}

    figures = evaluate(data, "val", answer)["x"]
    assert (figures["defocus"]["type"], figures["motion"]["type"], figures["all"]["type"]) == (0, 1, 0.5)


def test_a_split_is_scored_in_its_order(labelled: Path, tmp_path: Path) -> None:
    names, seen = FEW["train"][:1] + FEW["val"][:1], []
    (tmp_path / "names").write_text("\n".join(names))

    def answer(name: str, photo: NDArray[np.uint8]) -> dict[str, Answer]:
        seen.append(name)
        return {"x": (np.zeros(photo.shape[:2], np.float32), np.zeros(photo.shape[:2], bool), None)}

    evaluate(open_dataset(labelled), str(tmp_path / "names"), answer, reversed)
    assert seen == names[::-1]


def test_models_answer_with_their_results(labelled: Path) -> None:
    model, name = load("default"), FEW["val"][0]
    photo = open_dataset(labelled).photo(name)
    probability, mask, kind = model_answers(model)(name, photo)["default"]
    result = model.detect(photo)
    assert np.array_equal(probability, result.probability)
    assert np.array_equal(mask, result.mask)
    assert kind is not None
    assert result.kind is not None
    assert np.array_equal(kind, result.kind)


def test_steps_of_paper(labelled: Path) -> None:
    name = FEW["val"][0]
    photo = open_dataset(labelled).photo(name)
    answers = step_answers(load("paper"))(name, photo)
    assert list(answers) == ["patch", "image", "product", "calibrated", "cut"]
    result = load("paper").detect(photo)
    assert np.array_equal(answers["cut"][1], result.mask)
    assert all(values.shape == photo.shape[:2] for values, _, _ in answers.values())
    with pytest.raises(ValueError, match="has no steps to score; give --model paper"):
        step_answers(load("default"))


def test_what_the_weights_were_trained_on_is_known(labelled: Path, tmp_path: Path) -> None:
    """Those that ship have seen val of the public sets; a set of one's own, and the public test, they have not."""
    data, names = open_dataset(labelled), tmp_path / "names.txt"
    assert trained_on("default", data, "val")
    assert trained_on("default-int8", data, "val")
    assert not trained_on("paper", data, "val")
    names.write_text("mine\nhers\n")
    assert not trained_on("default", data, str(names))
    names.write_text(f"mine\n{FEW['val'][0]}\n")
    assert trained_on("default", data, str(names))
    names.write_text("\n".join(split_names("test_defocus")))
    assert not trained_on("default", data, str(names))


def test_weights_with_figures_of_their_own_have_not_seen_val(labelled: Path, tmp_path: Path) -> None:
    path = weights_copy(tmp_path, "default") / "default.json"
    description = json.loads(path.read_text())
    del description["val_weights"]
    path.write_text(json.dumps(description))
    assert not trained_on(str(path), open_dataset(labelled), "val")
