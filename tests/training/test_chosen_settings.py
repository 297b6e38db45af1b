"""The settings of ``default`` that are chosen on labelled photos: pixels whose label is unknown count for nothing."""

from pathlib import Path
from typing import cast

import numpy as np
import pytest
from PIL import Image

from blurmap.evaluation.dataset import Dataset, open_dataset
from blurmap.imaging.pyramid import Pyramid
from blurmap.maps import Maps
from blurmap.models.default import DefaultModel, Settings
from blurmap.training.export_default import choose_settings

BAND, ROWS = 64, 96  # pixels; three bands beside each other


class Calibrated:
    """Says .8 and .2 where that share of the pixels is blurred, and is sure of blur in the third band."""

    settings = Settings()

    def maps(self, photo: Pyramid) -> Maps:
        p = np.repeat(np.array([0.8, 0.2, 0.99], np.float32), BAND)[None].repeat(ROWS, 0)
        return Maps(p, np.zeros_like(p))


@pytest.fixture
def third_unknown(tmp_path: Path) -> Dataset:
    for inner in ("image", "gt"):
        (tmp_path / inner).mkdir()
    random = np.random.default_rng(0)
    labels = np.full((ROWS, 3 * BAND), 128, np.uint8)
    for band, share in enumerate((0.8, 0.2)):
        labels[:, band * BAND : (band + 1) * BAND] = 255 * (random.random((ROWS, BAND)) < share)
    for name in ("a", "b"):
        Image.fromarray(np.full((ROWS, 3 * BAND, 3), 90, np.uint8)).save(tmp_path / "image" / f"{name}.png")
        Image.fromarray(labels).save(tmp_path / "gt" / f"{name}.png")
    (tmp_path / "photos.csv").write_text("name,type,split\na,defocus,val\nb,motion,val\n")
    return open_dataset(tmp_path)


def test_calibration_leaves_out_what_is_unknown(third_unknown: Dataset) -> None:
    settings, log = choose_settings(cast("DefaultModel", Calibrated()), third_unknown, (192,))
    assert settings.scale == pytest.approx(1, abs=0.15)
    assert settings.bias == pytest.approx(0, abs=0.15)
    assert log["192"]["defocus"] == pytest.approx(0.8, abs=0.02)
