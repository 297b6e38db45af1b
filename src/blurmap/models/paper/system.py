"""The model ``paper``: the system of Purohit, Shah and Rajagopalan (ICIP 2018), its parts in the order of the data.

photo -> patch map and image map -> calibrated product -> graph cut -> full size.
"""

from dataclasses import dataclass, field
from importlib.resources.abc import Traversable

import numpy as np
from numpy.typing import NDArray

from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import fit, resize_map, resize_photo
from blurmap.maps import Maps
from blurmap.models.capabilities import Capabilities
from blurmap.models.paper import mrf
from blurmap.models.paper.fusion import Calibration, calibrated, over_sizes
from blurmap.models.paper.image_map import image_map
from blurmap.models.paper.patch_map import patch_map
from blurmap.models.runtime import AUTO, Runtime
from blurmap.models.weights import Network, fingerprint, read_description
from blurmap.photos.photo import Photo, open_photo
from blurmap.result import BlurMap

LARGEST = 640  # long side in pixels that photos are brought down to for the networks


@dataclass(frozen=True)
class Settings:
    """What was chosen on the validation photos; kept beside the weights in ``paper.json``.

    Attributes
    ----------
    working_side : int
        Long side in pixels of the maps that are fused and cut.
    patch_sides : tuple of int
        Long sides in pixels at which the patch network sees the photo: what is grain at one is gone at a smaller one,
        and blur wider than a patch is blur there.
    patch_weights, patch_bias : tuple of float, float
        Temperature of the patch map at each side, and its threshold; see ``over_sizes`` in ``fusion.py``.
    patch_stride : int
        Distance of neighbouring patches, 8 or 4 pixels.
    image_sizes : tuple of int
        Squares that the image network sees the photo in.
    image_flip : bool
        Whether it sees the mirrored photo too.
    calibration : Calibration
    strength : float
        The pairwise weight lambda of the graph cut.
    """

    working_side: int = 320
    patch_sides: tuple[int, ...] = (LARGEST,)
    patch_weights: tuple[float, ...] = (1.0,)
    patch_bias: float = 0.0
    patch_stride: int = 8
    image_sizes: tuple[int, ...] = (256,)
    image_flip: bool = False
    calibration: Calibration = field(default_factory=Calibration)
    strength: float = 1.0


class PaperModel:
    """The paper's two networks, loaded once; ``detect`` may be called from several threads.

    Parameters
    ----------
    folder : optional
        Where ``paper.json`` and its ONNX files are; the installed weights if not given.
    runtime : Runtime
        Provider and cores.

    Raises
    ------
    WeightsError
        If a weight file is missing or damaged.
    """

    name = "paper"
    capabilities = Capabilities(steps=True)

    def __init__(self, folder: Traversable | None = None, runtime: Runtime = AUTO) -> None:
        description = read_description(self.name, folder)
        self.weights = fingerprint(description)
        files = description["files"]
        self.patch_network = Network(files["patch"], folder, runtime)
        self.image_network = Network(files["image"], folder, runtime)
        settings = dict(description["settings"])
        for name in ("patch_sides", "patch_weights", "image_sizes"):
            if name in settings:
                settings[name] = tuple(settings[name])
        settings["calibration"] = Calibration(**settings["calibration"])
        self.settings = Settings(**settings)

    def detect(self, photo: Photo) -> BlurMap:
        """Find the blur in a photo; see [`blurmap.detect`][]."""
        seen = Pyramid(open_photo(photo))
        stages = self.stages(np.asarray(seen.image))
        return BlurMap(seen, Maps(stages["calibrated"], cut=stages["cut"] > 0.5), self.name, self.weights)

    def stages(self, photo: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        """Every step's map at the working size, float32 in [0, 1], 1 = blurred, in the order they are made.

        ``patch``, ``image``, ``product``, ``calibrated``, ``cut`` (0 or 1).
        """
        patch, image, small = self.network_maps(photo)
        probability = calibrated(patch, image, self.settings.calibration)
        cut = mrf.segment(probability, small, self.settings.strength)
        return {
            "patch": patch,
            "image": image,
            "product": patch * image,
            "calibrated": probability,
            "cut": cut.astype(np.float32),
        }

    def network_maps(
        self, photo: NDArray[np.uint8]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.uint8]]:
        """Patch map, image map and photo at the working size."""
        settings = self.settings
        middle = resize_photo(photo, fit(photo.shape, LARGEST))
        shape = fit(photo.shape, settings.working_side)
        small = resize_photo(middle, shape)
        patches = [resize_map(self.patch_map(middle, side), shape) for side in settings.patch_sides]
        image = image_map(self.image_network, middle, settings.image_sizes, settings.image_flip)
        patch = over_sizes(patches, settings.patch_weights, settings.patch_bias)
        return patch, resize_map(image, shape), small

    def patch_map(self, photo: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
        """What the patch network says of a photo brought down to a long side, float32 in [0, 1], at that size."""
        return patch_map(self.patch_network, resize_photo(photo, fit(photo.shape, side)), self.settings.patch_stride)
