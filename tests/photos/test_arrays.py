"""Arrays and tensors in: one rule for each, and for what fits none a sentence that says what to do."""

import io
import os
import sys
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import blurmap
from blurmap.errors import PhotoError
from blurmap.photos.photo import open_photo, read_photo
from tests.support import EXAMPLES, textured

RGB = textured(12, 17)
GREY = RGB[..., 0]
ALL_GREY = np.repeat(GREY[:, :, None], 3, axis=2)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (RGB, RGB),
        (RGB / 255, RGB),
        ((RGB / 255).astype(np.float32), RGB),
        (RGB.astype(np.uint16) * 257, RGB),
        (RGB.data, RGB),
        ((RGB / 255).data, RGB),
        (np.dstack([RGB, np.full(GREY.shape, 255, np.uint8)]), RGB),
        (np.dstack([RGB / 255, np.ones(GREY.shape)]), RGB),
        (GREY, ALL_GREY),
        (GREY[:, :, None], ALL_GREY),
        (GREY / 255, ALL_GREY),
        (GREY[:, :, None].astype(np.uint16) * 257, ALL_GREY),
        (RGB[:, ::-1], RGB[:, ::-1]),
    ],
    ids=lambda value: f"{value.format if isinstance(value, memoryview) else value.dtype} {value.shape}",
)
def test_what_libraries_make(given: Any, expected: NDArray[np.uint8]) -> None:
    assert np.array_equal(read_photo(given), expected)
    assert np.array_equal(np.asarray(open_photo(given)), expected)


def test_float16_is_as_near_as_it_can_be() -> None:
    assert np.abs(read_photo((RGB / 255).astype(np.float16)).astype(int) - RGB).max() <= 1


def test_transparency_is_laid_over_white_as_in_files() -> None:
    rgba = np.dstack([RGB, GREY])
    assert np.abs(read_photo(rgba).astype(int) - read_photo(Image.fromarray(rgba))).max() <= 1
    rgba[..., 3] = 0
    assert (read_photo(rgba) == 255).all()


def test_opencv_has_blue_first() -> None:
    assert np.array_equal(read_photo(RGB[..., ::-1], channels="bgr"), RGB)
    assert np.array_equal(read_photo(np.dstack([RGB[..., ::-1], np.full_like(GREY, 255)]), channels="bgr"), RGB)
    assert np.array_equal(read_photo(GREY, channels="bgr"), ALL_GREY)
    assert blurmap.detect(RGB[..., ::-1], channels="bgr") == blurmap.detect(RGB)
    with pytest.raises(ValueError, match="channels is for arrays"):
        blurmap.detect(EXAMPLES / "cat.jpg", channels="bgr")
    with pytest.raises(ValueError, match="channels must be rgb or bgr, not 'brg'"):
        blurmap.detect(RGB, channels="brg")  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (RGB.transpose(2, 0, 1), r"not 3 x 12 x 17: put the channels last, transpose\(1, 2, 0\)"),
        (RGB[None], r"must be one photo, not 1 x 12 x 17 x 3: give a batch as a list"),
        (RGB[..., :2], "must be H x W x 3 RGB.* not 12 x 17 x 2$"),
        (GREY[0], "not 17$"),
        (np.array(3, np.uint8), "not a single number"),
        (RGB[:0], "at least one pixel"),
        (RGB.astype(float), r"must be in \[0, 1\], not from .* to 255: divide it by 255"),
        (RGB / 127.5 - 1, r"must be in \[0, 1\], not from -1 to 1: scale or clip it"),
        (np.where(RGB > 128, np.nan, 0.5), "not from nan to nan"),
        (RGB.astype(int), "must be uint8, uint16 or float .*, not int64: convert it"),
        (RGB > 128, "not bool"),
    ],
)
def test_what_fits_no_rule_is_told_what_to_do(given: Any, told: str) -> None:
    with pytest.raises(PhotoError, match=told):
        read_photo(given)


def test_tensors_have_their_channels_first() -> None:
    torch = pytest.importorskip("torch")
    first = torch.from_numpy(RGB.transpose(2, 0, 1).copy())
    same: list[Callable[[Any], Any]] = [
        lambda t: t,
        lambda t: t / 255,
        lambda t: (t / 255).double().requires_grad_(),
        lambda t: torch.cat([t, torch.full_like(t[:1], 255)]),
    ]
    for change in same:
        assert np.array_equal(read_photo(change(first)), RGB)
    assert np.array_equal(read_photo(first[:1]), ALL_GREY)
    assert np.array_equal(read_photo(first[0]), ALL_GREY)
    assert np.array_equal(read_photo(first.flip(0), channels="bgr"), RGB)
    assert np.abs(read_photo((first / 255).bfloat16()).astype(int) - RGB).max() <= 2
    with pytest.raises(PhotoError, match=r"a tensor must be .* not 12 x 17 x 3: .* permute\(2, 0, 1\)"):
        read_photo(first.permute(1, 2, 0))
    with pytest.raises(PhotoError, match=r"give a batch as a list"):
        read_photo(first[None])
    assert len({*blurmap.detect([first, RGB, Image.fromarray(RGB)])}) == 1


class ElsewhereArray:
    """As other libraries' arrays are: nothing but a way to become one of NumPy."""

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[np.uint8]:
        return RGB


class Elsewhere(os.PathLike[Any]):
    """As path libraries have them; some give bytes."""

    def __init__(self, path: str | bytes) -> None:
        self.path = path

    def __fspath__(self) -> str | bytes:
        return self.path


def test_arrays_and_paths_of_other_libraries(tmp_path: Path) -> None:
    assert np.array_equal(read_photo(ElsewhereArray()), RGB)  # type: ignore[arg-type]
    path = tmp_path / "Ein Bild, schön, ü.png"
    Image.fromarray(RGB).save(path)
    for given in (Elsewhere(str(path)), Elsewhere(os.fsencode(path)), memoryview(path.read_bytes())):
        assert np.array_equal(read_photo(given), RGB)
    with pytest.raises(PhotoError, match=r"a photo must be a path, URL, .* not int"):
        read_photo(3)  # type: ignore[arg-type]
    with pytest.raises(PhotoError, match=r"missing\.jpg: no such file"):
        read_photo(Elsewhere("missing.jpg"))


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *given: object) -> None:
        pass


def test_urls_are_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("aiohttp")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(EXAMPLES)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = f"http://127.0.0.1:{server.server_port}"
        assert np.array_equal(read_photo(f"{address}/cat.jpg"), read_photo(EXAMPLES / "cat.jpg"))
        assert np.array_equal(read_photo((EXAMPLES / "cat.jpg").as_uri()), read_photo(EXAMPLES / "cat.jpg"))
        with pytest.raises(PhotoError, match=r"nothing\.jpg: nothing is there, or no server"):
            read_photo(f"{address}/nothing.jpg")
        with pytest.raises(PhotoError, match=r"README\.md: is not an image"):
            read_photo(f"{address}/README.md")
    finally:
        server.shutdown()
        server.server_close()
    with pytest.raises(PhotoError, match=r"cat\.jpg: (nothing is there, or no server|cannot be fetched)"):
        read_photo(f"{address}/cat.jpg")
    with pytest.raises(PhotoError, match=r"nosuch://a: cannot be fetched"):
        read_photo("nosuch://a")
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(PhotoError, match=r"a URL needs fsspec: install blurmap with its extra 'scan'"):
        read_photo("https://example.org/a.jpg")


def test_a_file_is_not_taken_for_many() -> None:
    content = (EXAMPLES / "cat.jpg").read_bytes()
    assert blurmap.detect(io.BytesIO(content)) == blurmap.detect(content) == blurmap.detect(bytearray(content))
