"""``blurmap.detect``: of one photo the result, of many photos the results as they come, with all cores at work."""

import os
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Literal, TypeGuard, cast, get_args, overload

from PIL import Image

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
    """Find where a photo is blurred, or where each of many is.

    Parameters
    ----------
    photo : path, URL, bytes, binary file, PIL image, array or tensor; or a list or other iterable of them
        EXIF orientation is honoured. A URL is fetched by fsspec. An array is H x W x 3 RGB, H x W x 4 RGBA,
        H x W x 1 or H x W grey; a PyTorch tensor 3 x H x W, 4 x H x W, 1 x H x W or H x W; both are uint8, uint16 or
        float in [0, 1].
    model : str
        Name of the model, see :func:`blurmap.load`.
    channels : {"rgb", "bgr"}
        Order of an array's colours; OpenCV's is ``"bgr"``.
    workers : int, optional
        Of many photos: how many are looked at at once, a core each; as many as there are cores if not given.
    errors : {"raise", "return"}
        Of many photos: raise the error of one that cannot be used when its turn comes, or give it in its place.

    Returns
    -------
    BlurMap, or iterator of BlurMap
        At the photo's own size: ``probability`` (float32 in [0, 1], 1 = blurred), ``mask`` (bool, True = blurred),
        ``kind`` (uint8: 0 sharp, 1 defocus, 2 motion; None from ``paper``), ``fraction`` (share of blurred pixels),
        ``fractions`` (by kind), ``verdict`` and its ``reason``, ``overlay()`` and ``save()``. Of many photos they come
        in the order of the photos, verdicts made; a few are made ahead, and the iterable is taken from as they are.

    Raises
    ------
    PhotoError
        If the photo cannot be used; the message says why.
    """
    if not _are_many(photo):
        return _look(load(model), cast(Photo, photo), channels)
    if errors not in get_args(Errors):
        raise ValueError(f"errors must be raise or return, not {errors!r}")
    if workers is not None and workers < 1:
        raise ValueError(f"workers must be at least 1, not {workers}")
    loaded = load(model, threads=1)  # a core per photo keeps them busier than several on one
    return _detect_many(iter(photo), loaded, channels, workers or os.cpu_count() or 1, errors)


def _look(model: Model, photo: Photo, channels: Channels) -> BlurMap:
    return model.detect(photo if channels == "rgb" else open_photo(photo, channels=channels))


def _are_many(photo: Photo | Iterable[Photo]) -> TypeGuard[Iterable[Photo]]:
    one = (str, os.PathLike, bytes, bytearray, memoryview, Image.Image)
    if not isinstance(photo, Iterable) or isinstance(photo, one) or hasattr(photo, "read"):
        return False
    return not is_array(photo) or getattr(photo, "ndim", 0) == 1  # such as a column of paths of a data frame


def _detect_many(
    photos: Iterator[Photo], model: Model, channels: Channels, workers: int, errors: Errors
) -> Iterator[Any]:
    """Results, or with ``errors="return"`` PhotoErrors, in the order of the photos."""

    def look(photo: Photo) -> BlurMap | PhotoError:
        try:
            result = _look(model, photo, channels)
            _ = result.judgement  # here, where other photos are looked at meanwhile
            return result
        except PhotoError as error:
            return error

    pool = ThreadPoolExecutor(workers, "blurmap")
    ahead: deque[Future[BlurMap | PhotoError]] = deque()
    try:
        for photo in photos:
            ahead.append(pool.submit(look, photo))
            if len(ahead) >= workers * AHEAD:
                yield _given(ahead.popleft(), errors)
        while ahead:
            yield _given(ahead.popleft(), errors)
    finally:  # when all are given, an error was raised, or the caller has seen enough
        pool.shutdown(wait=True, cancel_futures=True)


def _given(future: "Future[BlurMap | PhotoError]", errors: Errors) -> BlurMap | PhotoError:
    found = future.result()
    if errors == "raise" and isinstance(found, PhotoError):
        raise found
    return found


__all__ = ["detect"]
