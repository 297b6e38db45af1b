"""The models ``default`` and ``default-int8``: one small network that says where, and which kind of blur.

photo -> working size -> network -> calibrated probability and type -> full size.
"""

from dataclasses import dataclass
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.special import expit

from blurmap.fusion import TINY, rescaled
from blurmap.photo import Photo, read_photo
from blurmap.pyramid import Pyramid
from blurmap.resizing import fit, fit_multiple, resize_map, upsample_along_edges
from blurmap.result import DEFOCUS, MOTION, SHARP, BlurMap
from blurmap.sharp_size import Sharpness, sharpness
from blurmap.verdict import BROAD, FEATURES, Judgement, judge
from blurmap.weights import Network, read_description

SMOOTHING_SIDE = 64  # pixels; enough for what is smooth


@dataclass(frozen=True)
class Settings:
    """What was chosen on the validation photos; kept beside the weights in ``default.json``.

    Attributes
    ----------
    sides : tuple of int
        Long sides in pixels that the network sees the photo at; the maps are averaged.
    scale, bias : float
        Of the logit of the probability, for calibration.
    reach : float
        Standard deviation, as a share of the long side, of the window over which the type is smoothed: blur of one kind
        comes in large regions.
    verdict, types : tuple
        Weights of the verdict's regressions, see :func:`blurmap.verdict.judge`.
    """

    sides: tuple[int, ...] = (384,)
    scale: float = 1.0
    bias: float = 0.0
    reach: float = 0.15
    verdict: tuple[tuple[float, ...], ...] = ((0.0,) * (FEATURES + 1),) * len(BROAD)
    types: tuple[float, ...] = (1.0, 0.0, 0.0)


class DefaultModel:
    """The network and its settings, loaded once; ``detect`` may be called from several threads.

    Parameters
    ----------
    name : {"default", "default-int8"}
        The second has 8-bit weights and activations: a third of the size, faster, slightly less accurate.
    folder : optional
        Where ``NAME.json`` and its ONNX file are; the installed weights if not given.
    threads : int, optional
        Cores that one call of the network uses; all of them if not given.

    Raises
    ------
    WeightsError
        If a weight file is missing or damaged.
    """

    def __init__(self, name: str = "default", folder: Traversable | None = None, threads: int = 0) -> None:
        self.name = name
        description = read_description(name, folder)
        file = description["files"]["network"]
        self.network = Network(file["file"], file["sha256"], folder, threads)
        settings: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value for key, value in description["settings"].items()
        }
        self.settings = Settings(**settings)

    def detect(self, photo: Photo) -> BlurMap:
        """Find the blur in a photo and its type; see :func:`blurmap.detect`."""
        pixels = read_photo(photo)
        blurred, motion = self.maps(Pyramid(Image.fromarray(pixels)))
        probability, mask, kind = self.full_size(blurred, motion, pixels)
        return BlurMap(
            probability=probability, mask=mask, photo=pixels, model=self.name, kind=kind,
            judge=lambda: self.judge(Pyramid(Image.fromarray(pixels)), blurred, motion),
        )  # fmt: skip

    def maps(self, photo: Pyramid) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Probability of blur, calibrated, and of motion where blurred, at half the (largest) working size.

        Both h x w float32 in [0, 1].
        """
        answers = [
            self.network(photo.resized(fit_multiple(photo.shape, side))[None])[0] for side in self.settings.sides
        ]
        shape = max(answer.shape[1:] for answer in answers)
        blurred, motion = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        for answer in answers:
            blurred += resize_map(answer[0], shape) / len(answers)
            motion += resize_map(answer[1], shape) / len(answers)
        blurred = self.calibrated(blurred)
        return blurred, smoothed_type(motion, blurred, self.settings.reach)

    def judge(self, photo: Pyramid, blurred: NDArray[np.float32], motion: NDArray[np.float32]) -> Judgement:
        """Verdict, reason and sharp size of a photo from its maps (:meth:`maps`)."""
        sharpness = self.sharpness(photo, blurred, motion)
        settings = self.settings
        return judge(blurred, motion, sharpness, photo.shape, np.array(settings.verdict), np.array(settings.types))

    def sharpness(self, photo: Pyramid, blurred: NDArray[np.float32], motion: NDArray[np.float32]) -> Sharpness:
        """See :func:`blurmap.sharp_size.sharpness`."""

        def network(crops: NDArray[np.uint8]) -> NDArray[np.float32]:
            answers = self.network(crops)
            return np.stack([self.calibrated(answers[:, 0]), answers[:, 1]], 1)

        return sharpness(network, photo, blurred, motion, max(self.settings.sides))

    def calibrated(self, blurred: NDArray[np.float32]) -> NDArray[np.float32]:
        return rescaled(blurred, self.settings.scale, self.settings.bias)

    def full_size(
        self, blurred: NDArray[np.float32], motion: NDArray[np.float32], photo: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.uint8]]:
        """Probability, mask and kind at the photo's size, their boundaries along the photo's edges."""
        probability = upsample_along_edges(blurred, photo)
        mask = probability > 0.5
        kind = np.where(resize_map(motion, mask.shape) > 0.5, MOTION, DEFOCUS)
        kind[~mask] = SHARP
        return probability, mask, kind


def smoothed_type(motion: NDArray[np.float32], blurred: NDArray[np.float32], reach: float) -> NDArray[np.float32]:
    """Probability of motion, its logit averaged over a Gaussian window where it is blurred (normalised convolution)."""
    if reach == 0:
        return motion
    shape = fit(motion.shape, SMOOTHING_SIDE)
    sure = np.clip(resize_map(motion, shape), TINY, 1 - TINY)
    weight = resize_map(blurred, shape) + TINY
    sigma = reach * max(shape)
    total = gaussian_filter(weight * (np.log(sure) - np.log1p(-sure)), sigma, mode="nearest")
    mean: NDArray[np.float32] = expit(total / gaussian_filter(weight, sigma, mode="nearest"))
    return resize_map(mean, (motion.shape[0], motion.shape[1]))
