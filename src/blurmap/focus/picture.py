"""The plane of focus over the photo, with a legend, and in words."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scipy.ndimage import label

from blurmap.focus.close_up import PART
from blurmap.focus.focus_map import CELL, ON_SCREEN, SCREEN, SHARP, SOFT, UNKNOWN, FocusMap
from blurmap.imaging.places import whereabouts
from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import fit


@dataclass(frozen=True)
class Paint:
    """How a part of the plane of focus is painted: what the legend calls it, its colour, and how much of it."""

    words: str
    colour: tuple[int, int, int]
    share: float


# Yellow, blue and grey are told apart by colour-blind people, and by their brightness in print.
PAINTS = {
    SHARP: Paint("sharp at 100 %", (255, 214, 10), 0.55), ON_SCREEN: Paint("sharp on a screen", (0, 96, 230), 0.55),
    SOFT: Paint("soft", (150, 60, 60), 0.45), UNKNOWN: Paint("nothing to tell by", (70, 70, 70), 0.6),
}  # fmt: skip
SIDE = 2048  # pixels, long side of the picture: as much as a screen shows
FAINT = 0.35  # share of the photo's colours that is left under the paint
LEGEND = 28  # the legend's height is the picture's long side over this
LITTLE = 0.005  # share of the frame: less is "hardly any of the frame"


def picture(focus: FocusMap, photo: Pyramid, side: int = SIDE) -> NDArray[np.uint8]:
    """The photo, paler, with what is sharp painted over it and a legend below, h x w x 3 RGB uint8.

    Parameters
    ----------
    focus : FocusMap
    photo : Pyramid
        The photo that it is of.
    side : int
        Long side in pixels, of the photo without the legend; at most the photo's own.
    """
    shape = fit(photo.shape, side)
    shown = photo.picture(shape)
    grey = shown.convert("L").convert("RGB")
    base = np.asarray(Image.blend(grey, shown, FAINT), np.float32)
    plane = np.asarray(Image.fromarray(focus.plane()).resize((shape[1], shape[0]), Image.Resampling.NEAREST))
    painted = base.copy()
    for value, paint in PAINTS.items():
        where = plane == value
        painted[where] = (1 - paint.share) * base[where] + paint.share * np.array(paint.colour, np.float32)
    return np.concatenate([painted.round().astype(np.uint8), _legend(shape[1], max(max(shape) // LEGEND, 12))])


def _legend(width: int, height: int) -> NDArray[np.uint8]:
    """What each colour means, in as many lines as it takes, h x width x 3 uint8."""
    font, gap = ImageFont.load_default(height * 0.62), height // 4
    lines: list[list[tuple[Paint, float]]] = [[]]
    left = float(gap)
    for paint in PAINTS.values():
        wide = height + font.getlength(paint.words) + 3 * gap
        if lines[-1] and left + wide > width:
            lines.append([])
            left = float(gap)
        lines[-1].append((paint, left))
        left += wide
    legend = Image.new("RGB", (width, height * len(lines)), "white")
    draw = ImageDraw.Draw(legend)
    for row, line in enumerate(lines):
        for paint, left in line:
            top = row * height
            draw.rectangle((left, top + gap, left + height - 2 * gap, top + height - gap), paint.colour)
            draw.text((left + height - gap, top + height / 2), paint.words, "black", font, anchor="lm")
    return np.asarray(legend)


def words(focus: FocusMap) -> str:
    """One sentence: what share of the frame is sharp at 100 %, and where, and what share on a screen."""
    own, on_screen = (focus.sharp_at(side) for side in (max(focus.shape), SCREEN))
    if not focus.known.any():
        return "no detail to judge by"
    full = f"sharp at 100 % in {_share(own)}{_where(own)}"
    if max(focus.shape) <= SCREEN:
        return full
    return f"{full}; on a screen in {_share(on_screen)}{'' if own.mean() >= LITTLE else _where(on_screen)}"


def _share(sharp: NDArray[np.bool_]) -> str:
    share = float(sharp.mean())
    if share == 0:
        return "none of the frame"
    return f"{share:.0%} of the frame" if share >= LITTLE else "hardly any of the frame"


def _where(sharp: NDArray[np.bool_]) -> str:
    """Where the largest sharp part lies, after a comma; nothing where there is none or it is everywhere."""
    regions, count = label(sharp)
    if count == 0 or sharp.mean() > 0.5:
        return ""
    sizes = np.bincount(regions.ravel())
    sizes[0] = 0
    return f", {whereabouts(regions == sizes.argmax())}"


def figures(focus: FocusMap) -> dict[str, Any]:
    """What is said of the focus of a photo, for programs.

    ``focus_x`` and ``focus_y`` (shares of the frame: where the sharpest known part is), ``focus_width`` (of the blur
    there, pixels of the photo), ``known``, ``sharp`` and ``sharp_on_screen`` (shares of the frame), ``focus`` (words).
    """
    point = focus.point
    best = None if point is None else focus.at(_around(point, focus.shape))
    return {
        "focus": words(focus),
        "focus_x": None if point is None else round(point[0], 4),
        "focus_y": None if point is None else round(point[1], 4),
        "focus_width": None if best is None else round(best, 3),
        "known": round(focus.known_share, 4),
        "sharp": round(focus.share_at(max(focus.shape)), 4),
        "sharp_on_screen": round(focus.share_at(SCREEN), 4),
    }


def _around(point: tuple[float, float], shape: tuple[int, int]) -> tuple[float, float, float, float]:
    """The box of a part of ``PART`` cells around a point."""
    x, y, half = point[0] * shape[1], point[1] * shape[0], PART * CELL / 2
    return x - half, y - half, x + half, y + half
