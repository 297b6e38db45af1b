"""The models ``default`` and ``default-int8``: one small network that says where, and which kind of blur.

photo -> working size -> network -> calibrated probability and type -> verdict.
"""

from dataclasses import dataclass, fields
from importlib.resources.abc import Traversable
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.special import expit

from blurmap.imaging.logits import EPSILON, logit, rescaled
from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import fit, fit_multiple, resize_map
from blurmap.maps import Maps
from blurmap.models.capabilities import Capabilities
from blurmap.models.judging import Judge, verdict_description
from blurmap.models.runtime import AUTO, Runtime
from blurmap.models.weights import Network, fingerprint, read_description
from blurmap.photos.photo import Photo, open_photo
from blurmap.result import BlurMap

SHORT_SIDE, LONGEST = 64, 8  # pixels of a strip's short side, for which its long side may be so many times as long
SMOOTHING_SIDE = 64  # pixels; enough for what is smooth


@dataclass(frozen=True)
class Settings:
    """What was chosen on the validation photos; kept beside the weights in ``default.json``.

    Attributes
    ----------
    sides : tuple of int
        Long sides in pixels that the network sees the photo at; the maps are averaged.
    scale, bias : float
        What the logit of the probability is multiplied with, and what is added to it, for calibration.
    type_smoothing : float
        Standard deviation, as a share of the long side, of the window over which the type is smoothed: blur of one kind
        comes in large regions.
    """

    sides: tuple[int, ...] = (384,)
    scale: float = 1.0
    bias: float = 0.0
    type_smoothing: float = 0.15

    @classmethod
    def of(cls, description: dict[str, Any]) -> Self:
        """Those of ``NAME.json``."""
        known = {field.name for field in fields(cls)}  # files of before 0.6 hold their verdict too
        settings: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in description["settings"].items()
            if key in known
        }
        return cls(**settings)


class DefaultModel:
    """The network and its settings, loaded once; ``detect`` may be called from several threads.

    Parameters
    ----------
    name : {"default", "default-int8"}
        The second has 8-bit weights and activations: a third of the size, faster, slightly less accurate.
    folder : optional
        Where ``NAME.json`` and its ONNX file are; the installed weights if not given.
    runtime : Runtime
        Provider and cores.
    judge : Judge, optional
        The one of the folder, or the installed one, if not given.

    Raises
    ------
    WeightsError
        If a weight file is missing or damaged.
    """

    capabilities = Capabilities(types=True, verdicts=True, close_ups=True)

    def __init__(
        self,
        name: str = "default",
        folder: Traversable | None = None,
        runtime: Runtime = AUTO,
        judge: Judge | None = None,
    ) -> None:
        self.name = name
        description = read_description(name, folder)
        self.weights = fingerprint(description, verdict_description(folder))
        self.network = Network(description["files"]["network"], folder, runtime)
        self.judge = judge or Judge(folder, runtime)
        self.settings = Settings.of(description)

    def detect(self, photo: Photo) -> BlurMap:
        """Find the blur in a photo and its type; see [`blurmap.detect`][]."""
        seen = Pyramid(open_photo(photo))
        return BlurMap(seen, self.maps(seen), self.name, self.weights, self.judge, self.judge.look)

    def maps(self, photo: Pyramid) -> Maps:
        """Probability of blur, calibrated, and of motion where blurred, at a fraction of the (largest) working size."""
        answers = [
            self.network(photo.resized(fit_multiple(photo.shape, working_side(photo.shape, side)))[None])[0]
            for side in self.settings.sides
        ]
        shape = max(answer.shape[1:] for answer in answers)
        blurred, motion = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        for answer in answers:
            blurred += resize_map(answer[0], shape) / len(answers)
            motion += resize_map(answer[1], shape) / len(answers)
        blurred = self.calibrated(blurred)
        return Maps(blurred, smoothed_type(motion, blurred, self.settings.type_smoothing))

    def blurred(self, photos: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Probability of blur, calibrated, N x h x w, of N x H x W x 3 uint8 as they are, H and W multiples of 32."""
        return self.calibrated(self.network(photos)[:, 0])

    def calibrated(self, blurred: NDArray[np.float32]) -> NDArray[np.float32]:
        return rescaled(blurred, self.settings.scale, self.settings.bias)


def working_side(shape: tuple[int, int], side: int) -> int:
    """The long side that a photo of that shape is seen at: ``side``; more of a strip, so that its height is seen."""
    return max(side, min(round(SHORT_SIDE * max(shape) / min(shape)), LONGEST * side))


def smoothed_type(motion: NDArray[np.float32], blurred: NDArray[np.float32], width: float) -> NDArray[np.float32]:
    """Probability of motion, its logit averaged over a Gaussian window where it is blurred (normalised convolution).

    ``width`` is the window's standard deviation as a share of the long side; 0 leaves the h x w map as it is.
    """
    if width == 0:
        return motion
    shape = fit(motion.shape, SMOOTHING_SIDE)
    weight = resize_map(blurred, shape) + EPSILON
    sigma = width * max(shape)
    total = gaussian_filter(weight * logit(resize_map(motion, shape)), sigma, mode="nearest")
    mean: NDArray[np.float32] = expit(total / gaussian_filter(weight, sigma, mode="nearest"))
    return resize_map(mean, (motion.shape[0], motion.shape[1]))
