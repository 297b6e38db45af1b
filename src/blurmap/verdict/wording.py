"""The reason of a verdict: one sentence that names what is blurred, so that it never contradicts the map."""

import numpy as np
from numpy.typing import NDArray

from blurmap.maps import Maps
from blurmap.verdict.judgement import Verdict
from blurmap.verdict.regions import largest_region, whereabouts

ALL_OVER = 0.005  # share of the frame: less blur than this is not worth a word
SMALL_PART = {"defocused": 0.15, "blurred by motion": 0.35}  # a share up to this is a part, more is the background


def explain(
    verdict: Verdict, maps: Maps, region: NDArray[np.bool_], sharp_size: int, long_side: int, shaken: bool
) -> str:
    """One sentence that says why.

    Parameters
    ----------
    verdict : Verdict
    maps : Maps
        Of the photo.
    region : h x w bool
        Its largest sharp region.
    sharp_size, long_side : int
        In pixels of the photo.
    shaken : bool
        Close-ups show a motion that is too small for the map; said of photos that are good for all that, unless the map
        has motion: a close-up may be of what moves.
    """
    where = maps.mask
    share = float(where.mean())
    moved = maps.motion is not None and bool(where.any()) and float(maps.motion[where].mean()) > 0.5
    good = verdict in ("sharp", "selective")
    notes = ["slightly shaken"] if shaken and good and not (moved and share >= ALL_OVER) else []
    if sharp_size < 0.9 * long_side:
        notes.append(f"sharp up to {sharp_size} of its {long_side} pixels")
    up_to = f"; {', '.join(notes)}" if notes else ""
    how = "blurred by motion" if moved else "defocused"
    if verdict == "sharp" and share < ALL_OVER:
        return f"sharp all over{up_to}"
    if verdict == "sharp" or (verdict == "selective" and share < SMALL_PART[how]):
        lost = largest_region(where)
        part = f"{whereabouts(lost)}, " if lost.any() else ""
        return f"sharp but for a part that is {how}, {part}{share:.0%} of the frame{up_to}"
    if verdict == "selective":
        return f"sharp subject, {whereabouts(region)}, {region.mean():.0%} of the frame; background {how}{up_to}"
    how = "blurred by motion" if verdict == "motion" else "out of focus"
    if share < 0.6:
        marked = f", {share:.0%} of the frame plainly" if share >= ALL_OVER else ""
        return f"slightly {how} all over{marked}{up_to}"
    return f"nothing in focus: {share:.0%} of the frame is {how}" if verdict == "defocused" else (
        f"{share:.0%} of the frame is {how}"
    )  # fmt: skip
