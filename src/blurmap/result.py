"""Result out: what ``detect`` returns, and the one record of it that tables, JSON and HTTP give."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from blurmap.files import write_image
from blurmap.focus.focus_map import FocusMap
from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import enlarged, fit, upsample_along_edges
from blurmap.maps import DEFOCUS, MOTION, Maps, kind_map
from blurmap.showing import encoded, figure
from blurmap.verdict.judgement import Judgement, Verdict

What = Literal["mask", "probability", "overlay", "kind"]
# Orange and blue are told apart, and from photos' greens, by colour-blind people too; orange where there is no kind.
TINTS = {DEFOCUS: np.array([230, 97, 0], np.uint16), MOTION: np.array([0, 110, 230], np.uint16)}
NOTEBOOK_SIDE = 640  # pixels, of the pictures that notebooks show
OPACITY = np.uint8(115)  # of the tint, of 255
OVERLAY_SIDE = 2048  # pixels: as much as a screen shows; overlays of larger photos have contours of more than one pixel


@dataclass(frozen=True, eq=False, repr=False)
class BlurMap:
    """Where a photo is blurred. The maps at the photo's own size are made when they are first asked for.

    Results of the same photo by the same weights are equal; results can be pickled.

    Attributes
    ----------
    seen : Pyramid
        The photo, upright, and its halved copies.
    maps : Maps
        What the model said, at its working size.
    model : str
        Name of the model that answered.
    weights : str
        sha256 of its weights and settings, hexadecimal.
    judge : callable, or None
        Makes ``judgement`` when it is first asked for; None where the model passes no verdicts.
    look : callable, or None
        Makes ``focus`` when it is first asked for; None where the model does not look at focus.
    """

    seen: Pyramid
    maps: Maps
    model: str
    weights: str = ""
    judge: Callable[[Pyramid, Maps], Judgement | None] | None = None
    look: Callable[[Pyramid], FocusMap] | None = None

    @cached_property
    def photo(self) -> NDArray[np.uint8]:
        """The photo, upright, H x W x 3 RGB uint8."""
        return np.asarray(self.seen.image)

    @cached_property
    def probability(self) -> NDArray[np.float32]:
        """Probability that the pixel is blurred, H x W float32 in [0, 1]."""
        return upsample_along_edges(self.maps.blurred, self.seen.image)

    @cached_property
    def mask(self) -> NDArray[np.bool_]:
        """The clean segmentation, H x W bool, True = blurred."""
        if self.maps.cut is None:
            return self.probability > 0.5
        return upsample_along_edges(self.maps.cut.astype(np.float32), self.seen.image, radius=2, epsilon=1e-4) > 0.5

    @cached_property
    def kind(self) -> NDArray[np.uint8] | None:
        """Kind of each pixel, H x W uint8: 0 sharp, 1 defocus, 2 motion; None where the model does not tell types."""
        if self.maps.motion is None:
            return None
        kind = np.empty(self.seen.shape, np.uint8)
        for rows, (motion,) in enlarged([self.maps.motion], self.seen.shape):
            kind[rows] = kind_map(self.mask[rows], motion)
        return kind

    @cached_property
    def judgement(self) -> Judgement | None:
        """Verdict, confidence, reason, subject, sharp size and softness; None where the model passes no verdicts.

        Found when first asked for: the sharp size takes a look at a few more crops of the photo.
        """
        return self.judge(self.seen, self.maps) if self.judge else None

    @cached_property
    def focus(self) -> FocusMap | None:
        """How wide the blur is at each place, seen at the photo's own pixels; None where the model does not look at it.

        Made when first asked for: it takes many times as long as the map. A result that was pickled has it only if it
        was asked for before.
        """
        return self.look(self.seen) if self.look else None

    @property
    def verdict(self) -> Verdict | None:
        """``sharp``, ``selective`` (sharp in a part, blur around it), ``defocused`` or ``motion``."""
        return self.judgement.verdict if self.judgement else None

    @property
    def confidence(self) -> float | None:
        """How sure the verdict is, 0 to 1."""
        return self.judgement.confidence if self.judgement else None

    @property
    def reason(self) -> str | None:
        """One sentence that says why the verdict is what it is."""
        return self.judgement.reason if self.judgement else None

    @property
    def sharp_size(self) -> int | None:
        """Long side in pixels up to which the sharpest part of the photo looks sharp."""
        return self.judgement.sharp_size if self.judgement else None

    @property
    def soft(self) -> bool | None:
        """Whether it is a good photo that is fine on a screen and soft at 100 %."""
        return self.judgement.soft if self.judgement else None

    @property
    def fraction(self) -> float:
        """Share of blurred pixels, 0 to 1, of the working maps: the same in tables, JSON and here."""
        return float(self.maps.mask.mean())

    @property
    def fractions(self) -> dict[str, float] | None:
        """Share of the pixels that are ``sharp``, ``defocus`` and ``motion``; None where the model tells no types."""
        shares = self.maps.shares()
        if shares["defocus"] is None or shares["motion"] is None:
            return None
        return {"sharp": 1 - self.fraction, "defocus": shares["defocus"], "motion": shares["motion"]}

    def record(self) -> dict[str, Any]:
        """What is said of the photo, as tables, ``--json`` and HTTP give it: ``blurmap.fields.ANSWERED``."""
        judged = self.judgement
        height, width = self.seen.shape
        unjudged = judged is not None and judged.verdict is None  # then nothing shows whether it is blurred
        shares = {name: None if unjudged else _rounded(share) for name, share in self.maps.shares().items()}
        return {
            "width": width, "height": height,
            "verdict": judged.verdict if judged else None,
            "confidence": _rounded(judged.confidence) if judged else None,
            "reason": judged.reason if judged else None,
            **shares,
            "subject": list(judged.subject) if judged and judged.subject else None,
            "subject_sharpness": _rounded(judged.subject_sharpness) if judged else None,
            "sharp_size": judged.sharp_size if judged else None,
            "soft": judged.soft if judged else None,
            "model": self.model, "weights": self.weights,
        }  # fmt: skip

    def smaller(self, side: int) -> "BlurMap":
        """The same answer on a copy of the photo with a long side of at most ``side`` pixels; itself if that small."""
        shape = fit(self.seen.shape, side)
        if shape == self.seen.shape:
            return self
        half = Pyramid(self.seen.level(int(np.log2(max(self.seen.shape) / max(shape)))))  # smooth enough for a picture
        return BlurMap(Pyramid(half.picture(shape)), self.maps, self.model, self.weights)

    def overlay(self, side: int | None = None) -> NDArray[np.uint8]:
        """The photo, blurred regions tinted (orange defocus, blue motion) and outlined in white, h x w x 3 uint8.

        At the photo's own size, or with a long side of at most ``side`` pixels: much faster for large photos.
        """
        if side is not None and side < max(self.seen.shape):
            return self.smaller(side).overlay()
        kinds = DEFOCUS * self.mask if self.kind is None else self.kind
        picture = self.seen.image.copy()
        for kind, tint in TINTS.items():
            picture.paste(tuple(tint.tolist()), None, Image.fromarray((kinds == kind) * OPACITY))
        width = max(1, round(max(self.seen.shape) / OVERLAY_SIDE))
        picture.paste("white", None, Image.fromarray(outline(self.mask, width)))
        return np.asarray(picture)

    def picture(self, what: What) -> NDArray[np.uint8]:
        """One of the pictures that ``save`` writes, H x W or H x W x 3 uint8."""
        if what == "mask":
            return self.mask.astype(np.uint8) * np.uint8(255)
        if what == "probability":
            return (self.probability * 255 + 0.5).astype(np.uint8)
        if what == "overlay":
            return self.overlay()
        if what == "kind":
            if self.kind is None:
                raise ValueError(f"the model {self.model} does not tell types of blur; use the model default")
            return np.array([0, 127, 255], np.uint8)[self.kind]
        raise ValueError(f"what must be mask, probability, overlay or kind, not {what!r}")

    def save(self, path: str | Path, what: What = "mask", *, overwrite: bool = False) -> Path:
        """Write one picture; returns its path.

        Parameters
        ----------
        path : str or Path
            File to write; its ending decides the format, PNG where it has none.
        what : {"mask", "probability", "overlay", "kind"}
            ``mask`` is grey with 255 = blurred, ``probability`` is grey from 0 to 255, ``overlay`` is RGB, ``kind`` is
            grey with 0 = sharp, 127 = defocus, 255 = motion.
        overwrite : bool
            Replace a file that is there.

        Raises
        ------
        FileExistsError
            If the file is there and ``overwrite`` is false.
        ValueError
            If ``what`` is none of the four, or is ``kind`` and the model tells no types.
        """
        return write_image(self.picture(what), path, overwrite=overwrite)

    def caption(self) -> tuple[str, str]:
        """Verdict and reason, in words; where there is no verdict, that it is blurred and what share of it."""
        if self.reason is None:
            return "blurred", f"{self.fraction:.1%} of the frame"
        if self.verdict is None:
            return "no verdict", self.reason
        return f"{self.verdict} ({self.confidence:.0%})", self.reason

    def plot(self, ax: Any = None) -> Any:
        """Draw the overlay, titled with verdict and reason, with Matplotlib; returns the axes.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; the current axes if not given.

        Raises
        ------
        ImportError
            If Matplotlib is not installed.
        """
        try:
            from matplotlib import pyplot
        except ImportError:
            raise ImportError("plot needs Matplotlib: pip install matplotlib") from None
        ax = pyplot.gca() if ax is None else ax
        ax.imshow(self.overlay())
        ax.set_title("\n".join(self.caption()), fontsize="small", wrap=True)
        ax.set_axis_off()
        return ax

    def __repr__(self) -> str:
        height, width = self.seen.shape
        kinds = "".join(f", {kind} {share:.1%}" for kind, share in (self.fractions or {}).items() if kind != "sharp")
        return f"<BlurMap {width} x {height} by {self.model}: {self.fraction:.1%} blurred{kinds}>"

    def _repr_png_(self) -> bytes:
        return encoded(self.overlay(NOTEBOOK_SIDE), "PNG", NOTEBOOK_SIDE)

    def _repr_html_(self) -> str:
        return figure(encoded(self.overlay(NOTEBOOK_SIDE), "JPEG", NOTEBOOK_SIDE), *self.caption())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BlurMap):
            return NotImplemented
        return (
            (self.model, self.weights) == (other.model, other.weights)
            and self.seen.shape == other.seen.shape
            and all(_same(getattr(self.maps, name), getattr(other.maps, name)) for name in ("blurred", "motion", "cut"))
            and np.array_equal(self.photo, other.photo)
        )

    def __hash__(self) -> int:
        return hash((self.model, self.weights, self.seen.shape, self.maps.blurred.tobytes()))

    def __getstate__(self) -> dict[str, Any]:
        """The judgement is made before it travels: the network that makes it cannot."""
        state = {"seen": self.seen, "maps": self.maps, "model": self.model, "weights": self.weights}
        focus = self.__dict__.get("focus")
        return state | {"judge": None, "judgement": self.judgement, "look": None, "focus": focus}


def outline(mask: NDArray[np.bool_], width: int) -> NDArray[np.bool_]:
    """The pixels outside of an H x W mask that are at most ``width`` rows and columns from it."""
    wide = mask.copy()
    for step in range(1, width + 1):
        wide[:, step:] |= mask[:, :-step]
        wide[:, :-step] |= mask[:, step:]
    grown = wide.copy()
    for step in range(1, width + 1):
        grown[step:] |= wide[:-step]
        grown[:-step] |= wide[step:]
    return grown & ~mask


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, 4)


def _same(one: NDArray[Any] | None, other: NDArray[Any] | None) -> bool:
    return one is other if one is None or other is None else np.array_equal(one, other)
