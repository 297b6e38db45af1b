"""The reason of a verdict: one sentence that names what is blurred, so that it never contradicts the map."""

import numpy as np
from numpy.typing import NDArray

from blurmap.maps import Maps
from blurmap.verdict.judgement import GOOD, Verdict
from blurmap.verdict.regions import SPECK, is_subject, largest_region, whereabouts
from blurmap.verdict.sharp_size import ENOUGH, Sharpness

ALL_OVER = 0.005  # share of the frame: less blur than this is not worth a word
SMALL_PART = {"defocused": 0.15, "blurred by motion": 0.35}  # a share up to this is a part, more is the background
PLAINLY = 0.6  # share of the frame: less is "slightly"


def explain(
    verdict: Verdict,
    maps: Maps,
    region: NDArray[np.bool_],
    sharpness: Sharpness,
    long_side: int,
    shake_threshold: float,
) -> str:
    """One sentence that says why.

    Parameters
    ----------
    verdict : Verdict
    maps : Maps
        Maps of the photo.
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
    share = float(where.mean())
    moved = maps.motion is not None and bool(where.any()) and float(maps.motion[where].mean()) > 0.5
    up_to = f"sharp up to {sharpness.size} of its {long_side} pixels" if sharpness.size < 0.9 * long_side else ""
    good_for_all_that = verdict in GOOD and not (moved and share >= ALL_OVER)
    if good_for_all_that and sharpness.shake >= shake_threshold:
        up_to = f"slightly shaken: {up_to}" if up_to else "slightly shaken"
    if verdict in GOOD:
        said = good(verdict, maps, region, share, "blurred by motion" if moved else "defocused")
    else:
        said = bad(verdict, share, region.mean() > SPECK or sharpness.size >= min(long_side, ENOUGH))
    return f"{said}; {up_to}" if up_to else said


def good(verdict: Verdict, maps: Maps, region: NDArray[np.bool_], share: float, how: str) -> str:
    """What is sharp and what is not, of a photo that is sharp in what matters."""
    if share < ALL_OVER:
        return "sharp all over"
    if verdict == "sharp" or share < SMALL_PART[how]:
        lost = largest_region(maps.mask)
        part = f"{whereabouts(lost)}, " if lost.any() else ""
        return f"sharp but for a part that is {how}, {part}{share:.0%} of the frame"
    if region.mean() < ALL_OVER:
        return f"sharp in small parts; {share:.0%} of the frame is {how}"
    if not is_subject(region):
        return f"sharp area, {whereabouts(region)}, {region.mean():.0%} of the frame; {share:.0%} is {how}"
    return f"sharp subject, {whereabouts(region)}, {region.mean():.0%} of the frame; background {how}"


def bad(verdict: Verdict, share: float, sharp_somewhere: bool) -> str:
    """How much is blurred, of a photo in which nothing that matters is sharp."""
    how = "blurred by motion" if verdict == "motion" else "out of focus"
    if share < PLAINLY:
        return f"slightly {how} all over" + (f", {share:.0%} of the frame plainly" if share >= ALL_OVER else "")
    nothing = "nothing in focus: " if verdict == "defocused" and not sharp_somewhere else ""
    return f"{nothing}{share:.0%} of the frame is {how}"
