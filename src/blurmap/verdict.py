"""Does the blur matter? A verdict for the whole photo, from its maps and the size up to which it is sharp."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_opening, label
from scipy.special import expit

from blurmap.sharp_size import Sharpness, prevailing_motion

Verdict = Literal["sharp", "selective", "defocused", "motion"]
VERDICTS: tuple[Verdict, ...] = ("sharp", "selective", "defocused", "motion")
BROAD = ("sharp", "selective", "bad")  # what the regression tells apart; a bad photo's kind is that of its blur
FEATURES = 5
ENOUGH = 1280  # pixels: a photo that is sharp at this long side is as good as sharp
TINY = 0.005


@dataclass(frozen=True)
class Judgement:
    """What a person wants to know of a photo.

    Attributes
    ----------
    verdict : {"sharp", "selective", "defocused", "motion"}
        Sharp in the whole frame; a sharp subject with blur around it; nothing that matters in focus; shaken or moved.
    confidence : float in [0, 1]
    reason : str
        One sentence.
    subject : (left, top, right, bottom) in pixels of the photo, or None
        Box of the largest sharp region; None where nothing is sharp.
    subject_sharpness : float in [0, 1]
        Mean probability of being sharp within that region; 0 where there is none.
    sharp_size : int
        Long side in pixels up to which the sharpest part looks sharp.
    """

    verdict: Verdict
    confidence: float
    reason: str
    subject: tuple[int, int, int, int] | None
    subject_sharpness: float
    sharp_size: int


def judge(
    blurred: NDArray[np.float32],
    motion: NDArray[np.float32],
    sharpness: Sharpness,
    shape: tuple[int, int],
    weights: NDArray[np.float64],
    type_weights: NDArray[np.float64],
) -> Judgement:
    """The verdict on a photo.

    Parameters
    ----------
    blurred, motion : h x w float32 in [0, 1]
        Probability of blur, and of motion where blurred, at the working size.
    sharpness : Sharpness
        See :func:`blurmap.sharp_size.sharpness`.
    shape : (height, width)
        Of the photo in pixels.
    weights : 3 x FEATURES + 1 float64
        Of the multinomial regression on :func:`features`; chosen on validation photos, kept in ``default.json``.
    type_weights : 3 float64
        Of the regression on :func:`type_features` that tells defocus from motion; likewise.
    """
    region = largest_region(blurred < 0.5)
    values = features(blurred, region, sharpness.size, max(shape))
    shares = softmax(weights @ np.append(values, 1.0))
    bad = shares[2]
    seen_motion = float(expit(type_weights @ np.append(type_features(blurred, motion, sharpness), 1.0)))
    chances = {
        "sharp": shares[0], "selective": shares[1], "defocused": bad * (1 - seen_motion), "motion": bad * seen_motion,
    }  # fmt: skip
    broad = BROAD[int(shares.argmax())]
    verdict: Verdict = broad if broad != "bad" else ("motion" if seen_motion > 0.5 else "defocused")  # type: ignore[assignment]
    box = bounding_box(region, shape)
    subject_sharpness = float((1 - blurred[region]).mean()) if box else 0.0
    reason = explain(verdict, blurred, motion, region, sharpness.size, max(shape))
    return Judgement(verdict, float(chances[verdict]), reason, box, subject_sharpness, sharpness.size)


def type_features(
    blurred: NDArray[np.float32], motion: NDArray[np.float32], sharpness: Sharpness
) -> NDArray[np.float64]:
    """What the type of a bad photo depends on: log odds of motion in its map, and where its blur begins to show."""
    return np.array([log_odds(prevailing_motion(blurred, motion)), log_odds(sharpness.motion)])


def features(
    blurred: NDArray[np.float32], region: NDArray[np.bool_], sharp_size: int, long_side: int
) -> NDArray[np.float64]:
    """What the verdict depends on.

    Log odds of the sharp share and of the largest sharp region's; the sharp size relative to ``ENOUGH`` pixels, or to
    the photo's own long side where that is less; how blurred the sharpest 2 % are, and how blurred the most blurred
    half percent is: a small part that moved is blurred beyond doubt.
    """
    share, largest = float((blurred < 0.5).mean()), float(region.mean())
    relative = np.log2(min(sharp_size, ENOUGH) / min(long_side, ENOUGH))
    sharpest, most_blurred = np.quantile(blurred, (0.02, 0.995))
    return np.array(
        [log_odds(share), log_odds(largest), relative, log_odds(float(sharpest)), log_odds(float(most_blurred))]
    )


def log_odds(share: float) -> float:
    return float(np.log((share + TINY) / (1 - share + TINY)))


def softmax(x: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = np.exp(x - x.max())
    return shifted / shifted.sum()


def largest_region(sharp: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The largest connected region after specks and bridges of a few pixels are taken away."""
    width = max(min(sharp.shape) // 50, 1)
    opened = binary_opening(sharp, np.ones((width, width), bool))
    regions, count = label(opened)
    if count == 0:
        return opened
    sizes = np.bincount(regions.ravel())
    sizes[0] = 0
    return regions == sizes.argmax()


def bounding_box(region: NDArray[np.bool_], shape: tuple[int, int]) -> tuple[int, int, int, int] | None:
    """Left, top, right, bottom of a region of the working map, in pixels of the photo."""
    if not region.any():
        return None
    rows, columns = np.flatnonzero(region.any(1)), np.flatnonzero(region.any(0))
    down, right = shape[0] / region.shape[0], shape[1] / region.shape[1]
    return (
        round(columns[0] * right), round(rows[0] * down), round((columns[-1] + 1) * right), round((rows[-1] + 1) * down)
    )  # fmt: skip


def explain(
    verdict: Verdict,
    blurred: NDArray[np.float32],
    motion: NDArray[np.float32],
    region: NDArray[np.bool_],
    sharp_size: int,
    long_side: int,
) -> str:
    """One sentence that says why."""
    share = float((blurred >= 0.5).mean())
    up_to = f"; sharp up to {sharp_size} of its {long_side} pixels" if sharp_size < 0.9 * long_side else ""
    if verdict == "sharp":
        return f"sharp all over{up_to}"
    if verdict == "selective":
        where = blurred >= 0.5
        kind = "blurred by motion" if where.any() and motion[where].mean() > 0.5 else "defocused"
        if share < (0.15 if kind == "defocused" else 0.35):
            lost = largest_region(where)
            part = f"{place(lost)}, " if lost.any() else ""
            return f"sharp but for a part that is {kind}, {part}{share:.0%} of the frame{up_to}"
        return f"sharp subject, {place(region)}, {region.mean():.0%} of the frame; background {kind}{up_to}"
    how = "blurred by motion" if verdict == "motion" else "out of focus"
    if share < 0.6:
        return f"slightly {how} all over{up_to}"
    return f"nothing in focus: {share:.0%} of the frame is {how}" if verdict == "defocused" else (
        f"{share:.0%} of the frame is {how}"
    )  # fmt: skip


def place(region: NDArray[np.bool_]) -> str:
    """Where in the frame a region is: "upper left" to "lower right", "centre"."""
    if not region.any():
        return "nowhere"
    rows, columns = np.nonzero(region)
    row, column = rows.mean() / region.shape[0], columns.mean() / region.shape[1]
    down = "upper" if row < 1 / 3 else "lower" if row > 2 / 3 else ""
    across = "left" if column < 1 / 3 else "right" if column > 2 / 3 else ""
    return f"{down} {across}".strip() if down and across else (f"{down} middle" if down else across or "centre")
