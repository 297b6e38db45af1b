"""A photo to be looked at in many sizes, whole and in crops, without going through all of its pixels each time."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels of the photo
GAP = 2.0  # what is resized is at least this much larger than the result: box filters alone would alias


class Pyramid:
    """Halved copies of a photo, each made when it is first needed.

    Parameters
    ----------
    photo : PIL image of mode RGB
        See :func:`blurmap.photo.open_photo`.
    """

    def __init__(self, photo: Image.Image) -> None:
        self._levels = [photo]
        self.shape = (photo.height, photo.width)

    @property
    def image(self) -> Image.Image:
        """The photo itself."""
        return self._levels[0]

    def __getstate__(self) -> dict[str, object]:
        return {"_levels": self._levels[:1], "shape": self.shape}  # the copies are quickly made again

    def resized(self, shape: tuple[int, int], box: Box | None = None) -> NDArray[np.uint8]:
        """The photo, or what is in ``box`` of it, as ``shape`` = (height, width) x 3 RGB uint8."""
        height, width = self.shape
        left, top, right, bottom = box or (0, 0, width, height)
        smaller = min((bottom - top) / shape[0], (right - left) / shape[1])
        level = self.level(max(int(np.log2(max(smaller / GAP, 1.0))), 0))
        across, down = level.width / width, level.height / height
        within = (left * across, top * down, min(right * across, level.width), min(bottom * down, level.height))
        return np.asarray(level.resize((shape[1], shape[0]), Image.Resampling.BILINEAR, within))

    def level(self, i: int) -> Image.Image:
        """The photo halved ``i`` times."""
        while len(self._levels) <= i:
            self._levels.append(self._levels[-1].reduce(2))
        return self._levels[i]
