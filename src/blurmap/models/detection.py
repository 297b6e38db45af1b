"""``blurmap.detect`` and ``detect_many``: the result of a photo; those of many as they come, with all cores at work."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Literal, TypeGuard, get_args, overload

from PIL import Image

from blurmap.bounded_map import bounded_map
from blurmap.errors import PhotoError
from blurmap.models import DEFAULT, Model, load
from blurmap.photos.arrays import Channels, is_array
from blurmap.photos.photo import Photo, open_photo
from blurmap.result import BlurMap

Errors = Literal["raise", "return"]
AHEAD = 2  # results per worker that are made or being made before they are asked for: bounds the memory


@overload
def detect(  # type: ignore[overload-overlap]  # a path is an iterable of str too: it is one photo
    photo: Photo, model: str = ..., *, channels: Channels = ...
) -> BlurMap: ...
@overload
def detect(
    photo: Iterable[Photo], model: str = ..., *, channels: Channels = ..., workers: int | None = ...,
    errors: Literal["raise"] = ...,
) -> Iterator[BlurMap]: ...  # fmt: skip
@overload
def detect(
    photo: Iterable[Photo], model: str = ..., *, channels: Channels = ..., workers: int | None = ...,
    errors: Literal["return"],
) -> Iterator[BlurMap | PhotoError]: ...  # fmt: skip
def detect(
    photo: Photo | Iterable[Photo],
    model: str = DEFAULT,
    *,
    channels: Channels = "rgb",
    workers: int | None = None,
    errors: Errors = "raise",
) -> BlurMap | Iterator[BlurMap] | Iterator[BlurMap | PhotoError]:
    """Find where a photo is blurred. For many photos: [`blurmap.detect_many`][].

    Parameters
    ----------
    photo : path, URL, bytes, binary file, PIL image, array or tensor
        EXIF orientation is honoured. A URL is fetched by fsspec. An array is H x W x 3 RGB, H x W x 4 RGBA,
        H x W x 1 or H x W grey; a PyTorch tensor 3 x H x W, 4 x H x W, 1 x H x W or H x W; both are uint8, uint16 or
        float in [0, 1]. A list or other iterable of them is given to [`blurmap.detect_many`][].
    model : str
        Name of the model, see [`blurmap.load`][].
    channels : {"rgb", "bgr"}
        Order of an array's colours; OpenCV's is ``"bgr"``.
    workers, errors
        For an iterable of photos only, see [`blurmap.detect_many`][].

    Returns
    -------
    BlurMap
        At the photo's own size: ``probability`` (float32 in [0, 1], 1 = blurred), ``mask`` (bool, True = blurred),
        ``kind`` (uint8: 0 sharp, 1 defocus, 2 motion; None from ``paper``), ``fraction`` (share of blurred pixels),
        ``fractions`` (by kind), ``verdict`` and its ``reason``, ``overlay()`` and ``save()``.

    Raises
    ------
    PhotoError
        If the photo cannot be used; the message says why.
    """
    if _are_many(photo):
        return detect_many(photo, model, channels=channels, workers=workers, errors=errors)
    return _detect(load(model), photo, channels)  # type: ignore[arg-type]  # what is not many is a photo


@overload
def detect_many(
    photos: Iterable[Photo], model: str = ..., *, channels: Channels = ..., workers: int | None = ...,
    errors: Literal["raise"] = ...,
) -> Iterator[BlurMap]: ...  # fmt: skip
@overload
def detect_many(
    photos: Iterable[Photo], model: str = ..., *, channels: Channels = ..., workers: int | None = ...,
    errors: Errors = ...,
) -> Iterator[BlurMap | PhotoError]: ...  # fmt: skip
def detect_many(
    photos: Iterable[Photo],
    model: str = DEFAULT,
    *,
    channels: Channels = "rgb",
    workers: int | None = None,
    errors: Errors = "raise",
) -> Iterator[BlurMap] | Iterator[BlurMap | PhotoError]:
    """Find where each of many photos is blurred, several at a time.

    Parameters
    ----------
    photos : iterable of what [`blurmap.detect`][] takes
    model, channels
        See [`blurmap.detect`][].
    workers : int, optional
        How many photos are looked at at once, a core each; as many as there are cores if not given.
    errors : {"raise", "return"}
        Raise the error of a photo that cannot be used when its turn comes, or give it in its place.

    Returns
    -------
    iterator of BlurMap
        In the order of the photos, verdicts made; a few are made ahead, and the iterable is taken from as they are.

    Raises
    ------
    ValueError
        At once, if it is given one photo, there is no such model, or an argument is out of range.
    PhotoError
        With ``errors="raise"``, in the turn of a photo that cannot be used.
    """
    if not _are_many(photos):
        raise ValueError("detect_many takes a list or other iterable of photos; for one photo there is detect")
    if errors not in get_args(Errors):
        raise ValueError(f"errors must be raise or return, not {errors!r}")
    if workers is not None and workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}")
    loaded = load(model, threads=1)  # a core per photo keeps them busier than several on one
    return _results(photos, loaded, channels, workers or os.cpu_count() or 1, errors)


def _results(
    photos: Iterable[Photo], model: Model, channels: Channels, workers: int, errors: Errors
) -> Iterator[BlurMap | PhotoError]:
    def judged(photo: Photo) -> BlurMap | PhotoError:
        try:
            result = _detect(model, photo, channels)
            _ = result.judgement  # here, where other photos are looked at meanwhile
            return result
        except PhotoError as error:
            return error

    pool = ThreadPoolExecutor(workers, "blurmap")
    try:
        for result in bounded_map(pool, judged, photos, workers * AHEAD):
            if errors == "raise" and isinstance(result, PhotoError):
                raise result
            yield result
    finally:  # when all are given, an error was raised, or the caller has seen enough
        pool.shutdown(wait=True, cancel_futures=True)


def _detect(model: Model, photo: Photo, channels: Channels) -> BlurMap:
    return model.detect(photo if channels == "rgb" else open_photo(photo, channels=channels))


def _are_many(photo: Photo | Iterable[Photo]) -> TypeGuard[Iterable[Photo]]:
    one = (str, os.PathLike, bytes, bytearray, memoryview, Image.Image)
    if not isinstance(photo, Iterable) or isinstance(photo, one) or hasattr(photo, "read"):
        return False
    return not is_array(photo) or getattr(photo, "ndim", 0) == 1  # such as a column of paths of a data frame
