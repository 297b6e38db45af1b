"""A verdict never contradicts its map, whatever the map and whatever the regression that was fitted."""

import re

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

import blurmap
from blurmap.maps import Maps
from blurmap.models.default import DefaultModel
from blurmap.result import BlurMap
from blurmap.verdict.details import ALL_OVER, PLAINLY
from blurmap.verdict.judge import FEATURES, MANY_POINTS, NO_BLUR, SOFT, STILL_SHARP, TYPE_FEATURES, Seen, Weights, judge
from blurmap.verdict.judgement import NOTHING, VERDICTS, Judgement
from blurmap.verdict.regions import SPECK
from blurmap.verdict.sharp_size import ENOUGH, Sharpness
from tests.support import pyramid, textured


def random_maps(random: np.random.Generator) -> Maps:
    """Smooth blobs of any size; the share that is blurred is small as often as it is large."""
    shape = (int(random.integers(5, 90)), int(random.integers(5, 90)))
    field = gaussian_filter(random.standard_normal(shape), random.uniform(0, 12))
    share = random.choice([0.0, random.uniform(0, 0.03), random.uniform(0, 0.2), random.random(), 1.0])
    steep = (field - np.quantile(field, 1 - share)) / (field.std() + 1e-9)
    blurred = (1 / (1 + np.exp(-steep * random.uniform(1, 20)))).astype(np.float32)
    motion = np.clip(random.random() + 0.3 * gaussian_filter(random.standard_normal(shape), 3), 0, 1)
    return Maps(blurred, motion.astype(np.float32))


def judged(seed: int) -> tuple[Seen, Judgement]:
    """A photo with any maps and any sharpness, judged by any regression."""
    random = np.random.default_rng(seed)
    maps = random_maps(random)
    shape = (int(random.integers(20, 4000)), int(random.integers(20, 4000)))
    size = max(shape) if random.random() < 0.4 else int(random.integers(1, max(shape) + 1))
    sharpness = Sharpness(size, *random.normal(0, 3, 4).tolist())
    photo = pyramid(textured(max(shape[0] // 40, 4), max(shape[1] // 40, 4), seed))
    found = Seen.of(photo, maps, sharpness)
    plain = gaussian_filter(random.standard_normal(maps.mask.shape), 6) > random.choice(
        [-9.0, 0.0, 9.0], p=[0.2, 0.3, 0.5]
    )
    points = int(random.choice([0, MANY_POINTS], p=[0.9, 0.1]))
    seen = Seen(maps, found.blurred, found.soft & ~plain, found.region, sharpness, shape, points)
    weights = random.normal(0, random.uniform(0.1, 30), (3, FEATURES + 1))
    weights[seed % 3, -1] += 50  # a regression that is bent on one answer
    types = random.normal(0, 3, TYPE_FEATURES + 1)
    return seen, judge(seen, Weights(weights, types, 1.0))


@pytest.mark.parametrize("seeds", [range(i, i + 100) for i in range(0, 500, 100)], ids=str)
def test_a_verdict_agrees_with_its_map(seeds: range) -> None:
    verdicts = set()
    for seed in seeds:
        seen, judgement = judged(seed)
        long_side, share = max(seen.shape), float(seen.maps.mask.mean())
        verdicts.add(judgement.verdict)
        if judgement.verdict is None:
            assert judgement == NOTHING, seed
            continue
        assert judgement.confidence is not None
        assert judgement.sharp_size is not None
        assert 0 <= judgement.confidence <= 1
        good = judgement.verdict in ("sharp", "selective")
        if judgement.verdict == "sharp":
            assert seen.soft_share <= STILL_SHARP, seed
        if good and not seen.points:
            assert judgement.sharp_size >= min(0.25 * long_side, 480), seed
            assert share < 1, seed  # something in it is sharp
        if share < NO_BLUR and judgement.sharp_size >= min(long_side, ENOUGH):
            assert good, seed  # nothing that a person can see speaks against it
        soft = judgement.sharp_size < SOFT * long_side or seen.sharpness.at_full_size > 0
        assert judgement.soft == (good and soft), seed
        if judgement.subject:
            left, top, right, bottom = judgement.subject
            assert left < right
            assert top < bottom
    assert verdicts >= set(VERDICTS)


@pytest.mark.parametrize("seeds", [range(i, i + 100) for i in range(0, 500, 100)], ids=str)
def test_a_reason_says_nothing_against_the_other_fields(seeds: range) -> None:
    cases = set()
    for seed in seeds:
        seen, judgement = judged(seed)
        details, reason = judgement.details, judgement.reason
        if details is None:
            assert (judgement.verdict, reason) == (None, "no detail to judge by"), seed
            continue
        assert judgement.sharp_size is not None
        long_side, share, size = max(seen.shape), float(seen.maps.mask.mean()), judgement.sharp_size
        good = judgement.verdict in ("sharp", "selective")
        cases.add(details.case)
        assert details.blurred == share, seed
        assert details.sharp <= 1 - share + 1e-9, seed
        assert bool(details.place) == (details.case in ("part lost", "plain ground", "subject", "area")), seed
        if not good:
            assert details.kind == {"defocused": "defocus", "motion": "motion"}[str(judgement.verdict)], seed
        if details.case == "nothing in focus":
            assert share >= PLAINLY, seed
            assert seen.region.mean() <= SPECK, seed  # no region is sharp
            assert size < min(long_side, ENOUGH), seed
        if "sharp all over" in reason:
            assert good, seed
            assert share < ALL_OVER, seed
            assert size >= 0.4 * long_side, seed
        if "but for a part" in reason:
            assert float(seen.soft.mean()) >= 0.5 * share, seed  # and not for a plain part, which shows nothing
        if good:
            assert "100%" not in reason, seed
        assert details.sharp_up_to == (size if size < 0.9 * long_side else None), seed
        assert ("sharp up to" in reason) == (details.sharp_up_to is not None), seed
        assert details.shaken == ("shaken" in reason), seed
        if details.shaken:
            assert good, seed
            assert size < 0.9 * long_side, seed
        assert "nowhere" not in reason, seed
        assert not re.search(r"\b0% of the frame", reason), seed
    assert len(cases) > 6


def test_a_photo_blurred_in_a_third_is_not_sharp_to_the_shipped_model() -> None:
    """Even where the regression says so: the shipped weights with the constant of "sharp" raised beyond all reason."""
    model = blurmap.load()
    assert isinstance(model, DefaultModel)
    weights = model.judge.weights
    bent = weights.verdict.copy()
    bent[0, -1] += 1000
    blurred = np.full((90, 120), 0.02, np.float32)
    for columns, verdicts in ((10, {"sharp"}), (40, {"selective", "defocused", "motion"})):
        blurred[:, :columns] = 0.98
        maps = Maps(blurred, np.full_like(blurred, 0.2))
        seen = Seen.of(pyramid(textured(90, 120)), maps, Sharpness(120, -3.0, -3.0, 0.0))
        assert judge(seen, Weights(bent, weights.types, weights.shake_threshold)).verdict in verdicts


def test_a_photo_without_a_trace_of_blur_is_not_bad_to_the_shipped_model() -> None:
    """Whatever close-ups say: its map sees none, and it is sharp at its own size."""
    model = blurmap.load()
    assert isinstance(model, DefaultModel)
    weights = model.judge.weights
    bent = weights.verdict.copy()
    bent[2, -1] += 1000
    maps = Maps(np.full((90, 120), 0.02, np.float32), np.full((90, 120), 0.9, np.float32))
    for size, good in ((120, True), (100, False)):
        seen = Seen.of(pyramid(textured(90, 120)), maps, Sharpness(size, 6.0, 6.0, 6.0))
        found = judge(seen, Weights(bent, weights.types, weights.shake_threshold))
        assert (found.verdict in ("sharp", "selective")) == good


def test_the_judge_is_asked_once_and_late() -> None:
    asked = []

    def ask(photo: object, maps: Maps) -> Judgement:
        asked.append(maps)
        return Judgement("sharp", 0.9, "sharp all over", None, 0.0, 30)

    maps = Maps(np.zeros((20, 30), np.float32))
    result = BlurMap(pyramid(textured(20, 30)), maps, "test", judge=ask)
    assert result.fraction == 0
    assert not asked
    assert result.verdict == "sharp"
    assert result.reason == "sharp all over"
    assert asked == [maps]
