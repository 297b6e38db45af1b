"""The verdict on a photo: figures of its maps and sharp size, a regression, and a rule that holds it to the map."""

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from blurmap.maps import DEFOCUS, MOTION, SHARP, Maps
from blurmap.verdict.judgement import Judgement, Verdict
from blurmap.verdict.regions import bounding_box, largest_region
from blurmap.verdict.sharp_size import ENOUGH, Sharpness
from blurmap.verdict.wording import explain

BROAD = ("sharp", "selective", "bad")  # what the regression tells apart; a bad photo's kind is that of its blur
FEATURES = 7
STILL_SHARP = 0.2  # share of the frame that may be blurred in a photo that is called sharp
EDGE = 0.005  # keeps the log odds of shares finite


def judge(
    maps: Maps,
    sharpness: Sharpness,
    shape: tuple[int, int],
    weights: NDArray[np.float64],
    type_weights: NDArray[np.float64],
    shaken: float,
) -> Judgement:
    """The verdict on a photo.

    Parameters
    ----------
    maps : Maps
        Of the photo, with types.
    sharpness : Sharpness
        See :func:`blurmap.verdict.sharp_size.sharpness`.
    shape : (height, width)
        Of the photo in pixels.
    weights : 3 x FEATURES + 1 float64
        Of the multinomial regression on :func:`features`; chosen on validation photos, kept in ``default.json``.
    type_weights : 4 float64
        Of the regression on :func:`type_features` that tells defocus from motion; likewise.
    shaken : float
        From this :func:`shake` on the reason of a good photo names it.
    """
    region = largest_region(~maps.mask)
    shares = chances(features(maps, region, sharpness, max(shape)), float(maps.mask.mean()), weights)
    seen_motion = float(expit(type_weights @ np.append(type_features(maps, sharpness), 1.0)))
    by_verdict: dict[Verdict, float] = {
        "sharp": shares[0], "selective": shares[1], "defocused": shares[2] * (1 - seen_motion),
        "motion": shares[2] * seen_motion,
    }  # fmt: skip
    among: dict[str, tuple[Verdict, ...]] = {
        "sharp": ("sharp",), "selective": ("selective",), "bad": ("defocused", "motion"),
    }  # fmt: skip
    verdict = max(among[BROAD[int(shares.argmax())]], key=lambda name: by_verdict[name])
    box = bounding_box(region, shape)
    subject_sharpness = float((1 - maps.blurred[region]).mean()) if box else 0.0
    reason = explain(verdict, maps, region, sharpness.size, max(shape), shake(sharpness) >= shaken)
    return Judgement(verdict, float(by_verdict[verdict]), reason, box, subject_sharpness, sharpness.size)


def chances(values: NDArray[np.float64], blurred_share: float, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of :data:`BROAD`, 3 float64; a photo of which more than ``STILL_SHARP`` is blurred is not sharp."""
    scores = weights @ np.append(values, 1.0)
    if blurred_share > STILL_SHARP:
        scores[0] = -np.inf
    return softmax(scores)


def type_features(maps: Maps, sharpness: Sharpness) -> NDArray[np.float64]:
    """What the type of a bad photo depends on: log odds of motion in its map and in close-ups at two scales."""
    close_ups = (chance[MOTION] - chance[DEFOCUS] for chance in (sharpness.where_it_shows, sharpness.at_enough))
    return np.array([log_odds(maps.prevailing_motion()), *close_ups])


def shake(sharpness: Sharpness) -> float:
    """Log odds of motion, against sharp, in close-ups at the scale of ``ENOUGH``."""
    return float(sharpness.at_enough[MOTION] - sharpness.at_enough[SHARP])


def features(maps: Maps, region: NDArray[np.bool_], sharpness: Sharpness, long_side: int) -> NDArray[np.float64]:
    """What the verdict depends on.

    Log odds of the sharp share and of the largest sharp region's; the sharp size relative to ``ENOUGH`` pixels, or to
    the photo's own long side where that is less; how blurred the sharpest 2 % are, and how blurred the most blurred
    half percent is: a small part that moved is blurred beyond doubt; the log odds of motion and of defocus, against
    sharp, in close-ups of what is sharpest.
    """
    share, largest = float((~maps.mask).mean()), float(region.mean())
    relative = np.log2(min(sharpness.size, ENOUGH) / min(long_side, ENOUGH))
    sharpest, most_blurred = np.quantile(maps.blurred, (0.02, 0.995))
    close_up = sharpness.at_enough
    return np.array([
        log_odds(share), log_odds(largest), relative, log_odds(float(sharpest)), log_odds(float(most_blurred)),
        shake(sharpness), close_up[DEFOCUS] - close_up[SHARP],
    ])  # fmt: skip


def log_odds(share: float) -> float:
    return float(np.log((share + EDGE) / (1 - share + EDGE)))


def softmax(x: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted: NDArray[np.float64] = np.exp(x - x.max())
    return shifted / shifted.sum()
