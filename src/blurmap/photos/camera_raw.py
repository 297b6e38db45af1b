"""Camera RAW photos: told from other files by their content, and developed."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import IO

from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from blurmap.errors import PhotoError

RAW_ENDINGS = frozenset({
    ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".dng", ".erf", ".fff", ".gpr", ".iiq", ".k25", ".kdc", ".mef",
    ".mos", ".mrw", ".nef", ".nrw", ".orf", ".ori", ".pef", ".raf", ".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f",
})  # fmt: skip
STARTS = (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\0")  # Fujifilm, Olympus (three), Panasonic
TIFF_STARTS = (b"II*\0", b"MM\0*")
DNG_VERSION, SUB_DIRECTORIES, PHOTOMETRIC = 50706, 330, 262  # tags
SENSOR = (32803, 34892)  # photometric: a colour filter array, linear raw
WHOLE = 0.9  # of the sensor's long side: cameras leave out some rim, and not half of the pixels


def is_raw(file: IO[bytes], name: str) -> bool:
    """Whether a file is a camera RAW photo, by its content; its name settles what is of unknown or of TIFF content."""
    file.seek(0)
    head = file.read(16)
    if head.startswith(STARTS) or head[8:10] == b"CR" or head[4:12] == b"ftypcrx ":
        return True
    if Path(name).suffix.lower() in RAW_ENDINGS:
        return not head.startswith((b"\xff\xd8\xff", b"\x89PNG"))  # a picture of another kind under a RAW name
    return head.startswith(TIFF_STARTS) and _has_sensor_data(file, head[:8])


def _has_sensor_data(file: IO[bytes], head: bytes) -> bool:
    try:
        first = ImageFileDirectory_v2(head)
        file.seek(first.next)
        first.load(file)
        directories, offsets = [first], first.get(SUB_DIRECTORIES, ())
        for offset in (offsets if isinstance(offsets, tuple) else (offsets,))[:16]:
            inner = ImageFileDirectory_v2(head)
            file.seek(offset)
            inner.load(file)
            directories.append(inner)
        return DNG_VERSION in first or any(inner.get(PHOTOMETRIC) in SENSOR for inner in directories)
    except Exception:  # the parser raises many things on damaged directories; reading the file says what is wrong
        return False


def develop(file: IO[bytes], name: str, check: Callable[[int, int], None]) -> Image.Image:
    """A camera RAW photo: its embedded preview if that has about the sensor's pixels, else developed at full size.

    So what is said of it at 100 % is of the photo's own pixels, not of those of a smaller preview.

    ``check`` is called with the sensor's width and height before anything is decoded, and may raise.

    Raises
    ------
    PhotoError
        If the extra ``raw`` is not installed.
    Exception
        Whatever LibRaw and its binding raise on damaged photos.
    """
    try:
        import rawpy
    except ImportError:
        raise PhotoError(f"{name}: is a camera RAW photo: install blurmap with its extra 'raw' to read it") from None
    file.seek(0)
    with rawpy.imread(io.BytesIO(file.read())) as raw:
        width, height = raw.sizes.width, raw.sizes.height
        check(width, height)
        try:
            preview = raw.extract_thumb()
        except rawpy.LibRawError:
            preview = None
        if preview is not None and preview.format == rawpy.ThumbFormat.JPEG:
            image = Image.open(io.BytesIO(bytes(preview.data)))
            if max(image.size) >= WHOLE * max(width, height):
                return image
        # PPG takes a third less time than LibRaw's own choice, and goes over the mosaic of Fujifilm once, not thrice
        return Image.fromarray(raw.postprocess(demosaic_algorithm=rawpy.DemosaicAlgorithm.PPG, use_camera_wb=True))
