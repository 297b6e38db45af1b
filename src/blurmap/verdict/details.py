"""What there is to say of a photo, as figures and words from lists; ``wording.py`` makes the sentence.

It names what is blurred, so that it never contradicts the map.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from blurmap.imaging.places import whereabouts
from blurmap.maps import Maps
from blurmap.verdict.judgement import GOOD, Verdict
from blurmap.verdict.regions import SPECK, is_subject, largest_region
from blurmap.verdict.sharp_size import ENOUGH, Sharpness

ALL_OVER = 0.005  # share of the frame: less blur than this is not worth a word
SMALL_PART = {"defocus": 0.15, "motion": 0.35}  # a share up to this is a part, more is the background
PLAINLY = 0.6  # share of the frame: less is "slightly"

CLEARLY_LESS = 0.9  # share of the long side: a size up to which a photo looks sharp is told where it is less
HARDLY = 0.4  # the same share: a photo sharp up to less is not called sharp all over
SHOWN = 0.5  # share of what is blurred: with less of it on anything but a plain ground, its kind is not named

Kind = Literal["defocus", "motion"]
Case = Literal[
    "sharp all over", "evenly sharp", "plain ground", "part lost", "small parts", "area", "subject",
    "slightly blurred", "blurred", "nothing in focus",
]  # fmt: skip


@dataclass(frozen=True)
class Details:
    """What a reason says.

    Attributes
    ----------
    case : Case
        Which sentence it is.
    kind : {"defocus", "motion"} or None
        Of the blur that it names; None where a plain ground shows none.
    blurred : float
        Share of the frame that is blurred.
    sharp : float
        Share of the frame that the largest sharp region has.
    place : str
        Where in the frame what it names lies: what is lost of a photo that is sharp in nearly all, else what is sharp.
    sharp_up_to : int or None
        Long side up to which it looks sharp, where that is clearly less than its own, ``long_side``.
    long_side : int
        In pixels of the photo.
    shaken : bool
        Whether it looks slightly shaken; never where it is sharp up to its own size.
    """

    case: Case
    kind: Kind | None
    blurred: float
    sharp: float
    place: str
    sharp_up_to: int | None
    long_side: int
    shaken: bool


def details(
    verdict: Verdict,
    maps: Maps,
    soft: NDArray[np.bool_],
    region: NDArray[np.bool_],
    sharpness: Sharpness,
    long_side: int,
    shake_threshold: float,
) -> Details:
    """What to say of a photo.

    Parameters
    ----------
    verdict : Verdict
    maps : Maps
        Maps of the photo.
    soft : h x w bool
        Where it is blurred and there is something that could be sharp: where that is the lesser part of what is
        blurred, nothing shows of which kind the blur is.
    region : h x w bool
        Its largest sharp region.
    sharpness : Sharpness
    long_side : int
        In pixels of the photo.
    shake_threshold : float
        From this shake on it is named, of photos that are good for all that, unless the map has motion: a close-up may
        be of what moves.
    """
    where = maps.mask
    blurred = float(where.mean())
    moved = maps.motion is not None and bool(where.any()) and float(maps.motion[where].mean()) > 0.5
    good_for_all_that = verdict in GOOD and not (moved and blurred >= ALL_OVER)
    kind: Kind | None = "motion" if (moved if verdict in GOOD else verdict == "motion") else "defocus"
    if verdict in GOOD and float(soft.mean()) < SHOWN * blurred:
        kind = None
    up_to = sharpness.size if sharpness.size < CLEARLY_LESS * long_side else None
    if verdict not in GOOD:
        sharp_somewhere = bool(region.mean() > SPECK) or sharpness.size >= min(long_side, ENOUGH)
        case, place = _bad(verdict, blurred, sharp_somewhere), ""
    elif blurred < ALL_OVER:
        case, place = ("evenly sharp" if sharpness.size < HARDLY * long_side else "sharp all over"), ""
    else:
        case, place = _good(verdict, maps, region, blurred, kind)
    shaken = good_for_all_that and up_to is not None and sharpness.shake >= shake_threshold
    return Details(case, kind, blurred, float(region.mean()), place, up_to, long_side, shaken)


def _good(
    verdict: Verdict, maps: Maps, region: NDArray[np.bool_], blurred: float, kind: Kind | None
) -> tuple[Case, str]:
    """Of a photo that is sharp in what matters, and blurred elsewhere."""
    if verdict == "sharp" or blurred < SMALL_PART[kind or "defocus"]:
        lost = largest_region(maps.mask)
        return "plain ground" if kind is None else "part lost", whereabouts(lost) if lost.any() else ""
    if region.mean() < ALL_OVER:
        return "small parts", ""
    return "subject" if is_subject(region) else "area", whereabouts(region)


def _bad(verdict: Verdict, blurred: float, sharp_somewhere: bool) -> Case:
    """Of a photo in which nothing that matters is sharp."""
    if blurred < PLAINLY:
        return "slightly blurred"
    return "nothing in focus" if verdict == "defocused" and not sharp_somewhere else "blurred"
