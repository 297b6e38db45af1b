"""Result out: what ``detect`` returns."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from blurmap.files import write_image
from blurmap.verdict import Judgement, Verdict

What = Literal["mask", "probability", "overlay", "kind"]
SHARP, DEFOCUS, MOTION = np.uint8(0), np.uint8(1), np.uint8(2)
KINDS = ("sharp", "defocus", "motion")
# Orange and blue are told apart, and from photos' greens, by colour-blind people too; orange where there is no kind.
TINTS = {DEFOCUS: np.array([230, 97, 0], np.uint16), MOTION: np.array([0, 110, 230], np.uint16)}
CONTOUR = np.array([255, 255, 255], np.uint8)
WORKING_SIDE = 2048  # overlays of larger photos have contours of more than one pixel


@dataclass(frozen=True)
class BlurMap:
    """Where a photo is blurred, at the photo's own size.

    Attributes
    ----------
    probability : H x W float32 in [0, 1]
        Probability that the pixel is blurred.
    mask : H x W bool
        The clean segmentation, True = blurred.
    photo : H x W x 3 RGB uint8
        The photo, upright.
    model : str
        Name of the model that answered.
    kind : H x W uint8, or None
        0 sharp, 1 defocus, 2 motion; None where the model does not tell types.
    judge : callable, or None
        Makes :attr:`judgement` when it is first asked for.
    """

    probability: NDArray[np.float32]
    mask: NDArray[np.bool_]
    photo: NDArray[np.uint8]
    model: str
    kind: NDArray[np.uint8] | None = None
    judge: Callable[[], Judgement] | None = field(default=None, repr=False, compare=False)

    @cached_property
    def judgement(self) -> Judgement | None:
        """Verdict, confidence, reason, subject and sharp size; None where the model tells no types.

        Found when first asked for: the sharp size takes a look at a few more crops of the photo.
        """
        return self.judge() if self.judge else None

    @property
    def verdict(self) -> Verdict | None:
        """``sharp``, ``selective`` (a sharp subject, blur around it), ``defocused`` or ``motion``."""
        return self.judgement.verdict if self.judgement else None

    @property
    def confidence(self) -> float | None:
        """Of the verdict, 0 to 1."""
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
    def fraction(self) -> float:
        """Share of blurred pixels, 0 to 1."""
        return float(np.count_nonzero(self.mask) / self.mask.size)

    @property
    def fractions(self) -> dict[str, float] | None:
        """Share of the pixels that are ``sharp``, ``defocus`` and ``motion``; None where there is no ``kind``."""
        if self.kind is None:
            return None
        counts = np.bincount(self.kind.ravel(), minlength=len(KINDS))
        return {name: float(count / self.kind.size) for name, count in zip(KINDS, counts, strict=True)}

    def overlay(self) -> NDArray[np.uint8]:
        """The photo, blurred regions tinted (orange defocus, blue motion) and outlined in white, H x W x 3 uint8."""
        picture = self.photo.copy()
        for top in range(0, len(picture), 256):  # strips bound the memory for large photos
            strip, mask = picture[top : top + 256], self.mask[top : top + 256]
            kind = DEFOCUS * mask if self.kind is None else self.kind[top : top + 256]
            for blur, tint in TINTS.items():
                strip[kind == blur] = (strip[kind == blur].astype(np.uint16) * 11 + tint * 9) // 20
        picture[self._contour()] = CONTOUR
        return picture

    def _contour(self) -> NDArray[np.bool_]:
        width = 2 * max(1, round(max(self.mask.shape) / WORKING_SIDE)) + 1
        image = Image.fromarray(self.mask)
        grown = image.convert("L").filter(ImageFilter.MaxFilter(width))
        return np.asarray(grown).astype(bool) & ~self.mask

    def picture(self, what: What) -> NDArray[np.uint8]:
        """One of the pictures that :meth:`save` writes, H x W or H x W x 3 uint8."""
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

    def save(
        self,
        path: str | Path,
        what: What = "mask",
        *,
        overwrite: bool = False,
    ) -> Path:
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
