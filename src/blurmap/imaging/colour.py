"""Light: sRGB values and the linear light in which a lens and a shutter mix."""

import numpy as np
from numpy.typing import NDArray


def linear_light(photo: NDArray[np.uint8]) -> NDArray[np.float32]:
    """sRGB uint8 to linear light, float32 in [0, 1] (IEC 61966-2-1)."""
    return _LINEAR[photo]


def srgb(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Linear light to sRGB values, float32 in [0, 1]; the inverse of :func:`linear_light`."""
    light = np.clip(light, 0, 1)
    low: NDArray[np.float32] = light * np.float32(12.92)
    high = np.float32(1.055) * light ** np.float32(1 / 2.4) - np.float32(0.055)
    return np.where(light <= 0.0031308, low, high).astype(np.float32)


_LEVELS = np.arange(256, dtype=np.float32) / 255.0
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4).astype(np.float32)
