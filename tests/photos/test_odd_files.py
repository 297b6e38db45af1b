"""Files that every viewer opens, made here: their pixels are right, or a sentence says what kind they are of."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from blurmap.errors import PhotoError, PhotoTooLarge
from blurmap.photos import repair
from blurmap.photos.photo import open_described, open_photo, read_photo
from blurmap.photos.sources import Finding, find_photos
from tests.support import EXAMPLES, textured

tifffile = pytest.importorskip("tifffile")
imagecodecs = pytest.importorskip("imagecodecs")
PICTURE = textured(48, 64)
GREY = PICTURE[..., 0]


def tiff(pixels: NDArray[Any], **options: Any) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **options)
    return buffer.getvalue()


def saved(kind: str, picture: NDArray[Any] = PICTURE, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def with_chunk(png: bytes, kind: bytes, content: bytes) -> bytes:
    """A PNG with a chunk after its first."""
    return png[:33] + chunk(kind, content) + png[33:]


def near(photo: bytes, expected: NDArray[np.uint8], most: int = 1) -> None:
    found = read_photo(photo).astype(int)
    expected = expected if expected.ndim == 3 else np.repeat(expected[..., None], 3, axis=2)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= most


RGB16 = PICTURE.astype(np.uint16) * 257


@pytest.mark.parametrize(
    "photo",
    [
        tiff(RGB16, photometric="rgb"),
        tiff(np.moveaxis(RGB16, -1, 0), photometric="rgb", planarconfig="separate"),
        tiff(np.moveaxis(PICTURE, -1, 0), photometric="rgb", planarconfig="separate"),
        tiff(RGB16, photometric="rgb", bigtiff=True, byteorder=">"),
        tiff(PICTURE, photometric="rgb", bigtiff=True, byteorder=">"),
        tiff(RGB16, photometric="rgb", compression="zlib", predictor=True),
        *(tiff((PICTURE / 255).astype(kind), photometric="rgb") for kind in (np.float16, np.float32, np.float64)),
        tiff(PICTURE.astype(np.uint32) * 16843009, photometric="rgb"),
        tiff(np.dstack([RGB16, np.full_like(RGB16[..., :1], 65535)]), photometric="rgb", extrasamples=["unassalpha"]),
        tiff(np.dstack([RGB16, RGB16[..., :1]]), photometric="rgb", extrasamples=["unspecified"]),
        imagecodecs.png_encode(RGB16),
        imagecodecs.jpegxl_encode(PICTURE, lossless=True),
    ],
    ids=["rgb16", "planes16", "planes8", "big16", "big8", "zlib", "half", "float", "double", "rgb32", "alpha", "fourth",
         "png16", "jxl"],
)  # fmt: skip
def test_colours_of_any_depth_and_order(photo: bytes) -> None:
    near(photo, PICTURE)


@pytest.mark.parametrize("bits", [10, 12, 14])
@pytest.mark.parametrize("kind", ["tiff", "pillow", "png", "array"])
def test_fewer_bits_in_sixteen_keep_all_their_shades(bits: int, kind: str) -> None:
    """They became 3 to 63 shades."""
    values = (GREY.astype(np.float64) / 255 * (2**bits - 1)).astype(np.uint16)
    values.flat[0], values.flat[1] = 0, 2**bits - 1
    files = {"tiff": tiff(values), "pillow": saved("TIFF", values), "png": saved("PNG", values)}
    found = read_photo(files.get(kind, values))[..., 0].astype(int)
    assert np.abs(found - np.rint(values / (2**bits - 1) * 255)).max() <= 1
    assert len(np.unique(found)) > 100


def test_a_narrow_range_is_stretched_and_noise_is_not() -> None:
    heat = (7000 + GREY.astype(np.uint16) * 2).astype(np.uint16)
    found = read_photo(tiff(heat))[..., 0]
    assert (found.min(), found.max()) == (0, 255)
    dark = np.random.default_rng(0).integers(300, 308, (48, 64)).astype(np.uint16)
    assert np.ptp(read_photo(tiff(dark))) <= 8


@pytest.mark.parametrize("base", [6800, 29_000])
@pytest.mark.parametrize("kind", ["tiff", "pillow", "array"])
def test_one_hot_spot_does_not_squeeze_the_rest(base: int, kind: str) -> None:
    """Temperatures: a narrow band far above 0, and a few pixels of another."""
    heat = (base + GREY.astype(np.uint16) * 2).astype(np.uint16)
    heat[20:21, 30:32] = 3 * base // 2
    files = {"tiff": tiff(heat), "pillow": saved("TIFF", heat)}
    found = read_photo(files.get(kind, heat))[..., 0]
    assert np.ptp(np.percentile(found, (1, 99))) > 0.9 * np.ptp(np.percentile(GREY, (1, 99)))


@pytest.mark.parametrize("low", [0, 3000, 20_000, 52_000])
def test_light_of_all_sixteen_bits_is_divided_by_257(low: int) -> None:
    """A dark scene with a lamp, a foggy one, a blank page: none is stretched."""
    values = low + GREY.astype(np.uint16) * 32
    values[20, 30:32] = 65_535
    for given in (values, np.repeat(values[..., None], 3, axis=2)):
        assert np.abs(read_photo(given).astype(int)[..., 0] - values / 257).max() <= 0.51


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("planes", [False, True])
def test_inks_of_any_depth_and_order(kind: type[Any], planes: bool) -> None:
    inks = np.dstack([255 - PICTURE, np.full((48, 64, 1), 20, np.uint8)])
    expected = np.asarray(Image.fromarray(inks, "CMYK").convert("RGB"))
    values = inks.astype(kind) * (257 if kind is np.uint16 else 1)
    if planes:
        photo = tiff(np.moveaxis(values, -1, 0), photometric="separated", planarconfig="separate")
    else:
        photo = tiff(values, photometric="separated")
    near(photo, expected)


def test_what_the_file_says_is_white_is_white() -> None:
    values = np.full((32, 32), 2047, np.uint16)
    assert abs(int(read_photo(tiff(values, extratags=[(281, "H", 1, 4095, True)])).mean()) - 127) <= 1
    white_is_zero = tiff(255 * 257 - GREY.astype(np.uint16) * 257, photometric="miniswhite")
    near(white_is_zero, GREY)


def test_planes_of_sixteen_bits_are_refused_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tifffile", None)
    with pytest.raises(PhotoError, match="extra 'tiff'"):
        open_photo(tiff(np.moveaxis(RGB16, -1, 0), photometric="rgb", planarconfig="separate"))
    near(tiff(RGB16, photometric="rgb"), PICTURE)


def test_jpeg_xl_is_named_without_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "imagecodecs", None)
    with pytest.raises(PhotoError, match="JPEG XL"):
        open_photo(b"\xff\x0a" + bytes(100))


@pytest.mark.parametrize(
    "photo",
    [
        with_chunk(saved("PNG"), b"eXIf", bytes(40)),
        with_chunk(saved("PNG"), b"zTXt", b"Comment\0\0" + zlib.compress(b"x" * 5_000_000)),
        with_chunk(saved("PNG"), b"iCCP", b"icc\0\0" + zlib.compress(b"x" * 5_000_000)),
        with_chunk(saved("PNG"), b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"x" * 90_000_000)),
        with_chunk(saved("PNG"), b"sRGB", b""),
        saved("PNG")[:-8],
        saved("WEBP", lossless=True, exif=b"Exif\0\0" + bytes(40)),
    ],
    ids=["exif", "text", "profile", "xmp", "short sRGB", "cut end", "webp exif"],
)
def test_metadata_never_costs_the_photo(photo: bytes) -> None:
    near(photo, PICTURE)


def test_an_odd_tag_is_not_written_back_when_a_photo_is_turned() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "said"
    photo = saved("JPEG", exif=exif.tobytes().replace(b"said", b"\xff\xfe\xfd\xfc"), quality=95)
    assert read_photo(photo).shape == (64, 48, 3)


@pytest.mark.parametrize("told", range(1, 9))
def test_turned_as_pillow_turns(told: int) -> None:
    from PIL import ImageOps

    exif = Image.Exif()
    exif[0x0112] = told
    photo = saved("PNG", exif=exif.tobytes())
    upright = open_photo(photo)
    assert np.array_equal(np.asarray(upright), np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(photo)))))
    assert np.array_equal(read_photo(upright), np.asarray(upright))  # what is upright is not turned again


def test_a_jpeg_whose_rows_are_all_there_needs_no_end() -> None:
    whole = saved("JPEG", textured(320, 240), quality=90)
    near(whole[:-2], read_photo(whole), 0)
    assert open_described(whole[:-2], "a.jpg")[1] == "JPEG"
    near(whole + b"\0" * 500, read_photo(whole), 0)
    with pytest.raises(PhotoError, match=r"damaged or cut off: [45]\d % of its rows are there"):
        open_photo(whole[: len(whole) // 2])
    with pytest.raises(PhotoError, match="cut off: it ends before its last scan"):
        open_photo(saved("JPEG", textured(320, 240), progressive=True)[:-200])


def test_colours_of_cielab_are_those_of_rgb(tmp_path: Path) -> None:
    from PIL import ImageCms

    smooth = np.full((32, 48, 3), (200, 120, 60), np.uint8)
    lab = ImageCms.profileToProfile(
        Image.fromarray(smooth), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert lab is not None
    lab.save(tmp_path / "lab.tif")
    near((tmp_path / "lab.tif").read_bytes(), smooth, 6)


def test_an_avif_that_cannot_be_read_is_named() -> None:
    with pytest.raises(PhotoError, match="is an AVIF photo of an older kind"):
        open_photo(b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + bytes(200))


def test_too_large_is_told_with_the_limit_that_holds() -> None:
    avif = b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf" + b"\0\0\0\x14ispe" + struct.pack(">III", 0, 17000, 17000)
    with pytest.raises(PhotoTooLarge, match="289 megapixels"):
        open_photo(avif)
    for content in (
        saved("PNG", np.zeros((1100, 1000, 3), np.uint8)),
        saved("TIFF", np.zeros((1100, 1000, 3), np.uint8)),
    ):
        with pytest.raises(PhotoTooLarge, match=r"than the 1 megapixels"):
            open_described(content, "a", 1_000_000)


def test_the_png_without_its_texts_is_a_png() -> None:
    kept = repair.without_ancillary(with_chunk(saved("PNG"), b"tEXt", b"a\0b"))
    assert b"tEXt" not in kept
    near(kept, PICTURE, 0)


def test_folders_that_programs_keep_and_what_is_excluded(tmp_path: Path) -> None:
    picture = (EXAMPLES / "cat.jpg").read_bytes()
    inside = ("a.jpg", "deep/b.JFIF", "deep/raw.3fr", "@eaDir/a.jpg", ".thumbnails/a.jpg", "Photos.photoslibrary/a.jpg",
              ".Trash-0/a.jpg", "#recycle/a.jpg", ".git/a.jpg", "deep/out/c.jpg", "out/d.jpg")  # fmt: skip
    for name in inside:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(picture)
    for name in ("a.mov", "b.mov", "c.txt", "a.xmp", ".hidden", "NOTES"):
        (tmp_path / name).touch()

    def found(**options: object) -> list[str]:
        sources = find_photos([str(tmp_path)], Finding(print, **options))  # type: ignore[arg-type]
        return [str(Path(source.path).relative_to(tmp_path)) for source in sources]

    plain = ["a.jpg", "deep/b.JFIF", "deep/out/c.jpg", "deep/raw.3fr", "out/d.jpg"]
    assert found() == plain
    assert len(found(hidden=True)) == len(inside)
    assert found(exclude=("out/", "*.3fr")) == ["a.jpg", "deep/b.JFIF"]
    assert found(exclude=("/out/",)) == [name for name in plain if name != "out/d.jpg"]
    finding = Finding(print)
    find_photos([str(tmp_path)], finding)
    assert finding.told() == "4 files of other kinds left out: 2 .mov, 1 without an ending, 1 .txt"


def test_a_folder_with_brackets_is_taken_as_it_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "2024 [trip]"
    (folder / "more").mkdir(parents=True)
    for name in ("a.jpg", "more/b.jpg"):
        (folder / name).touch()
    assert len(find_photos([f"{folder}/*.jpg"], print)) == 1
    assert len(find_photos([f"{folder}/**/*.jpg"], print)) == 2
    (tmp_path / "c[1].jpg").touch()
    assert len(find_photos([f"{tmp_path}/c[1].jpg"], print)) == 1
