"""Photo in: every kind of file gives a sensible photo, or one clear line that names it."""

import io
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from blurmap.errors import PhotoError, PhotoTooLarge
from blurmap.imaging.colour import linear_light, srgb
from blurmap.photos.camera_raw import is_raw
from blurmap.photos.photo import open_described, open_photo, read_photo
from tests.mutation import DATA, damaged, samples

KINDS = list(samples())


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def test_every_way_to_give_a_photo(photo: NDArray[np.uint8], tmp_path: Path) -> None:
    image = Image.fromarray(photo)
    path = tmp_path / "a.png"
    image.save(path)
    for given in (
        path,
        str(path),
        path.read_bytes(),
        bytearray(path.read_bytes()),
        io.BytesIO(path.read_bytes()),
        image,
        photo,
    ):
        assert np.array_equal(read_photo(given), photo)
    with path.open("rb") as file:
        assert np.array_equal(read_photo(file), photo)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_honoured(orientation: int) -> None:
    pixels = np.zeros((8, 16, 3), np.uint8)
    pixels[:4, :4] = 255  # top left
    exif = Image.Exif()
    exif[0x0112] = orientation
    upright = read_photo(encoded(Image.fromarray(pixels), exif=exif))
    corner = {1: (0, 0), 2: (0, -1), 3: (-1, -1), 4: (-1, 0), 5: (0, 0), 6: (0, -1), 7: (-1, -1), 8: (-1, 0)}[
        orientation
    ]
    assert upright.shape == ((8, 16, 3) if orientation < 5 else (16, 8, 3))
    assert upright[corner].tolist() == [255] * 3
    assert upright.mean() == pytest.approx(255 * 16 / 128)


def test_kinds_of_pixels() -> None:
    grey = np.tile(np.arange(0, 256, 4, dtype=np.uint8), (10, 1))
    rgb = np.repeat(grey[:, :, None], 3, axis=2)
    assert np.array_equal(read_photo(encoded(Image.fromarray(grey))), rgb)
    sixteen = Image.fromarray(grey.astype(np.uint16) * 257)
    assert np.array_equal(read_photo(encoded(sixteen)), rgb)
    assert np.array_equal(read_photo(encoded(sixteen, "TIFF")), rgb)
    assert np.array_equal(read_photo(encoded(Image.fromarray(grey.astype(np.float32) / 255), "TIFF")), rgb)
    assert np.array_equal(read_photo(encoded(Image.fromarray(rgb).quantize(64))), rgb)
    assert np.abs(read_photo(encoded(Image.fromarray(rgb).convert("CMYK"), "TIFF")).astype(int) - rgb).max() <= 1
    assert read_photo(encoded(Image.fromarray(grey > 127), "PNG")).max() == 255
    assert np.array_equal(read_photo(grey), rgb)


def test_transparency_is_laid_over_white() -> None:
    rgba = np.zeros((4, 4, 4), np.uint8)
    rgba[:, 2:, 3] = 255
    assert read_photo(encoded(Image.fromarray(rgba)))[0].tolist() == [[255] * 3] * 2 + [[0] * 3] * 2


def test_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    for kind in ("GIF", "PNG", "WEBP"):
        options = {"lossless": True} if kind == "WEBP" else {}
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], **options)
        assert read_photo(data)[0, 0].tolist() == [255, 0, 0]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("missing.jpg", None, "no such file"),
        ("empty.jpg", b"", "is empty"),
        ("text.jpg", b"this is no photo at all" * 100, "is not an image"),
    ],
)
def test_what_is_no_photo(name: str, content: bytes | None, reason: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(PhotoError, match=f"{name}: {reason}"):
        read_photo(path)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP"])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.9])
def test_cut_off_files(kind: str, kept: float, photo: NDArray[np.uint8], tmp_path: Path) -> None:
    whole = encoded(Image.fromarray(photo), kind)
    path = tmp_path / f"cut.{kind}"
    path.write_bytes(whole[: int(len(whole) * kept)])
    with pytest.raises(PhotoError, match=r"cut\.\w+: is (damaged or cut off|not an image)"):
        read_photo(path)


def test_too_many_pixels() -> None:
    bomb = encoded(Image.new("1", (20_000, 10_000)))
    with pytest.raises(PhotoTooLarge, match="megapixels"):
        read_photo(bomb)
    with pytest.raises(PhotoTooLarge, match=r"a\.png: .* 0.0001 megapixels"):
        open_described(encoded(Image.new("RGB", (20, 10))), "a.png", 100)
    with pytest.raises(PhotoTooLarge, match=r"more than the 0.001 megapixels"):
        open_described((DATA / "photo.dng").read_bytes(), "a", 1000)


def test_a_folder_is_no_photo(tmp_path: Path) -> None:
    with pytest.raises(PhotoError, match="folder"):
        read_photo(tmp_path)


@pytest.mark.parametrize(
    "array",
    [np.zeros((4, 4, 3), int), np.zeros((4, 4, 2), np.uint8), np.zeros((0, 4, 3), np.uint8), np.zeros(4, np.uint8)],
)
def test_wrong_arrays(array: NDArray[np.uint8]) -> None:
    with pytest.raises(PhotoError, match="an array must"):
        read_photo(array)


def test_linear_light_and_back() -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16, 1).repeat(3, axis=2)
    assert np.abs(srgb(linear_light(levels)) * 255 - levels).max() < 1e-3
    assert linear_light(levels)[8, 0, 0] == pytest.approx(0.2158605, abs=1e-6)  # level 128, IEC 61966-2-1


def test_heic_is_read_whatever_its_name(tmp_path: Path) -> None:
    image, kind = open_described((DATA / "photo.heic").read_bytes(), "photo.heic")
    pixels = np.asarray(image)
    assert (pixels.shape, kind) == ((64, 96, 3), "HEIF")
    assert pixels.std() > 20
    (tmp_path / "renamed.jpg").write_bytes((DATA / "photo.heic").read_bytes())
    assert np.array_equal(read_photo(tmp_path / "renamed.jpg"), pixels)


def test_raw_is_developed_at_its_own_size() -> None:
    image, kind = open_described((DATA / "photo.dng").read_bytes(), "photo.dng")
    pixels = np.asarray(image)
    assert (pixels.shape, kind) == ((32, 48, 3), "RAW")
    assert pixels.std() > 20
    with pytest.raises(PhotoError, match=r"broken\.dng: is damaged, or of a camera"):
        open_described(b"no raw photo at all", "broken.dng")


@pytest.mark.parametrize(("preview", "taken"), [((320, 480), True), ((304, 456), True), ((240, 360), False)])
def test_a_raws_preview_is_taken_where_it_has_the_sensors_pixels(preview: tuple[int, int], taken: bool) -> None:
    """Sizes, and what is seen at 100 %, would be of a smaller one."""
    image, kind = open_described(dng_with_preview(preview, (320, 480)), "a.dng")
    assert (image.size, kind) == ((preview if taken else (320, 480))[::-1], "RAW")
    assert (np.asarray(image).std((0, 1)).max() < 1) == taken  # its preview is of one colour


def dng_with_preview(preview: tuple[int, int], sensor: tuple[int, int]) -> bytes:
    """A DNG with a JPEG of one colour and noise of a sensor, of these heights and widths."""
    tifffile = pytest.importorskip("tifffile")
    plain = np.full((*preview, 3), (200, 30, 30), np.uint8)
    noise = np.random.default_rng(0).integers(500, 12000, sensor).astype(np.uint16)
    version, camera, matrix = (50706, "B", 4, (1, 4, 0, 0)), (50708, "s", 0, "Made up"), (50721, "2i", 9, (1, 1, 0) * 6)
    cells, colours, white = (33421, "H", 2, (2, 2)), (33422, "B", 4, (0, 1, 1, 2)), (50717, "I", 1, 16383)
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as file:
        file.write(
            plain, photometric="ycbcr", compression="jpeg", rowsperstrip=preview[0], subifds=1, subfiletype=1,
            extratags=[(*tag, True) for tag in (version, camera, matrix)],
        )  # fmt: skip
        file.write(noise, photometric=32803, extratags=[(*tag, True) for tag in (cells, colours, white)])
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("name", "module", "extra"), [("photo.heic", "pi_heif", "heic"), ("photo.dng", "rawpy", "raw")]
)
def test_missing_extras_are_named(name: str, module: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(PhotoError, match=f"extra '{extra}'"):
        open_described((DATA / name).read_bytes(), name)


def test_errors_call_a_photo_by_the_name_that_is_given(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"no photo")
    for given in (b"no photo", io.BytesIO(b"no photo"), tmp_path / "a.png"):
        with pytest.raises(PhotoError, match=r"^holiday\.jpg: is not an image"):
            open_photo(given, "holiday.jpg")


def test_raw_is_known_by_its_content() -> None:
    content = (DATA / "photo.dng").read_bytes()
    image, kind = open_described(content, "upload")
    assert (image.size, kind) == ((48, 32), "RAW")
    assert np.array_equal(read_photo(content), np.asarray(image))
    assert open_described(encoded(Image.new("RGB", (8, 8)), "JPEG"), "renamed.dng")[1] == "JPEG"


def tiff_directory(tags: dict[int, int], following: bytes = b"") -> bytes:
    """A little-endian TIFF directory of 32-bit values."""
    entries = b"".join(struct.pack("<HHLL", tag, 4, 1, value) for tag, value in sorted(tags.items()))
    return struct.pack("<H", len(tags)) + entries + b"\0" * 4 + following


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("content", "raw"),
    [
        (b"II*\0\x10\0\0\0CR\x02\0", True),  # Canon CR2
        (b"\0\0\0\x18ftypcrx \0\0\0\1", True),  # Canon CR3
        (b"FUJIFILMCCD-RAW 0201", True),
        (b"IIRO\x08\0\0\0", True),  # Olympus
        (b"IIRS\x08\0\0\0", True),
        (b"IIU\0\x18\0\0\0", True),  # Panasonic
        (b"II*\0\x08\0\0\0" + tiff_directory({50706: 1}), True),  # DNG
        (b"II*\0\x08\0\0\0" + tiff_directory({262: 32803}), True),  # Pentax PEF: the sensor's in the first one
        # Nikon NEF, Sony ARW: a preview first, the sensor's data in a directory of its own
        (b"II*\0\x08\0\0\0" + tiff_directory({262: 2, 330: 38}, tiff_directory({262: 32803})), True),
        (b"II*\0\x08\0\0\0" + tiff_directory({262: 2, 330: 38}, tiff_directory({262: 2})), False),
        (b"II*\0\x08\0\0\0" + tiff_directory({262: 2, 330: 99999}), False),
        (b"II*\0\xff\xff\0\0", False),
        (samples()["TIFF"], False),
        (samples()["JPEG"], False),
        (samples()["HEIC"], False),
        (b"", False),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_marks_of_raw(content: bytes, raw: bool) -> None:
    assert is_raw(io.BytesIO(content), "upload") is raw


@pytest.mark.parametrize("kind", ["EPS", "TGA", "PCX", "ICO", "DDS", "PDF"])
def test_what_no_camera_writes_is_refused(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """EPS above all: Pillow would start Ghostscript."""
    content = encoded(Image.new("RGB", (32, 32)), kind)
    monkeypatch.setattr("PIL.EpsImagePlugin.Ghostscript", lambda *given, **options: pytest.fail("Ghostscript"))
    with pytest.raises(PhotoError, match=r"a: is not an image, or of a format that is not supported"):
        open_photo(content, "a")


def test_whole_samples_are_read() -> None:
    assert {kind for kind, content in samples().items() if open_described(content, "a")[0].mode == "RGB"} == set(KINDS)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", KINDS)
def test_damaged_files_raise_nothing_but_photo_errors(kind: str) -> None:
    refused = 0
    for number in range(KINDS.index(kind), 150 * len(KINDS), len(KINDS)):
        made, content = damaged(number)
        assert made == kind
        try:
            assert open_described(content, f"{number}")[0].mode == "RGB"
        except PhotoError as error:
            assert str(error).startswith(f"{number}: ")
            refused += 1
    assert refused > 5  # the damage is seen; how often depends on the version of the decoder


class Broken(Image.Image):
    """An image whose decoder raises, as that of a damaged AVIF does."""

    def __init__(self, error: type[Exception]) -> None:
        super().__init__()
        self.error, self._size, self._mode = error, (4, 4), "RGB"

    def load(self) -> None:
        raise self.error("Failed to decode frame 0")


def test_memory_is_not_the_photos_fault() -> None:
    with pytest.raises(PhotoError, match=r"the image: is damaged or cut off \(Failed"):
        open_photo(Broken(RuntimeError))
    with pytest.raises(MemoryError):
        open_photo(Broken(MemoryError))
