"""Light: sRGB values and the linear light in which a lens and a shutter mix."""

import numpy as np
from numpy.typing import NDArray


def linear_light(photo: NDArray[np.uint8]) -> NDArray[np.float32]:
    """sRGB uint8 to linear light, float32 in [0, 1] (IEC 61966-2-1)."""
    return _LINEAR[photo]


def srgb(light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Linear light to sRGB values, float32 in [0, 1]; the inverse of ``linear_light``."""
    light = np.clip(light, 0, 1)
    low: NDArray[np.float32] = light * np.float32(12.92)
    high = np.float32(1.055) * light ** np.float32(1 / 2.4) - np.float32(0.055)
    return np.where(light <= 0.0031308, low, high).astype(np.float32)


def lab(photo: NDArray[np.uint8]) -> NDArray[np.float32]:
    """sRGB uint8 to CIE Lab under D65, float32: L from 0 to 100; equal distances look alike."""
    xyz = linear_light(photo) @ _TO_XYZ
    f = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz * np.float32((29 / 6) ** 2 / 3) + np.float32(4 / 29))
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


# Linear sRGB to XYZ relative to its white (IEC 61966-2-1), as columns.
_TO_XYZ = np.array(
    [[0.43395, 0.21267, 0.01776], [0.37621, 0.71515, 0.10947], [0.18984, 0.07218, 0.87277]], np.float32
)  # fmt: skip
_LEVELS = np.arange(256, dtype=np.float32) / 255.0
_LINEAR = np.where(_LEVELS <= 0.04045, _LEVELS / 12.92, ((_LEVELS + 0.055) / 1.055) ** 2.4).astype(np.float32)
