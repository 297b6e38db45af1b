"""A verdict never contradicts its map, whatever the map and whatever the regression that was fitted."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

import blurmap
from blurmap.maps import Maps
from blurmap.models.default import DefaultModel
from blurmap.result import FIELDS, BlurMap
from blurmap.verdict.judge import FEATURES, STILL_SHARP, judge
from blurmap.verdict.judgement import VERDICTS, Judgement
from blurmap.verdict.sharp_size import Sharpness
from blurmap.verdict.wording import ALL_OVER
from tests.support import EXAMPLES, pyramid, textured, weights_copy


def random_maps(random: np.random.Generator) -> Maps:
    """Smooth blobs of any size; the share that is blurred is small as often as it is large."""
    shape = (int(random.integers(5, 90)), int(random.integers(5, 90)))
    field = gaussian_filter(random.standard_normal(shape), random.uniform(0, 12))
    share = random.choice([0.0, random.uniform(0, 0.03), random.uniform(0, 0.2), random.random(), 1.0])
    steep = (field - np.quantile(field, 1 - share)) / (field.std() + 1e-9)
    blurred = (1 / (1 + np.exp(-steep * random.uniform(1, 20)))).astype(np.float32)
    motion = np.clip(random.random() + 0.3 * gaussian_filter(random.standard_normal(shape), 3), 0, 1)
    return Maps(blurred, motion.astype(np.float32))


def judged(seed: int) -> tuple[Maps, Judgement, int]:
    random = np.random.default_rng(seed)
    maps = random_maps(random)
    shape = (int(random.integers(20, 4000)), int(random.integers(20, 4000)))
    sharpness = Sharpness(int(random.integers(1, max(shape) + 1)), *np.log(random.dirichlet(np.ones(3), 2)))
    weights = random.normal(0, random.uniform(0.1, 30), (3, FEATURES + 1))
    if seed % 2:
        weights[0, -1] += 50  # a regression that is bent on "sharp"
    return maps, judge(maps, sharpness, shape, weights, random.normal(0, 3, 4), 1.0), max(shape)


@pytest.mark.parametrize("seeds", [range(i, i + 100) for i in range(0, 500, 100)], ids=str)
def test_a_verdict_agrees_with_its_map(seeds: range) -> None:
    verdicts = set()
    for seed in seeds:
        maps, judgement, long_side = judged(seed)
        share = float(maps.mask.mean())
        verdicts.add(judgement.verdict)
        assert 0 <= judgement.confidence <= 1
        if judgement.verdict == "sharp":
            assert share <= STILL_SHARP, seed
        if "sharp all over" in judgement.reason:
            assert judgement.verdict == "sharp", seed
            assert share < ALL_OVER, seed
        if judgement.sharp_size < 0.9 * long_side and "sharp" in judgement.reason.split(";")[0]:
            assert f"{judgement.sharp_size} of its {long_side}" in judgement.reason, seed
        if judgement.subject:
            left, top, right, bottom = judgement.subject
            assert left < right
            assert top < bottom
    assert verdicts == set(VERDICTS)


@pytest.mark.parametrize("seeds", [range(i, i + 100) for i in range(0, 500, 100)], ids=str)
def test_a_reason_names_the_share(seeds: range) -> None:
    """From half a percent on the reason says how much is blurred, or how much is left sharp."""
    named = 0
    for seed in seeds:
        maps, judgement, _ = judged(seed)
        share = float(maps.mask.mean())
        if share < ALL_OVER:
            continue
        named += 1
        percents = [int(found) for found in re.findall(r"(\d+)%", judgement.reason)]
        assert percents, (seed, judgement.reason)
        if judgement.verdict == "selective" and "sharp subject" in judgement.reason:
            assert percents[0] <= 100 * (1 - share) + 0.5, (seed, judgement.reason)
        else:
            assert percents[0] == pytest.approx(100 * share, abs=0.5001), (seed, judgement.reason)
    assert named > 50


def test_a_photo_blurred_in_a_third_is_not_sharp_to_the_shipped_model() -> None:
    """Even where the regression says so: the shipped weights with the constant of "sharp" raised beyond all reason."""
    model = blurmap.load()
    assert isinstance(model, DefaultModel)
    assert model.settings.verdict is not None
    assert model.settings.types is not None
    weights, types = np.array(model.settings.verdict), np.array(model.settings.types)
    weights[0, -1] += 1000
    blurred = np.full((90, 120), 0.02, np.float32)
    for columns, verdicts in ((10, {"sharp"}), (40, {"selective", "defocused", "motion"})):
        blurred[:, :columns] = 0.98
        maps = Maps(blurred, np.full_like(blurred, 0.2))
        sharpness = Sharpness(1200, *np.log([[0.9, 0.05, 0.05]] * 2))
        assert judge(maps, sharpness, (900, 1200), weights, types, 1.0).verdict in verdicts


def test_there_is_no_verdict_before_it_is_fitted(tmp_path: Path) -> None:
    """Weights as an export leaves them: maps, and null for all that a verdict would say."""
    description = json.loads((weights_copy(tmp_path, "default") / "default.json").read_text())
    description["settings"]["verdict"] = description["settings"]["types"] = None
    (tmp_path / "default.json").write_text(json.dumps(description))
    result = DefaultModel(folder=tmp_path).detect(EXAMPLES / "cat.jpg")
    assert [result.verdict, result.confidence, result.reason, result.sharp_size, result.judgement] == [None] * 5
    record = result.record()
    assert list(record) == list(FIELDS)
    verdicts = ("verdict", "confidence", "reason", "subject", "subject_sharpness", "sharp_size")
    assert {name for name, value in record.items() if value is None} == set(verdicts)
    assert record["blurred"] == pytest.approx(blurmap.detect(EXAMPLES / "cat.jpg").fraction, abs=1e-4)
    assert record["weights"] != blurmap.detect(EXAMPLES / "cat.jpg").weights


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
