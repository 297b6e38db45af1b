"""TIFFs of kinds that few programs write: read, or said to be whole and of a kind that is not supported."""

import io
import struct
import sys
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from blurmap.errors import PhotoError
from blurmap.photos.photo import open_photo, read_photo
from tests.photos.tiffs import Tags, tags, tiff
from tests.support import textured

tifffile = pytest.importorskip("tifffile")
imagecodecs = pytest.importorskip("imagecodecs")
H, W = 32, 48
PICTURE = np.repeat(np.repeat(textured(H // 4, W // 4), 4, axis=0), 4, axis=1)  # of blocks: of one colour are four each


def plain(content: bytes, more: Tags, samples: int = 3, bits: int = 8) -> bytes:
    return tiff(tags(W, H, samples, bits) | {259: 1, 279: len(content)} | more, content)


def subsampled(across: int, down: int) -> bytes:
    """YCbCr as cameras write it: luminances of some pixels, then their colours."""
    values = np.asarray(Image.fromarray(PICTURE).convert("YCbCr"))
    blocks = values.reshape(H // down, down, W // across, across, 3).transpose(0, 2, 1, 3, 4)
    light = blocks[..., 0].reshape(H // down, W // across, -1)
    return np.concatenate([light, blocks[:, :, 0, 0, 1:]], axis=2).tobytes()


def packed(values: NDArray[Any], bits: int) -> bytes:
    return np.packbits(np.unpackbits(values.astype(np.uint8).reshape(-1, 1), axis=1)[:, 8 - bits :]).tobytes()


def near(photo: bytes, expected: NDArray[Any], most: int) -> None:
    found = read_photo(photo).astype(int)
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= most


@pytest.mark.parametrize(("across", "down"), [(2, 1), (2, 2), (4, 2)])
@pytest.mark.parametrize("behind", [0, 10_000])
def test_subsampled_colours_of_a_camera(across: int, down: int, behind: int) -> None:
    """With bytes behind them Pillow made noise of them, without an error."""
    content = subsampled(across, down)
    near(plain(content + bytes(behind), {262: 6, 530: (across, down), 279: len(content)}), PICTURE, 4)


def test_subsampled_colours_are_turned_once() -> None:
    content = subsampled(2, 2)
    near(plain(content, {262: 6, 530: (2, 2), 274: 6}), np.rot90(PICTURE, -1), 4)


@pytest.mark.parametrize("bits", [2, 4])
def test_colours_of_few_bits(bits: int) -> None:
    shades = PICTURE >> (8 - bits)
    expected = np.rint(shades * (255 / (2**bits - 1)))
    near(plain(packed(shades, bits), {}, bits=bits), expected, 1)


@pytest.mark.parametrize("bits", [2, 4, 6])
def test_greys_of_few_bits(bits: int) -> None:
    shades = PICTURE[..., 0] >> (8 - bits)
    expected = np.rint(shades * (255 / (2**bits - 1)))[..., None].repeat(3, axis=2)
    near(plain(packed(shades, bits), {}, 1, bits), expected, 1)


def test_a_palette_of_sixteen_bits() -> None:
    colours = np.arange(65_536 * 3, dtype=np.uint32).reshape(65_536, 3) * 7 % 65_536
    numbers = np.arange(H * W, dtype=np.uint16).reshape(H, W) * 40
    content = plain(numbers.tobytes(), {262: 3, 320: tuple(colours.T.ravel().tolist())}, 1, 16)
    near(content, colours[numbers] >> 8, 0)


@pytest.mark.parametrize("planes", [False, True])
def test_cielab_of_sixteen_bits(planes: bool) -> None:
    from PIL import ImageCms

    lab = ImageCms.profileToProfile(
        Image.fromarray(PICTURE), ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert lab is not None
    light, *colours = (np.asarray(band) for band in lab.split())
    wide = [light.astype(np.uint16) * 257, *((band ^ np.uint8(128)).astype(np.uint16) << 8 for band in colours)]
    buffer = io.BytesIO()
    values = np.stack(wide) if planes else np.dstack(wide)
    tifffile.imwrite(buffer, values, photometric="cielab", planarconfig="separate" if planes else None)
    near(buffer.getvalue(), np.asarray(open_photo(saved(lab))).astype(int), 1)


def saved(image: Image.Image, kind: str = "TIFF") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def test_light_as_logarithms() -> None:
    """SGI LogL: sixteen bits of the logarithm of light, of a row all upper bytes first, in runs."""
    row = np.linspace(15_500, 16_400, W).astype(np.uint16)
    runs = b"".join(bytes([W]) + (row >> shift & 255).astype(np.uint8).tobytes() for shift in (8, 0))
    found = read_photo(plain(runs * H, {259: 34676, 262: 32844, 339: 2}, 1, 16)).astype(int)
    assert found.shape == (H, W, 3)
    assert (np.diff(found[0, :, 1]) >= 0).all()
    assert np.ptp(found[0, :, 1]) > 100
    assert np.ptp(found, axis=0).max() == np.ptp(found, axis=2).max() == 0


def test_a_whole_file_of_another_kind_is_not_called_damaged() -> None:
    whole = plain(PICTURE.astype(np.uint16).tobytes(), {262: 6}, bits=16)
    with pytest.raises(PhotoError, match=r"is a TIFF of a kind that blurmap does not read \(YCBCR, 16 bits"):
        open_photo(whole)
    cut = plain(PICTURE.astype(np.uint16).tobytes()[:-2000], {262: 6, 279: H * W * 6}, bits=16)
    with pytest.raises(PhotoError) as told:
        open_photo(cut)
    assert "of a kind" not in str(told.value)


def test_what_is_of_no_known_kind_is_given_to_no_codec(monkeypatch: pytest.MonkeyPatch) -> None:
    """One crashed over it."""
    monkeypatch.setattr(tifffile.TiffPage, "segments", lambda *given, **options: pytest.fail("it is decoded"))
    bits = tiff(tags(W, H, 3, 1) | {259: 5, 279: 500}, bytes(500))
    with pytest.raises(PhotoError, match=r"of a kind that blurmap does not read \(RGB, 1 bits"):
        open_photo(bits)


def test_a_tiff_whose_directory_is_not_where_it_is_told_is_damaged() -> None:
    with pytest.raises(PhotoError, match="is damaged or cut off"):
        open_photo(b"II*\0" + struct.pack("<L", 99_999) + bytes(1000))


def test_strips_that_are_told_of_and_missing() -> None:
    few = tiff(tags(W, 2_000_000, 3, 16) | {259: 5, 278: 5, 273: (8,) * 7, 279: (100,) * 7}, bytes(100))
    with pytest.raises(PhotoError, match="lacks strips or tiles"):
        open_photo(few)


def test_what_needs_the_extra_is_named_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tifffile", None)
    content = subsampled(2, 2)
    for photo in (
        plain(content + bytes(10_000), {262: 6, 530: (2, 2), 279: len(content)}),
        plain(packed(PICTURE >> 4, 4), {}, bits=4),
    ):
        with pytest.raises(PhotoError, match="extra 'tiff'"):
            open_photo(photo)


@pytest.mark.parametrize("filling", [b"\xff", b"\0", b"\0\0\0", b"\xff\xff\xff", b"\xaa", b"\xff\x01"])
@pytest.mark.parametrize("place", ["first", "each", "last"])
def test_bytes_that_fill_a_jpeg_between_its_segments(filling: bytes, place: str) -> None:
    content = saved(Image.fromarray(PICTURE), "JPEG")
    starts = [2]
    while content[starts[-1] + 1] != 0xDA:
        starts.append(starts[-1] + 2 + int.from_bytes(content[starts[-1] + 2 : starts[-1] + 4], "big"))
    filled = content
    for start in reversed({"first": starts[:1], "each": starts, "last": starts[-1:]}[place]):
        filled = filled[:start] + filling + filled[start:]
    assert np.array_equal(read_photo(filled), read_photo(content))


def test_an_avif_that_tells_of_its_transparency_in_a_box_of_its_own() -> None:
    """As older encoders wrote it; its decoder refuses that."""
    clear = Image.fromarray(PICTURE)
    clear.putalpha(Image.fromarray(PICTURE[..., 0]))
    content = saved(clear, "AVIF")
    start = content.index(b"ipma") - 4
    size, kind, version, count = struct.unpack(">I4sII", content[start : start + 16])
    assert count == 2
    first = 3 + content[start + 18]  # bytes of the first entry: the number of its item, and of what belongs to it
    entries = content[start + 16 : start + size]
    boxes = b"".join(
        struct.pack(">I4sII", 16 + len(entry), kind, version, 1) + entry for entry in (entries[:first], entries[first:])
    )
    older = bytearray(content[:start] + boxes + content[start + size :])
    for outer in (b"meta", b"iprp"):
        place = content.index(outer) - 4
        older[place : place + 4] = struct.pack(">I", struct.unpack(">I", content[place : place + 4])[0] + 16)
    items = content.index(b"iloc") + 8  # sizes, number of items; of each its number, 0, one extent, where, how long
    assert content[items : items + 4] == b"\x44\0\0\2"
    for place in (items + 10, items + 24):
        older[place : place + 4] = struct.pack(">I", struct.unpack(">I", content[place : place + 4])[0] + 16)
    with pytest.raises(UnidentifiedImageError):
        Image.open(io.BytesIO(bytes(older)))
    assert np.array_equal(read_photo(bytes(older)), read_photo(content))
