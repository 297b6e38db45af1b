"""How large a photo may be: told by its header, before anything of it is decoded."""

from blurmap.errors import PhotoError, PhotoTooLarge

MAX_PIXELS = 150_000_000  # the largest cameras made have about as many; SECURITY.md says what memory they take
MOST_SCANS, MOST_SCANNED = 20, 3_000_000_000  # of a JPEG, and pixels in all of them


def check_size(width: int, height: int, name: str, largest: int) -> None:
    """Refuse a photo of more pixels than ``largest``, or of none."""
    if width * height > largest:
        raise PhotoTooLarge(too_large(name, width * height, largest))
    if width * height == 0:
        raise PhotoError(f"{name}: has no pixels")


def check_scans(content: bytes, width: int, height: int, name: str) -> None:
    """Refuse a progressive JPEG that goes over its pixels thousands of times: cameras do ten times."""
    scans = content.count(b"\xff\xda")  # within the data of a scan these bytes do not follow each other
    if scans > MOST_SCANS and scans * width * height > MOST_SCANNED:
        raise PhotoTooLarge(f"{name}: goes over its {width * height / 1e6:.0f} megapixels {scans} times")


def too_large(name: str, pixels: int | None = None, largest: int = MAX_PIXELS) -> str:
    size = f"{pixels / 1e6:.0f} megapixels, " if pixels else ""
    return f"{name}: {size}more than the {largest / 1e6:g} megapixels that are allowed; make it smaller first"
