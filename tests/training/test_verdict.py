"""The fit of the verdict: what samples count, what a false alarm costs, and that no group judges itself."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blurmap.evaluation.dataset import split_names
from blurmap.maps import Maps
from blurmap.models.default import DefaultModel
from blurmap.training import verdict_fit
from blurmap.training.data.verdict_photos import versions, whole
from blurmap.training.verdict import real_photos
from blurmap.training.verdict_fit import (
    FALSE_ALARM,
    Sample,
    fit_regression,
    held_out_answers,
    importance,
    shake_to_name,
)
from blurmap.training.verdict_table import confusion, figures_of
from blurmap.verdict.judge import Seen
from blurmap.verdict.sharp_size import Sharpness
from tests.support import EXAMPLES, pyramid, textured

PHOTO = pyramid(textured(60, 80))


def sample(blurred: float, truth: int, group: str, *, real: bool = False, odds: float = 0.0) -> Sample:
    """A photo of which so much is blurred."""
    seen = np.full((30, 40), 0.05, np.float32)
    seen[:, : round(40 * blurred)] = 0.95
    maps = Maps(seen, np.full_like(seen, 0.9 if truth == 3 else 0.1))
    sharpness = Sharpness(40 if odds > 0 else 80, odds, odds, odds)
    return Sample(Seen.of(PHOTO, maps, sharpness), truth, group, group, real)


def test_classes_count_alike_and_real_photos_as_much_as_made_ones() -> None:
    samples = [sample(0, 0, "a")] * 6 + [sample(0, 0, "b", real=True)] * 2 + [sample(1, 2, "c")]
    weights = importance(samples, np.array([0] * 8 + [1]))
    assert weights[:6].sum() == pytest.approx(weights[6:8].sum()) == pytest.approx(weights[8])


def test_a_false_alarm_costs_more_than_a_miss() -> None:
    """Two classes that overlap: the answer turns where a mistake of either kind costs the same."""
    random = np.random.default_rng(0)
    x = np.concatenate([random.normal(-1, 1, 300), random.normal(1, 1, 300)])[:, None]
    y = np.repeat([0, 1], 300)
    turns = []
    for cost in (1.0, FALSE_ALARM):
        costs = np.array([[0.0, cost], [1.0, 0.0]])
        w = fit_regression(x, y, costs, np.ones(600) / 600, 1e-4)
        slope, bias = w[1] - w[0]
        turns.append(-bias / slope)
    assert turns[0] == pytest.approx(0, abs=0.2)
    assert turns[1] > turns[0] + 0.2


def test_no_group_judges_itself() -> None:
    """Real photos labelled the wrong way round are not learnt by heart by the fit that judges them."""
    made = [sample(0, 0, f"s{i}", odds=-3.0) for i in range(20)]
    made += [sample(0.5, 1, f"p{i}", odds=-3.0) for i in range(20)]
    made += [sample(1, 2 + i % 2, f"b{i}", odds=3.0) for i in range(20)]
    odd = [sample(1, 0, "odd", real=True, odds=3.0)] * 4
    answers = held_out_answers(made + odd)
    assert (np.minimum(answers[:60], 2) == np.repeat([0, 1, 2], 20)).all()
    assert (answers[60:] >= 2).all()
    found = confusion([*zip(made + odd, answers.tolist(), strict=True)])
    assert (found["good"], found["false_alarms"], found["bad"], found["missed"]) == (44, 4, 20, 0)
    assert found["confusion"]["sharp"]["sharp"] == 20
    unknown = [replace(s, kind_known=False) for s in made[-20:]]
    assert confusion([*zip(unknown, [3] * 20, strict=True)])["balanced"] == 1


def test_the_shake_that_is_named_spares_nearly_all_sharp_photos() -> None:
    samples = [sample(0, 0, str(i), odds=i / 10) for i in range(100)]
    assert shake_to_name(samples) == pytest.approx(9.9 * (1 - verdict_fit.SPARED), abs=0.01)
    quiet = [sample(0, 0, str(i), real=True, odds=-5.0) for i in range(9)]
    assert shake_to_name(samples + quiet) == shake_to_name(samples)


def test_versions_are_sharp_defocused_and_shaken() -> None:
    from blurmap.training.data.motion_kernels import motion_kernels

    kernels = motion_kernels(60, pans=0.0, seed=1)
    found = [*versions(textured(300, 400), (0.6, 1.0), kernels, np.random.default_rng(0))]
    assert {truth for truth, _, _ in found} >= {0, 2}
    assert {max(pixels.shape) for _, _, pixels in found} == {240, 400}


@pytest.mark.slow
def test_the_fit_reads_photos_and_writes_what_the_judge_takes(tmp_path: Path) -> None:
    """On four photos: real ones with verdicts, and held-out sharp ones with pages and lettering."""
    real, sharp = tmp_path / "real", tmp_path / "sharp"
    (real / "image").mkdir(parents=True)
    sharp.mkdir()
    for name in ("cat.jpg", "clock.jpg"):
        (real / "image" / name).write_bytes((EXAMPLES / name).read_bytes())
    (real / "photos.csv").write_text("file,verdict\ncat.jpg,selective\nclock.jpg,blurred\ngone.jpg,doubtful\n")
    for seed, name in enumerate(split_names("sharp_val")[:2]):
        Image.fromarray(textured(150, 200, seed)).save(sharp / f"{name}.png")
    model = DefaultModel()
    read = real_photos(model, real)
    assert [(s.truth, s.kind_known) for s in read] == [(1, True), (2, False)]
    figures = figures_of([*read, *(replace(s, folder="other") for s in read)], [1, 0, 2, 2])
    assert {name: (found["false_alarms"], found["missed"]) for name, found in figures["sets"].items()} == {
        "real": (0, 1), "other": (1, 0),
    }  # fmt: skip
    assert (figures["real"]["false_alarms"], figures["real"]["missed"]) == (1, 1)
    labels = {photo.label.split(", ")[0] for photo in whole(sharp)}
    assert {"sharp", "defocused", "printed page", "lettering over it"} <= labels
