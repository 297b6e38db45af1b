"""Answers of the shipped models, pinned: ``python -m tests.golden`` rewrites them, ``tests/test_golden.py`` compares.

Rewrite them when weights, settings or the way from photo to verdict were changed on purpose, and read the difference.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import uniform_filter1d

import blurmap
from tests.support import EXAMPLES, soft

FOLDER = Path(__file__).parent
FIELDS = (
    "verdict", "confidence", "reason", "blurred", "defocus", "motion", "subject", "subject_sharpness", "sharp_size",
)  # fmt: skip


def photos() -> dict[str, NDArray[np.uint8]]:
    """The example photos, and what they do not show: sharp all over, out of focus, shaken, large and soft."""
    shown = {path.name: np.asarray(Image.open(path).convert("RGB")) for path in sorted(EXAMPLES.glob("*.jpg"))}
    coffee, astronaut = shown["coffee.jpg"], shown["astronaut.jpg"]
    large = np.asarray(Image.fromarray(coffee).resize((1500, 1000), Image.Resampling.BICUBIC))
    return shown | {
        "cup, sharp": coffee[190:350, 180:400],
        "coffee, out of focus": soft(coffee, 4),
        "astronaut, shaken": uniform_filter1d(astronaut.astype(np.float32), 23, axis=1).astype(np.uint8),
        "coffee, large and soft": soft(large, 4),
    }


def answers(model: str) -> dict[str, dict[str, Any]]:
    """What a model says of each of the photos: its record and the mean of its probability."""
    said = {}
    for name, photo in photos().items():
        result = blurmap.detect(photo, model)
        record = result.record()
        probability = round(float(result.maps.blurred.mean()), 4)
        said[name] = {field: record[field] for field in FIELDS} | {"probability": probability}
    return said
