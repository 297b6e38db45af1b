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
from blurmap.models.paper import mrf
from blurmap.models.paper.fusion import Calibration, calibrated
from blurmap.models.paper.image_map import image_map
from blurmap.models.paper.patch_map import patch_map
from blurmap.models.runtime import AUTO, Runtime
from blurmap.models.weights import Network, fingerprint, read_description
from blurmap.photo import Photo, open_photo
from blurmap.result import BlurMap

PATCH_SIDE = 640  # long side in pixels that photos are brought down to for the networks


@dataclass(frozen=True)
class Settings:
    """What was chosen on the validation photos; kept beside the weights in ``paper.json``.

    Attributes
    ----------
    working_side : int
        Long side in pixels of the maps that are fused and cut.
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

    def __init__(self, folder: Traversable | None = None, runtime: Runtime = AUTO) -> None:
        description = read_description(self.name, folder)
        self.weights = fingerprint(description)
        files = description["files"]
        self.patch_network = Network(files["patch"], folder, runtime)
        self.image_network = Network(files["image"], folder, runtime)
        settings = dict(description["settings"])
        settings["image_sizes"] = tuple(settings["image_sizes"])
        settings["calibration"] = Calibration(**settings["calibration"])
        self.settings = Settings(**settings)

    def detect(self, photo: Photo) -> BlurMap:
        """Find the blur in a photo; see :func:`blurmap.detect`."""
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
        middle = resize_photo(photo, fit(photo.shape, PATCH_SIDE))
        shape = fit(photo.shape, self.settings.working_side)
        small = resize_photo(middle, shape)
        patch = patch_map(self.patch_network, middle, self.settings.patch_stride)
        image = image_map(self.image_network, middle, self.settings.image_sizes, self.settings.image_flip)
        return resize_map(patch, shape), resize_map(image, shape), small
