"""Result out: what ``detect`` returns."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from blurmap.files import write_image

TINT = np.array([230, 97, 0], np.uint16)  # orange: told from photos' greens and blues by colour-blind people too
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
    """

    probability: NDArray[np.float32]
    mask: NDArray[np.bool_]
    photo: NDArray[np.uint8]
    model: str

    @property
    def fraction(self) -> float:
        """Share of blurred pixels, 0 to 1."""
        return float(np.count_nonzero(self.mask) / self.mask.size)

    def overlay(self) -> NDArray[np.uint8]:
        """The photo with the blurred region tinted orange and outlined in white, H x W x 3 uint8."""
        picture = self.photo.copy()
        for top in range(0, len(picture), 256):  # strips bound the memory for large photos
            strip, mask = picture[top : top + 256], self.mask[top : top + 256]
            strip[mask] = (strip[mask].astype(np.uint16) * 11 + TINT * 9) // 20
        picture[self._contour()] = CONTOUR
        return picture

    def _contour(self) -> NDArray[np.bool_]:
        width = 2 * max(1, round(max(self.mask.shape) / WORKING_SIDE)) + 1
        image = Image.fromarray(self.mask)
        grown = image.convert("L").filter(ImageFilter.MaxFilter(width))
        return np.asarray(grown).astype(bool) & ~self.mask

    def save(
        self,
        path: str | Path,
        what: Literal["mask", "probability", "overlay"] = "mask",
        *,
        overwrite: bool = False,
    ) -> Path:
        """Write one picture; returns its path.

        Parameters
        ----------
        path : str or Path
            File to write; its ending decides the format, PNG where it has none.
        what : {"mask", "probability", "overlay"}
            ``mask`` is grey with 255 = blurred, ``probability`` is grey from 0 to 255, ``overlay`` is RGB.
        overwrite : bool
            Replace a file that is there.

        Raises
        ------
        FileExistsError
            If the file is there and ``overwrite`` is false.
        ValueError
            If ``what`` is none of the three.
        """
        if what == "mask":
            picture = self.mask.astype(np.uint8) * np.uint8(255)
        elif what == "probability":
            picture = (self.probability * 255 + 0.5).astype(np.uint8)
        elif what == "overlay":
            picture = self.overlay()
        else:
            raise ValueError(f"what must be mask, probability or overlay, not {what!r}")
        return write_image(picture, path, overwrite=overwrite)
