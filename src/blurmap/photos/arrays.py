"""Arrays and tensors in: each with one rule, to H x W x 3 RGB uint8. What fits no rule is told what to do."""

import sys
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from blurmap.errors import PhotoError
from blurmap.photos.depth import eight_bits

Channels = Literal["rgb", "bgr"]
WHITE = 255


def is_array(photo: object) -> bool:
    """Whether it is an array or tensor, of whatever library, or a memoryview of pixels."""
    if isinstance(photo, memoryview):
        return photo.ndim > 1  # of one dimension it holds the bytes of a file
    if isinstance(photo, str | bytes):
        return False  # a path in an array of NumPy is an array itself
    return hasattr(photo, "__array__") or is_tensor(photo)


def is_tensor(photo: object) -> bool:
    """Whether it is a PyTorch tensor; PyTorch is not imported for it."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(photo, torch.Tensor)


def from_array(photo: Any, channels: Channels = "rgb") -> NDArray[np.uint8]:
    """Pixels as H x W x 3 RGB uint8.

    Parameters
    ----------
    photo : array, PyTorch tensor, or memoryview
        Channels last: H x W, H x W x 1, H x W x 3 or H x W x 4 (transparency is laid over white). A PyTorch tensor has
        them first: H x W, 1 x H x W, 3 x H x W or 4 x H x W, on any device. uint8 is taken as it is, floats are in
        [0, 1]; uint16 is divided by 257, but where no value is above 16,383 (10 to 14 bits), or greys lie in a narrow
        band far above 0, its own range is stretched to 0 to 255, without a few extremes that would take most of it; and
        where none is above 255 it is taken as it is.
    channels : {"rgb", "bgr"}
        Order of the colours; OpenCV's is ``"bgr"``.

    Raises
    ------
    PhotoError
        If it is none of these.
    """
    tensor = is_tensor(photo)
    pixels = _from_tensor(photo) if tensor else np.asarray(photo)
    if pixels.ndim == 2:
        pixels = pixels[None] if tensor else pixels[:, :, None]
    if pixels.ndim != 3 or pixels.shape[0 if tensor else 2] not in (1, 3, 4):
        raise PhotoError(_wrong_shape(pixels.shape, tensor))
    if tensor:
        pixels = pixels.transpose(1, 2, 0)
    if pixels.size == 0:
        raise PhotoError("an array must have at least one pixel")
    pixels = _eight_bits(pixels)
    if pixels.shape[2] == 4:
        alpha = pixels[:, :, 3:].astype(np.uint16)
        over = pixels[:, :, :3] * alpha + WHITE * (255 - alpha)
        pixels = ((over + 127) // 255).astype(np.uint8)
    if pixels.shape[2] == 1:
        return np.repeat(pixels, 3, axis=2)
    return pixels[:, :, ::-1] if channels == "bgr" else pixels


def _from_tensor(tensor: Any) -> NDArray[Any]:
    """A tensor's values, those of formats that NumPy does not know as float32."""
    tensor = tensor.detach().cpu()
    array: NDArray[Any] = (tensor.float() if tensor.is_floating_point() else tensor).numpy()
    return array


def _eight_bits(pixels: NDArray[Any]) -> NDArray[np.uint8]:
    if pixels.dtype == np.uint8:
        return pixels
    if pixels.dtype == np.uint16:
        return eight_bits(pixels)
    if pixels.dtype.kind != "f":
        raise PhotoError(f"an array must be uint8, uint16 or float in [0, 1], not {pixels.dtype}: convert it first")
    low, high = float(pixels.min()), float(pixels.max())
    if not (low >= 0 and high <= 1):  # so that NaN is caught too
        advice = "divide it by 255" if low >= 0 and 2 < high <= 255 else "scale or clip it first"
        raise PhotoError(f"an array of floats must be in [0, 1], not from {low:g} to {high:g}: {advice}")
    return np.rint(pixels * 255).astype(np.uint8)


def _wrong_shape(shape: tuple[int, ...], tensor: bool) -> str:
    sizes = " x ".join(map(str, shape)) or "a single number"
    if len(shape) == 4:
        return f"an array must be one photo, not {sizes}: give a batch as a list, list(batch)"
    if tensor:
        advice = ": put the channels first, permute(2, 0, 1)" if shape[-1:] in ((1,), (3,), (4,)) else ""
        return f"a tensor must be 3 x H x W, 1 x H x W, 4 x H x W or H x W, not {sizes}{advice}"
    first = len(shape) == 3 and shape[0] in (1, 3, 4)
    advice = ": put the channels last, transpose(1, 2, 0)" if first else ""
    return f"an array must be H x W x 3 RGB, H x W x 4 RGBA, H x W x 1 or H x W grey, not {sizes}{advice}"
