"""blurmap: where is a photograph blurred?

>>> import blurmap
>>> result = blurmap.detect("photo.jpg")
>>> result.fraction  # share of blurred pixels
>>> result.save("mask.png")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from blurmap.magnification import magnify
    from blurmap.matting import cutout
    from blurmap.models import detect, load
    from blurmap.photo import PhotoError
    from blurmap.result import BlurMap
    from blurmap.weights import WeightsError

__version__ = "0.1.0"
__all__ = ["BlurMap", "PhotoError", "WeightsError", "cutout", "detect", "load", "magnify"]

_HOMES = {
    "BlurMap": "result",
    "PhotoError": "photo",
    "WeightsError": "weights",
    "cutout": "matting",
    "detect": "models",
    "load": "models",
    "magnify": "magnification",
}


def __getattr__(name: str) -> Any:
    # Imported on first use: `import blurmap` stays quick for programs that may never need a network.
    if name not in _HOMES:
        raise AttributeError(f"module 'blurmap' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"blurmap.{_HOMES[name]}"), name)
