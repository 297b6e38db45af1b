"""A photo to be looked at in many sizes, whole and in crops, without going through all of its pixels each time."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Box = tuple[float, float, float, float]  # left, top, right, bottom in pixels of the photo
# What is resized is at least this much larger than the result: box filters alone would alias. (From the 12 megapixels
# of a phone, 4000 x 3000, to 512 it is 1.95 times a power of two.)
GAP = 1.9


class Pyramid:
    """Copies of a photo, smaller by powers of two, each made when it is first needed.

    Parameters
    ----------
    photo : PIL image of mode RGB
        See ``blurmap.photos.photo.open_photo``.
    """

    def __init__(self, photo: Image.Image) -> None:
        self._levels = {0: photo}
        self.shape = (photo.height, photo.width)

    @property
    def image(self) -> Image.Image:
        """The photo itself."""
        return self._levels[0]

    def __getstate__(self) -> dict[str, object]:
        return {"_levels": {0: self.image}, "shape": self.shape}  # the copies are quickly made again

    def resized(self, shape: tuple[int, int], box: Box | None = None) -> NDArray[np.uint8]:
        """The photo, or what is in ``box`` of it, as ``shape`` = (height, width) x 3 RGB uint8."""
        return np.asarray(self.picture(shape, box))

    def picture(self, shape: tuple[int, int], box: Box | None = None) -> Image.Image:
        """What ``resized`` gives, as an image of mode RGB."""
        height, width = self.shape
        left, top, right, bottom = box or (0, 0, width, height)
        across, down = (right - left) / shape[1], (bottom - top) / shape[0]
        if abs(across - 1) + abs(down - 1) < 1e-6:  # the photo's own pixels
            return self.image.crop((round(left), round(top), round(left) + shape[1], round(top) + shape[0]))
        i = max(int(np.log2(max(min(across, down) / GAP, 1.0))), 0)
        if (left, top, right, bottom) == (0, 0, width, height):
            self.level(i)
        source = self._levels[max(j for j in self._levels if j <= i)]
        x, y = source.width / width, source.height / height
        within = (left * x, top * y, min(right * x, source.width), min(bottom * y, source.height))
        return source.resize((shape[1], shape[0]), Image.Resampling.BILINEAR, within, reducing_gap=GAP)

    def level(self, i: int) -> Image.Image:
        """The photo halved ``i`` times."""
        if i not in self._levels:
            larger = max(j for j in self._levels if j < i)
            self._levels[i] = self._levels[larger].reduce(2 ** (i - larger))
        return self._levels[i]
