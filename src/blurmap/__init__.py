"""blurmap: where is a photograph blurred?

>>> import blurmap
>>> result = blurmap.detect("photo.jpg")
>>> result.fraction  # share of blurred pixels
>>> result.save("mask.png")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from blurmap.effects.cutout import cutout
    from blurmap.effects.magnification import magnify
    from blurmap.errors import BlurmapError, PhotoError, PhotoTooLarge, TableError, VideoError, WeightsError
    from blurmap.models import load
    from blurmap.models.detection import detect, detect_many
    from blurmap.result import BlurMap
    from blurmap.scanning.ray import BlurStage
    from blurmap.scanning.results import scan
    from blurmap.side_by_side import gallery
    from blurmap.video.run import frames

__version__ = "0.6.0"

_HOMES = {
    "BlurMap": "result", "BlurStage": "scanning.ray", "BlurmapError": "errors", "PhotoError": "errors",
    "PhotoTooLarge": "errors", "TableError": "errors", "VideoError": "errors", "WeightsError": "errors",
    "cutout": "effects.cutout", "detect": "models.detection", "detect_many": "models.detection",
    "frames": "video.run", "gallery": "side_by_side", "load": "models",
    "magnify": "effects.magnification", "scan": "scanning.results",
}  # fmt: skip
__all__ = [
    "BlurMap", "BlurStage", "BlurmapError", "PhotoError", "PhotoTooLarge", "TableError", "VideoError", "WeightsError",
    "cutout", "detect", "detect_many", "frames", "gallery", "load", "magnify", "scan",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    # Imported on first use: `import blurmap` stays quick for programs that may never need a network.
    from importlib import import_module

    if name not in _HOMES:
        raise AttributeError(f"module 'blurmap' has no attribute {name!r}")
    value = getattr(import_module(f"blurmap.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
