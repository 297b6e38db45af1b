"""The masks that a scan keeps: PNG files that tell whether they still are what a scan wrote."""

import hashlib
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from blurmap.errors import in_words
from blurmap.files import write_file
from blurmap.photos.names import file_name
from blurmap.photos.sources import MASK_ENDING

SEAL = "blurmap"  # the text in the file that holds the sha256 of its pixels


def mask_path(masks: Path, path: str) -> Path:
    """Where a photo's mask is kept: its own path below the folder, so that no two photos share one."""
    inner = file_name(path).replace("://", "/").replace(":", "").lstrip("/\\")
    return masks / f"{inner}{MASK_ENDING}"


def write_mask(mask: NDArray[np.bool_], path: Path) -> None:
    """Write a mask (H x W bool) as PNG, 255 = blurred; one that a scan wrote before is replaced.

    Raises
    ------
    FileExistsError
        If a file is there that no scan wrote, or that was changed since.
    """
    if os.path.lexists(path) and not is_ours(path):
        raise FileExistsError(f"{path}: is there already, and not as a scan wrote it; it stays")
    image = Image.fromarray(mask * np.uint8(255))
    seal = PngImagePlugin.PngInfo()
    seal.add_text(SEAL, _sum(image))
    write_file(path, lambda file: image.save(file, "PNG", pnginfo=seal, compress_level=1), overwrite=True)


def keep_mask(mask: NDArray[np.bool_], path: Path) -> str | None:
    """Write a mask; what is wrong with that is said, and costs the photo no answer."""
    try:
        write_mask(mask, path)
    except OSError as error:
        return f"{path}: the mask is not written ({in_words(error).lower()})" if error.strerror else str(error)
    return None


def copy_mask(source: Path, target: Path) -> str | None:
    """Keep the mask of one file of a shot for another."""
    if not is_ours(source):
        return None  # the problem with it is told already
    with Image.open(source, formats=["PNG"]) as image:
        return keep_mask(np.asarray(image) > 127, target)


def is_ours(path: Path) -> bool:
    """Whether a file is a mask as a scan wrote it."""
    try:
        with Image.open(path, formats=["PNG"]) as image:
            image.load()  # texts may stand behind the pixels
            return image.mode == "L" and image.info.get(SEAL) == _sum(image)
    except Exception:  # whatever a decoder says of it
        return False


def _sum(image: Image.Image) -> str:
    return hashlib.sha256(repr(image.size).encode() + image.tobytes()).hexdigest()
