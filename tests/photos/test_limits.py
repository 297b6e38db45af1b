"""Photos whose files are small and whose pixels are not: refused by their headers, or read within a bound of memory."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from blurmap.errors import PhotoError, PhotoTooLarge
from blurmap.photos.jxl_header import RATIOS, SIZES, check_jxl
from blurmap.photos.photo import open_described, open_photo
from tests.photos.tiffs import tags as told
from tests.photos.tiffs import tiff
from tests.support import textured

tifffile = pytest.importorskip("tifffile")
imagecodecs = pytest.importorskip("imagecodecs")
PEAK = """
import sys
from blurmap.photos.photo import open_photo
import imagecodecs, tifffile

def told(field):
    return next(int(line.split()[1]) * 1024 for line in open("/proc/self/status") if line.startswith(field))

before = told("VmRSS")
try:
    open_photo(sys.argv[1])
except Exception as error:
    print(type(error).__name__, file=sys.stderr)
print(told("VmHWM") - before)
"""


def peak(photo: Path) -> int:
    """Bytes that a process takes at most to open a photo, above what it takes before."""
    answer = subprocess.run([sys.executable, "-c", PEAK, str(photo)], capture_output=True, text=True, check=True)
    return int(answer.stdout)


PACKED = zlib.compress(bytes(1000))[:40]
TINY = {
    "floats of 64 bits": (tiff(told(12000, 12000, bits=64, _339=3), PACKED), "MB when it is decoded"),
    "20 samples": (tiff(told(12000, 12000, 20), PACKED), "MB when it is decoded"),
    "20 samples of 16 bits": (tiff(told(9000, 9000, 20, 16), PACKED), "MB when it is decoded"),
    "300 layers": (tiff(told(3000, 3000, bits=16, _32997=300), PACKED), "300 layers of a volume"),
    "300 layers of 8 bits": (tiff(told(3000, 3000, _32997=300), PACKED), "300 layers of a volume"),
    "deep tiles": (
        tiff(told(4096, 4096, _322=4096, _323=4096, _324=8, _325=40, _32998=300) , PACKED), "packed in pieces of"
    ),
    "one strip of 900 MB": (tiff(told(15000, 10000, bits=16), PACKED), "packed in pieces of 900 MB"),
    "strips that overlap": (
        tiff(told(100, 100, bits=16) | {278: 1, 273: (8,) * 100, 279: (2_000_000_000,) * 100}, PACKED), "MB when it is"
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", TINY)
def test_what_a_tiny_tiff_says_is_bounded(kind: str, tmp_path: Path) -> None:
    content, message = TINY[kind]
    assert len(content) < 2000
    with pytest.raises(PhotoError, match=f"a.tif: .*{message}"):
        open_described(content, "a.tif")


def test_the_bound_goes_with_that_of_pixels() -> None:
    content = tiff(told(1000, 1000, 20, 32), PACKED)
    with pytest.raises(PhotoTooLarge, match="80 MB when it is decoded, more than the 32 MB"):
        open_described(content, "a.tif", 2_000_000)


def bits_of(*numbers: tuple[int, int]) -> bytes:
    """Numbers of so many bits each, the lowest first, as a JPEG XL codestream holds them."""
    value, place = 0, 0
    for number, bits in numbers:
        value |= number << place
        place += bits
    return b"\xff\x0a" + value.to_bytes((place + 7) // 8 + 20, "little")


def side(pixels: int) -> tuple[tuple[int, int], tuple[int, int]]:
    kind = next(i for i, (bits, more) in enumerate(SIZES) if pixels - more < 1 << bits)
    return (kind, 2), (pixels - SIZES[kind][1], SIZES[kind][0])


def boxed(*boxes: tuple[bytes, bytes]) -> bytes:
    head = b"\0\0\0\x0cJXL \r\n\x87\n" + struct.pack(">I4s", 20, b"ftyp") + b"jxl \0\0\0\0jxl "
    return head + b"".join(struct.pack(">I4s", 8 + len(content), kind) + content for kind, content in boxes)


HUGE = bits_of((0, 1), *side(20_000), (0, 3), *side(20_000), (1, 1))
CHANNELS = bits_of(
    (0, 1), *side(8_000), (1, 3), (0, 1), (1, 1), (5, 3), (1, 1), (1, 1), (3, 5), (1, 3), (1, 1), (1, 1), (0, 2),
    (1, 3), (1, 1), (0, 2), (0, 2), (1, 2), (0, 3), (0, 1), (1, 1), (1, 2), (7, 4), (1, 1), (3, 2), (999, 12),
)  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HUGE, "400 megapixels"),
        (boxed((b"jxlc", HUGE)), "400 megapixels"),
        (boxed((b"jxlp", b"\0\0\0\0" + HUGE[:3]), (b"jxlp", b"\x80\0\0\1" + HUGE[3:])), "400 megapixels"),
        (bits_of((0, 1), *side(10_000), (7, 3)), "200 megapixels"),
        (CHANNELS, "takes 256768 MB"),
        (boxed((b"brob", b"")), "no codestream"),
        (HUGE[:4], "damaged or cut off"),
    ],
    ids=["bare", "boxed", "in parts", "by its ratio", "1000 more channels", "nothing", "cut"],
)
def test_a_jpeg_xl_is_measured_by_its_header(content: bytes, message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imagecodecs, "jpegxl_decode", lambda *given, **options: pytest.fail("it is decoded"))
    with pytest.raises(PhotoError, match=f"a.jxl: .*{message}"):
        open_described(content, "a.jxl")


@pytest.mark.parametrize(
    ("height", "width"),
    [(8, 8), (48, 64), (256, 256), (300, 400), (257, 33), (600, 513), (90, 160), (100, 120), (20, 9000)]
    + [(240, 240 * a // b) for a, b in RATIOS.values()],
)  # fmt: skip
@pytest.mark.parametrize("alpha", [False, True])
def test_the_header_tells_what_is_decoded(height: int, width: int, alpha: bool) -> None:
    content = bytes(imagecodecs.jpegxl_encode(np.zeros((height, width, 3 + alpha), np.uint8), lossless=True))
    check_jxl(content, "a", height * width)
    with pytest.raises(PhotoTooLarge, match=r"more than"):
        check_jxl(content, "a", height * width - 1)
    assert open_described(content, "a")[0].size == (width, height)


def save_deep(path: Path, **options: Any) -> int:
    """A TIFF of 16-bit RGB in a file; returns its pixels."""
    pixels = np.zeros((4000, 6000, 3), np.uint16)
    pixels[:100] = textured(100, 6000).astype(np.uint16) * 257
    tifffile.imwrite(path, np.moveaxis(pixels, -1, 0) if "planarconfig" in options else pixels, **options)
    return pixels.shape[0] * pixels.shape[1]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="tells the memory of a process by /proc")
@pytest.mark.parametrize(
    "options",
    [{}, {"compression": "zlib", "predictor": True, "rowsperstrip": 64}, {"tile": (256, 256)},
     {"planarconfig": "separate"}],
    ids=["plain", "strips", "tiles", "planes"],
)  # fmt: skip
def test_a_deep_tiff_takes_little_more_than_its_photo(options: dict[str, Any], tmp_path: Path) -> None:
    """Of four bytes a pixel; it took 50."""
    pixels = save_deep(tmp_path / "a.tif", photometric="rgb", **options)
    assert peak(tmp_path / "a.tif") < 8 * pixels + 150e6


def test_a_deep_png_gives_back_its_memory_while_it_is_converted(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[NDArray[Any]] = []
    decode = imagecodecs.png_decode

    def kept(content: bytes) -> NDArray[Any]:
        made.append(decode(content))
        return made[-1]

    monkeypatch.setattr("blurmap.photos.deep.STRIP", 1000)
    monkeypatch.setattr(imagecodecs, "png_decode", kept)
    for picture in (textured(150, 211), textured(150, 211)[..., 0]):
        content = bytes(imagecodecs.png_encode(picture.astype(np.uint16) * 257))
        found = np.asarray(open_photo(content))
        assert np.array_equal(found[..., 0], picture if picture.ndim == 2 else picture[..., 0])
        assert made[-1].size == 0


def in_strips(pixels: NDArray[Any], **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", [np.uint16, np.float32])
@pytest.mark.parametrize("compression", [None, "zlib"])
@pytest.mark.parametrize("planes", [False, True])
@pytest.mark.parametrize("tile", [None, (64, 48)])
def test_pieces_come_to_their_places(
    kind: type[Any],
    compression: str | None,
    planes: bool,
    tile: tuple[int, int] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("blurmap.photos.tiff_page.STRIP", 1000)  # several pieces of each strip and tile
    picture = textured(150, 211)
    pixels = (picture / 255).astype(kind) if kind is np.float32 else picture.astype(kind) * 257
    options: dict[str, Any] = {"photometric": "rgb", "compression": compression, "tile": tile}
    options |= {"planarconfig": "separate"} if planes else {}
    options |= {"rowsperstrip": 40} if not tile else {}
    content = in_strips(np.moveaxis(pixels, -1, 0) if planes else pixels, **options)
    assert np.array_equal(np.asarray(open_photo(content)), picture)


def test_a_deep_tiff_that_is_cut_off_says_so() -> None:
    whole = in_strips(textured(100, 100).astype(np.uint16) * 257, photometric="rgb")
    with pytest.raises(PhotoError, match="damaged or cut off"):
        open_photo(whole[: len(whole) // 2])


def test_layers_are_no_fault_of_a_photo_with_pages() -> None:
    pages = io.BytesIO()
    first = Image.fromarray(textured(40, 60))
    first.save(pages, "TIFF", save_all=True, append_images=[first.rotate(180)])
    assert np.array_equal(np.asarray(open_photo(pages.getvalue())), np.asarray(first))


def with_scans(jpeg: bytes, count: int) -> bytes:
    """A JPEG that goes so many times more over its pixels, in scans without data."""
    start = jpeg.index(b"\xff\xda")
    head = jpeg[start : start + 2 + int.from_bytes(jpeg[start + 2 : start + 4], "big")]
    return jpeg[:-2] + head * count + jpeg[-2:]


def jpeg(side: int, **options: Any) -> bytes:
    buffer = io.BytesIO()
    Image.new("L", (side, side), 128).save(buffer, "JPEG", **options)
    return buffer.getvalue()


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_of_thousands_of_scans_is_refused(progressive: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    content = with_scans(jpeg(1200, progressive=progressive), 3000)
    assert len(content) < 60_000
    for given in (content, Image.open(io.BytesIO(content))):
        with pytest.raises(PhotoTooLarge, match=r"goes over its 1 megapixels 30\d\d times"):
            open_photo(given)


def test_a_tiff_of_such_a_jpeg_is_refused() -> None:
    content = with_scans(jpeg(1200), 3000)
    tags = told(1200, 1200, 1, 8) | {259: 7, 279: len(content)}
    with pytest.raises(PhotoTooLarge, match=r"goes over its 1 megapixels 3001 times"):
        open_photo(tiff(tags, content))
    plain = jpeg(1200)
    assert open_photo(tiff(tags | {279: len(plain)}, plain)).getpixel((5, 5)) == (128, 128, 128)


def test_a_preview_of_such_a_jpeg_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    content = Image.open(io.BytesIO(with_scans(jpeg(1200), 3000)))
    monkeypatch.setattr("blurmap.photos.decoding.develop", lambda *given: content)
    with pytest.raises(PhotoTooLarge, match=r"goes over its 1 megapixels 3001 times"):
        open_described((Path(__file__).parent.parent / "data" / "photo.dng").read_bytes(), "a.dng")


def test_what_a_camera_appends_is_no_scan() -> None:
    """A video after the end of the photo, or a thumbnail in its head, may hold any bytes."""
    whole, scan = jpeg(1200), b"\xff\xda\0\x0c" * 4000
    for content in (whole + scan, whole[:2] + b"\xff\xe1" + struct.pack(">H", 2 + len(scan)) + scan + whole[2:]):
        assert open_photo(content).size == (1200, 1200)
