"""The verdict on a photo: figures of its maps and close-ups, a regression, and rules that hold it to what is seen."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from blurmap.imaging.pyramid import Pyramid
from blurmap.maps import Maps
from blurmap.verdict.details import details
from blurmap.verdict.ground import central_share, without_detail
from blurmap.verdict.judgement import GOOD, NOTHING, Judgement, Verdict
from blurmap.verdict.lettering import without
from blurmap.verdict.regions import bounding_box, largest_region
from blurmap.verdict.sharp_size import ENOUGH, Sharpness
from blurmap.verdict.wording import sentence

BROAD = ("sharp", "selective", "bad")  # what the regression tells apart; a bad photo's kind is that of its blur
FEATURES, TYPE_FEATURES = 7, 2
STILL_SHARP = 0.2  # share of the frame that may be blurred in a photo that is called sharp
TRACE = 0.1  # share of the frame: less with any detail is too little to be thrown out for
MANY_POINTS = 12  # what is blurred all over shows none
LEAST_SHARP = 0.25, 480  # share of its own long side, and pixels: a photo sharp up to less is not good
NO_BLUR = 0.02  # share of the frame: less in the map is none
SOFT = 0.9  # share of its own long side: a good photo that is sharp up to less is soft at 100 %
EDGE = 0.005  # keeps the log odds of shares finite
MOST = 6.0  # of log odds that the verdict listens to


@dataclass(frozen=True)
class Weights:
    """What was fitted on photos; kept in ``verdict.json``.

    Attributes
    ----------
    verdict : 3 x FEATURES + 1 float64
        Weights of the multinomial regression on ``features``.
    types : TYPE_FEATURES + 1 float64
        Weights of the regression on ``type_features`` that tells defocus from motion.
    shake_threshold : float
        From this ``blurmap.verdict.sharp_size.Sharpness.shake`` on the reason of a good photo names it.
    """

    verdict: NDArray[np.float64]
    types: NDArray[np.float64]
    shake_threshold: float = 1.0

    @classmethod
    def of(cls, settings: dict[str, Any]) -> Self:
        """Those of ``verdict.json``.

        Raises
        ------
        ValueError
            If they are of an older version.
        """
        weights = cls(np.array(settings["verdict"]), np.array(settings["types"]), float(settings["shaken"]))
        if weights.verdict.shape != (len(BROAD), FEATURES + 1) or weights.types.shape != (TYPE_FEATURES + 1,):
            raise ValueError("the verdict was fitted by another version")
        return weights

    @classmethod
    def none(cls) -> Self:
        """Before anything is fitted: every verdict is as likely."""
        return cls(np.zeros((len(BROAD), FEATURES + 1)), np.zeros(TYPE_FEATURES + 1))

    def settings(self) -> dict[str, Any]:
        """As ``verdict.json`` keeps them."""
        verdict, types = self.verdict.round(4).tolist(), self.types.round(4).tolist()
        return {"verdict": verdict, "types": types, "shaken": round(self.shake_threshold, 4)}


@dataclass(frozen=True, eq=False)
class Seen:
    """What a verdict goes by: the maps of a photo, what its ground is, and its sharpness.

    Attributes
    ----------
    maps : Maps
    blurred : h x w float32
        Their probability of blur; no part is sharp that is so by lettering.
    soft : h x w bool
        Where it is blurred and there is something that could be sharp: a ground without detail is not blurred.
    region : h x w bool
        The largest sharp region.
    sharpness : Sharpness
    shape : (height, width)
        Height and width of the photo in pixels.
    points : int
        Points as small as its pixels allow; only looked for where the photo would be called bad.
    """

    maps: Maps
    blurred: NDArray[np.float32]
    soft: NDArray[np.bool_]
    region: NDArray[np.bool_]
    sharpness: Sharpness
    shape: tuple[int, int]
    points: int = 0

    @classmethod
    def of(cls, photo: Pyramid, maps: Maps, sharpness: Sharpness, *, lettered: bool = False) -> Self:
        """From what was looked at; ``lettered`` if what the maps call sharp is written over the photo."""
        blurred = without(maps.blurred) if lettered else maps.blurred
        mask = np.ones_like(maps.mask) if lettered else maps.mask
        soft = mask & ~without_detail(photo, maps.mask.shape)
        return cls(maps, blurred, soft, largest_region(~mask), sharpness, photo.shape)

    @property
    def sharp_enough(self) -> bool:
        """Whether the sharpest part looks sharp at ``ENOUGH`` pixels, or at the photo's own size."""
        return self.sharpness.size >= min(max(self.shape), ENOUGH)

    @property
    def with_detail(self) -> float:
        """Share of the frame that is sharp, or blurred and not a ground without detail."""
        return float(((self.blurred <= 0.5) | self.soft).mean())

    @property
    def soft_share(self) -> float:
        """Share of that which is blurred."""
        return float(self.soft.mean()) / max(self.with_detail, EDGE)


def judge(seen: Seen, weights: Weights) -> Judgement:
    """The verdict on a photo; none where what is seen speaks against each."""
    if not possible(seen).any():
        return NOTHING
    shares = chances(seen, weights.verdict)
    seen_motion = float(expit(weights.types @ np.append(type_features(seen), 1.0)))
    by_verdict: dict[Verdict, float] = {
        "sharp": shares[0], "selective": shares[1], "defocused": shares[2] * (1 - seen_motion),
        "motion": shares[2] * seen_motion,
    }  # fmt: skip
    among: dict[str, tuple[Verdict, ...]] = {
        "sharp": ("sharp",), "selective": ("selective",), "bad": ("defocused", "motion"),
    }  # fmt: skip
    verdict = max(among[BROAD[int(shares.argmax())]], key=lambda name: by_verdict[name])
    box = bounding_box(seen.region, seen.shape)
    subject_sharpness = float((1 - seen.maps.blurred[seen.region]).mean()) if box else 0.0
    at_full_size = seen.sharpness.at_full_size > 0 or seen.sharpness.size < SOFT * max(seen.shape)
    soft = verdict in GOOD and at_full_size
    reason_details = details(
        verdict, seen.maps, seen.soft, seen.region, seen.sharpness, max(seen.shape), weights.shake_threshold
    )  # fmt: skip
    confidence, size = float(by_verdict[verdict]), seen.sharpness.size
    return Judgement(verdict, confidence, sentence(reason_details), box, subject_sharpness, size, soft, reason_details)


def chances(seen: Seen, weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Probabilities of ``BROAD``, 3 float64: what the regression says of those that are ``possible``, or of all."""
    scores, may_be = weights @ np.append(features(seen), 1.0), possible(seen)
    return softmax(np.where(may_be | ~may_be.any(), scores, -np.inf))


def possible(seen: Seen) -> NDArray[np.bool_]:
    """Which of ``BROAD`` a photo may be called, whatever the regression says, 3 bool.

    A photo of which more than ``STILL_SHARP`` is blurred is not sharp. One without a sharp part, or whose sharpest part
    looks sharp only at a fraction of its size, is not good. One that shows no blur, neither in its map nor in its
    sharpest part at ``ENOUGH`` pixels or at its own size, is not bad; nor is one of which nearly all is a ground
    without detail, such as the moon in a dark sky, or one that shows many points as small as its pixels allow, such as
    a sky full of stars, which is good for these.
    """
    share, pixels = LEAST_SHARP
    pointed, blurred = seen.points >= MANY_POINTS, float(seen.maps.mask.mean())
    sharp_part = blurred <= 1 - EDGE and seen.sharpness.size >= min(share * max(seen.shape), pixels)
    good = pointed or sharp_part
    bad = not pointed and seen.with_detail >= TRACE and not (seen.sharp_enough and blurred < NO_BLUR)
    return np.array([good and seen.soft_share <= STILL_SHARP, good, bad])


def type_features(seen: Seen) -> NDArray[np.float64]:
    """What the type of a bad photo depends on: log odds of motion in its map and in its close-ups."""
    return np.array([log_odds(seen.maps.prevailing_motion()), float(np.clip(seen.sharpness.motion, -MOST, MOST))])


def features(seen: Seen) -> NDArray[np.float64]:
    """What the verdict depends on.

    Log odds of the blurred share, and of the same where subjects are; of the largest sharp region's share; log odds
    that the sharpest part looks soft at ``ENOUGH`` pixels, and that all places looked at do; how blurred the sharpest
    2 % are, and how blurred the most blurred half percent is: a small part that moved is blurred beyond doubt.
    """
    soft, soft_mean = (float(np.clip(x, -MOST, MOST)) for x in (seen.sharpness.soft, seen.sharpness.soft_mean))
    sharpest, most_blurred = np.quantile(seen.blurred, (0.02, 0.995))
    return np.array([
        log_odds(seen.soft_share), log_odds(central_share(seen.soft)), log_odds(float(seen.region.mean())), soft,
        soft_mean, log_odds(float(sharpest)), log_odds(float(most_blurred)),
    ])  # fmt: skip


def log_odds(share: float) -> float:
    return float(np.log((share + EDGE) / (1 - share + EDGE)))


def softmax(x: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted: NDArray[np.float64] = np.exp(x - x.max())
    return shifted / shifted.sum()
