"""Every format that says how a photo lies: read upright, once, as libvips and browsers show it."""

import io
import struct
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from blurmap.photos.photo import open_photo, read_photo
from tests.mutation import DATA

H, W = 32, 64
TOLD = range(1, 9)
# The upright picture that a stored one gives, by what its tag says: EXIF 2.3, "Orientation".
TURNED: dict[int, Any] = {
    1: lambda p: p, 2: lambda p: p[:, ::-1], 3: lambda p: p[::-1, ::-1], 4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2), 6: lambda p: np.rot90(p, -1), 7: lambda p: p[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90,
}  # fmt: skip
XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="6"/></rdf:RDF></x:xmpmeta>'
)


def quadrants() -> NDArray[np.uint8]:
    """Each quarter of another colour: no turn looks like another."""
    picture = np.full((H, W, 3), 240, np.uint8)
    picture[: H // 2, : W // 2] = 250, 10, 10
    picture[: H // 2, W // 2 :] = 10, 250, 10
    picture[H // 2 :, : W // 2] = 10, 10, 250
    return picture


PICTURE = quadrants()


def by_pillow(kind: str, told: int, mode: str = "RGB", **options: Any) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = told
    options |= {"tiffinfo": {274: told}} if kind == "TIFF" else {"exif": exif}
    buffer = io.BytesIO()
    image = Image.fromarray(PICTURE)
    (image.quantize(8) if mode == "P" else image.convert(mode)).save(buffer, kind, **options)
    return buffer.getvalue()


def by_tifffile(told: int, pixels: NDArray[Any], **options: Any) -> bytes:
    tifffile = pytest.importorskip("tifffile")
    buffer = io.BytesIO()
    options.setdefault("photometric", "rgb")
    tifffile.imwrite(buffer, pixels, extratags=[(274, "H", 1, told, True)], **options)
    return buffer.getvalue()


def jxl(told: int) -> bytes:
    imagecodecs = pytest.importorskip("imagecodecs")
    jpeg = by_pillow("JPEG", told, quality=95, subsampling=0)
    return bytes(imagecodecs.jpegxl_encode_jpeg(jpeg, usecontainer=True))


FILES: dict[str, Callable[[int], bytes]] = {
    "JPEG": lambda told: by_pillow("JPEG", told, quality=95, subsampling=0),
    "JPEG progressive": lambda told: by_pillow("JPEG", told, quality=95, subsampling=0, progressive=True),
    "PNG": lambda told: by_pillow("PNG", told),
    "PNG palette": lambda told: by_pillow("PNG", told, "P"),
    "WebP": lambda told: by_pillow("WEBP", told, lossless=True),
    "AVIF": lambda told: by_pillow("AVIF", told, quality=95, subsampling="4:4:4"),
    "JPEG XL": jxl,
    "TIFF": lambda told: by_pillow("TIFF", told),
    "TIFF palette": lambda told: by_pillow("TIFF", told, "P"),
    "TIFF CMYK": lambda told: by_pillow("TIFF", told, "CMYK"),
    "TIFF RGBA": lambda told: by_pillow("TIFF", told, "RGBA"),
    "TIFF LZW": lambda told: by_pillow("TIFF", told, compression="tiff_lzw"),
    "TIFF JPEG": lambda told: by_pillow("TIFF", told, compression="jpeg", quality=95),
    "TIFF 8-bit planes": lambda told: by_tifffile(told, np.moveaxis(PICTURE, -1, 0), planarconfig="separate"),
    "TIFF 16 bit": lambda told: by_tifffile(told, PICTURE.astype(np.uint16) * 257),
    "TIFF 16-bit planes": lambda told: by_tifffile(
        told, np.moveaxis(PICTURE.astype(np.uint16) * 257, -1, 0), planarconfig="separate"
    ),
    "TIFF float tiles": lambda told: by_tifffile(told, (PICTURE / 255).astype(np.float32), tile=(16, 16)),
    "BigTIFF": lambda told: by_tifffile(told, PICTURE, bigtiff=True, byteorder=">"),
}


@pytest.mark.parametrize("told", TOLD)
@pytest.mark.parametrize("kind", FILES)
def test_read_upright_whatever_the_format(kind: str, told: int) -> None:
    expected = TURNED[told](PICTURE).astype(int)
    found = read_photo(FILES[kind](told)).astype(int)
    assert found.shape == expected.shape
    assert np.abs(found - expected).mean() < 6  # lossy ones are off along the edges


@pytest.mark.parametrize("told", TOLD)
def test_greys_of_one_and_sixteen_bits(told: int) -> None:
    light = PICTURE.mean(axis=2) > 100
    light[: H // 4, : W // 4] = True
    buffer = io.BytesIO()
    Image.fromarray(light).save(buffer, "TIFF", tiffinfo={274: told}, compression="group4")
    expected = TURNED[told](light[..., None])[..., 0]
    assert np.array_equal(read_photo(buffer.getvalue())[..., 0] > 127, expected)
    sixteen = by_tifffile(told, light.astype(np.uint16) * 65535, photometric="minisblack")
    assert np.array_equal(read_photo(sixteen)[..., 0] > 127, expected)


def boxes(content: bytes, start: int, end: int) -> dict[bytes, tuple[int, int]]:
    """Where the boxes of a HEIC file between two places begin and end."""
    found = {}
    while start < end:
        size, kind = struct.unpack(">I4s", content[start : start + 8])
        found[kind] = (start, start + size)
        start += size
    return found


def heic(told: int) -> bytes:
    """tests/data/photo.heic with the properties ``irot`` and ``imir`` that say what an orientation says."""
    content = (DATA / "photo.heic").read_bytes()
    turn = {3: 2, 5: 1, 6: 3, 7: 3, 8: 1}.get(told)  # counter-clockwise, in quarters; then it is mirrored
    mirror = {2: 1, 4: 0, 5: 0, 7: 0}.get(told)  # 0: top and bottom change places
    new = b"".join(
        struct.pack(">I4sB", 9, kind, value)
        for kind, value in ((b"irot", turn), (b"imir", mirror))
        if value is not None
    )
    count = len(new) // 9
    top = boxes(content, 0, len(content))
    meta = boxes(content, top[b"meta"][0] + 12, top[b"meta"][1])
    inner = boxes(content, meta[b"iprp"][0] + 8, meta[b"iprp"][1])
    properties = len(boxes(content, inner[b"ipco"][0] + 8, inner[b"ipco"][1]))
    associated = bytes(0x80 | (properties + 1 + number) for number in range(count))
    result = bytearray(content)
    for place in (top[b"meta"][0], meta[b"iprp"][0]):
        result[place : place + 4] = struct.pack(">I", struct.unpack(">I", content[place : place + 4])[0] + 10 * count)
    for kind, more in ((b"ipco", new), (b"ipma", associated)):
        start, end = inner[kind]
        result[start : start + 4] = struct.pack(">I", end - start + len(more))
    offset = meta[b"iloc"][0] + 20  # of the one item
    assert struct.unpack(">I", content[offset : offset + 4])[0] == top[b"mdat"][0] + 8
    result[offset : offset + 4] = struct.pack(">I", top[b"mdat"][0] + 8 + 10 * count)
    number = inner[b"ipma"][0] + 18  # of associations of the one item
    result[number] += count
    result[inner[b"ipma"][1] : inner[b"ipma"][1]] = associated
    result[inner[b"ipco"][1] : inner[b"ipco"][1]] = new
    return bytes(result)


@pytest.mark.parametrize("told", TOLD)
def test_heic_is_turned_by_its_container(told: int) -> None:
    pytest.importorskip("pi_heif")
    lying = read_photo((DATA / "photo.heic").read_bytes())
    assert np.array_equal(read_photo(heic(told)), TURNED[told](lying))


def test_exif_in_a_jpeg_2000_turns_nothing() -> None:
    """The format has no orientation; libvips and FFmpeg do not turn it either."""
    buffer = io.BytesIO()
    Image.fromarray(PICTURE).save(buffer, "JPEG2000")
    exif = Image.Exif()
    exif[0x0112] = 6
    payload = b"JpgTiffExif->JP2" + exif.tobytes()[6:]
    content = buffer.getvalue()
    content = content[:32] + struct.pack(">I4s", 8 + len(payload), b"uuid") + payload + content[32:]
    assert np.array_equal(read_photo(content), PICTURE)


@pytest.mark.parametrize("kind", ["JPEG", "WEBP", "AVIF", "TIFF", "PNG"])
def test_xmp_turns_nothing(kind: str) -> None:
    """Pillow goes by it where EXIF says nothing; browsers and libvips do not."""
    from PIL.PngImagePlugin import PngInfo

    text = PngInfo()
    text.add_itxt("XML:com.adobe.xmp", XMP.decode())
    by_kind: dict[str, dict[str, Any]] = {"TIFF": {"tiffinfo": {700: XMP}}, "PNG": {"pnginfo": text}}
    buffer = io.BytesIO()
    Image.fromarray(PICTURE).save(buffer, kind, **by_kind.get(kind, {"xmp": XMP}))
    assert b"tiff:Orientation" in buffer.getvalue()
    assert read_photo(buffer.getvalue()).shape == PICTURE.shape


@pytest.mark.parametrize("loaded", [False, True])
def test_a_tiff_that_pillow_has_opened_is_turned_once(loaded: bool) -> None:
    image = Image.open(io.BytesIO(by_pillow("TIFF", 6)))
    if loaded:
        image.load()
    upright = open_photo(image)
    assert np.array_equal(np.asarray(upright), TURNED[6](PICTURE))
    assert np.array_equal(read_photo(upright), np.asarray(upright))
