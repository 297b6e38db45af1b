"""Small photos of every format that can be written, and ways to damage them; a damaged file follows from a number."""

import io
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

DATA = Path(__file__).parent / "data"


@cache
def samples() -> dict[str, bytes]:
    """A small whole file of each format, by its name: what Pillow can write and what lies in tests/data."""
    random = np.random.default_rng(0)
    noise = np.repeat(np.repeat(random.integers(0, 256, (8, 12, 3), np.uint8), 4, axis=0), 4, axis=1)
    rgb = Image.fromarray(noise ^ random.integers(0, 8, noise.shape, np.uint8))
    grey = rgb.convert("L")
    sixteen = Image.fromarray(np.asarray(grey, np.uint16) * 257)
    real = Image.fromarray(np.asarray(grey, np.float32) / 255)
    clear = rgb.copy()
    clear.putalpha(grey)
    turned = Image.Exif()
    turned[0x0112], turned[0x010F] = 6, "a camera"

    def more() -> dict[str, object]:  # anew each time: saving leaves the settings of a format in an image
        return {"save_all": True, "append_images": [rgb.rotate(180), rgb.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]}

    made = {
        "JPEG": _encoded(rgb, "JPEG", exif=turned),
        "JPEG progressive": _encoded(rgb, "JPEG", progressive=True),
        "JPEG CMYK": _encoded(rgb.convert("CMYK"), "JPEG"),
        "JPEG grey": _encoded(grey, "JPEG"),
        "MPO": _encoded(rgb, "MPO", **more()),
        "PNG": _encoded(rgb, "PNG", exif=turned),
        "PNG 16 bit": _encoded(sixteen, "PNG"),
        "PNG transparent": _encoded(clear, "PNG"),
        "PNG palette": _encoded(rgb.quantize(32), "PNG"),
        "PNG animated": _encoded(rgb, "PNG", **more()),
        "WebP": _encoded(rgb, "WEBP", exif=turned),
        "WebP lossless": _encoded(clear, "WEBP", lossless=True),
        "WebP animated": _encoded(rgb, "WEBP", **more()),
        "TIFF": _encoded(rgb, "TIFF"),
        "TIFF LZW": _encoded(rgb, "TIFF", compression="tiff_lzw"),
        "TIFF JPEG": _encoded(rgb, "TIFF", compression="jpeg"),
        "TIFF 16 bit": _encoded(sixteen, "TIFF"),
        "TIFF float": _encoded(real, "TIFF"),
        "TIFF CMYK deflate": _encoded(rgb.convert("CMYK"), "TIFF", compression="tiff_adobe_deflate"),
        "TIFF fax": _encoded(grey.convert("1"), "TIFF", compression="group4"),
        "TIFF pages": _encoded(rgb, "TIFF", **more()),
        "BMP": _encoded(rgb, "BMP"),
        "BMP palette": _encoded(rgb.quantize(16), "BMP"),
        "GIF": _encoded(rgb.quantize(64), "GIF"),
        "GIF animated": _encoded(rgb.quantize(64), "GIF", **more()),
        "AVIF": _encoded(rgb, "AVIF", exif=turned),
        "AVIF animated": _encoded(rgb, "AVIF", **more()),
        "HEIC": (DATA / "photo.heic").read_bytes(),
        "DNG": (DATA / "photo.dng").read_bytes(),
        "JPEG 2000": _encoded(rgb, "JPEG2000"),
        "PPM": _encoded(rgb, "PPM"),
        "TIFF CIELAB": _encoded(Image.merge("LAB", rgb.split()), "TIFF"),
    }
    return made | _deep(np.asarray(rgb))


def _deep(rgb: NDArray[np.uint8]) -> dict[str, bytes]:
    """Those of the libraries of the extra ``tiff``, where it is installed."""
    try:
        import imagecodecs
        import tifffile
    except ImportError:
        return {}
    sixteen = rgb.astype(np.uint16) * 257

    def tiff(pixels: NDArray[Any], **options: Any) -> bytes:
        buffer = io.BytesIO()
        tifffile.imwrite(buffer, pixels, photometric="rgb", **options)
        return buffer.getvalue()

    return {
        "TIFF 16 bit RGB": tiff(sixteen),
        "TIFF planes": tiff(np.moveaxis(sixteen, -1, 0), planarconfig="separate"),
        "TIFF big, big-endian": tiff(sixteen, bigtiff=True, byteorder=">"),
        "TIFF float RGB deflate": tiff(rgb.astype(np.float32) / 255, compression="zlib", predictor=True),
        "PNG 16 bit RGB": bytes(imagecodecs.png_encode(sixteen)),
        "JPEG XL": bytes(imagecodecs.jpegxl_encode(rgb, lossless=True)),
    }


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.copy().save(buffer, kind, **options)
    return buffer.getvalue()


def mutated(content: bytes, seed: int) -> bytes:
    """The content, damaged in one to four ways: bytes set, bits flipped, cut off, put in, taken out, moved, doubled."""
    random = np.random.default_rng(seed)
    data = np.frombuffer(content, np.uint8).copy()
    for _ in range(random.integers(1, 5)):
        data = WAYS[random.integers(len(WAYS))](data, random)
    return data.tobytes()


Way = Callable[[NDArray[np.uint8], np.random.Generator], NDArray[np.uint8]]


def _set_bytes(data: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    at = random.integers(0, max(len(data), 1), random.integers(1, 9))
    extremes = np.array([0, 1, 0x7F, 0x80, 0xFF], np.uint8)
    data[at[at < len(data)]] = random.choice(extremes) if random.random() < 0.5 else random.integers(0, 256)
    return data


def _flip_bits_of_head(data: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    at = random.integers(0, max(min(len(data), 256), 1), random.integers(1, 4))  # where sizes and offsets are
    data[at[at < len(data)]] ^= np.uint8(1 << random.integers(8))
    return data


def _cut_off(data: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    return data[: random.integers(0, len(data) + 1)]


def _put_in(data: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    new = random.integers(0, 256, random.integers(1, 33), np.uint8)
    return np.insert(data, random.integers(0, len(data) + 1), new)


def _piece(data: NDArray[np.uint8], random: np.random.Generator) -> tuple[int, int]:
    start = int(random.integers(0, len(data) + 1))
    return start, min(len(data), start + int(random.integers(1, 129)))


def _take_out(data: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    start, stop = _piece(data, random)
    return np.delete(data, slice(start, stop))


def _double(data: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    start, stop = _piece(data, random)
    return np.insert(data, random.integers(0, len(data) + 1), data[start:stop])


def _overwrite(data: NDArray[np.uint8], random: np.random.Generator) -> NDArray[np.uint8]:
    start, stop = _piece(data, random)
    at = int(random.integers(0, len(data) - (stop - start) + 1))
    data[at : at + stop - start] = data[start:stop].copy()
    return data


WAYS: tuple[Way, ...] = (_set_bytes, _flip_bits_of_head, _cut_off, _put_in, _take_out, _double, _overwrite)


def damaged(number: int) -> tuple[str, bytes]:
    """Format and content of the ``number``-th damaged file."""
    made = samples()
    kind = list(made)[number % len(made)]
    return kind, mutated(made[kind], number)
