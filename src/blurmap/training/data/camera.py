"""What a camera makes of light: noise, mosaic, denoising, sharpening, tones, JPEG.

A sharp scene that a phone has denoised and sharpened looks like no sharp photo of a data set: fine texture is smeared,
edges have halos, colours bleed. What learns blur has to see all of that on sharp and blurred scenes alike, so that
nothing but the blur tells them apart. The order of the steps is that of Brooks et al., "Unprocessing Images for Learned
Raw Denoising" (CVPR 2019), section 3.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Pixels = NDArray[np.uint8]

WHITE = 65535  # of a raw photo
JPEG_QUALITY = (45, 98)
SUBSAMPLINGS = (
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_422,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
)


def photographed(light: Floats, random: np.random.Generator) -> Pixels:
    """A photo of what reaches the sensor.

    Parameters
    ----------
    light : H x W x 3 float32 in [0, 1]
        Linear light, blurred or not.
    random : numpy.random.Generator

    Returns
    -------
    H x W x 3 uint8
    """
    exposure = np.float32(np.exp(random.uniform(np.log(0.15), np.log(1.2))))
    raw = noisy(light * exposure, random)
    if random.random() < 0.65:
        raw = demosaiced(raw, edge_aware=random.random() < 0.5)
    gain = 1 / exposure if random.random() < 0.75 else np.float32(1)  # what is not lifted stays dark
    developed = np.clip(raw * gain, 0, 1) ** np.float32(1 / random.uniform(1.8, 2.4))
    pixels = denoised((developed * 255 + 0.5).astype(np.uint8), random)
    if random.random() < 0.6:
        pixels = sharpened(pixels, random.uniform(0.6, 2.0), random.uniform(0.2, 1.8))
    return jpeg(toned(pixels, random), random) if random.random() < 0.85 else toned(pixels, random)


def noisy(light: Floats, random: np.random.Generator) -> Floats:
    """With shot and read noise, from a camera in the sun to one at night."""
    shot = 10 ** random.uniform(-5.0, -2.4)
    read = 10 ** random.uniform(-4.0, -2.1)
    deviation = np.sqrt(shot * np.clip(light, 0, 1) + read**2)
    return np.clip(light + deviation * random.standard_normal(light.shape, np.float32), 0, 1).astype(np.float32)


def demosaiced(light: Floats, *, edge_aware: bool) -> Floats:
    """Seen through a Bayer mosaic, the two other colours of each pixel guessed from its neighbours."""
    mosaic = light[..., 1].copy()
    mosaic[::2, ::2], mosaic[1::2, 1::2] = light[::2, ::2, 0], light[1::2, 1::2, 2]
    how = cv2.COLOR_BayerRGGB2RGB_EA if edge_aware else cv2.COLOR_BayerRGGB2RGB
    filled = cv2.cvtColor((mosaic * WHITE + 0.5).astype(np.uint16), how)
    return filled.astype(np.float32) / np.float32(WHITE)


def denoised(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """By a bilateral filter, a median or non-local means, of any strength, or not; and the colours blurred, often."""
    how = random.choice(["none", "bilateral", "median", "non-local"], p=[0.35, 0.35, 0.15, 0.15])
    if how == "bilateral":
        pixels = cv2.bilateralFilter(pixels, 7, random.uniform(6, 60), random.uniform(0.8, 3.0))
    elif how == "median":
        pixels = cv2.medianBlur(pixels, 3)
    elif how == "non-local":
        strength = random.uniform(2, 9)
        pixels = cv2.fastNlMeansDenoisingColored(pixels, None, strength, strength, 5, 11)
    if random.random() < 0.4:
        luma_chroma = cv2.cvtColor(pixels, cv2.COLOR_RGB2YCrCb)
        luma_chroma[..., 1:] = cv2.GaussianBlur(luma_chroma, (0, 0), random.uniform(0.8, 4.0))[..., 1:]
        pixels = cv2.cvtColor(luma_chroma, cv2.COLOR_YCrCb2RGB)
    return pixels


def sharpened(pixels: Pixels, radius: float, amount: float) -> Pixels:
    """By an unsharp mask of a radius in pixels: halos along edges."""
    return cv2.addWeighted(pixels, 1 + amount, cv2.GaussianBlur(pixels, (0, 0), radius), -amount, 0)


def toned(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """Contrast, brightness and saturation as people and cameras set them."""
    x = pixels.astype(np.float32)
    mean = x.mean()
    x = (x - mean) * np.float32(random.uniform(0.75, 1.35)) + mean + np.float32(random.uniform(-25, 25))
    grey = x.mean(2, keepdims=True)
    saturation = 0.0 if random.random() < 0.06 else random.uniform(0.6, 1.4)
    return np.clip(grey + (x - grey) * np.float32(saturation) + 0.5, 0, 255).astype(np.uint8)


def jpeg(pixels: Pixels, random: np.random.Generator) -> Pixels:
    """What is left of a photo in a JPEG file."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(*JPEG_QUALITY))]
    sampling = [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, int(random.choice(SUBSAMPLINGS, p=[0.6, 0.2, 0.2]))]
    _, file = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), quality + sampling)
    return cv2.cvtColor(cv2.imdecode(file, cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
