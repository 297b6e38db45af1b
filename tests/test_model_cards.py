"""Each model has a card whose head other tools can read, and whose stated sizes are those of the files."""

import re
from pathlib import Path
from typing import Any

import pytest

from blurmap.models import MODELS

DOCS = Path(__file__).parent.parent / "docs"
WEIGHTS = Path(__file__).parent.parent / "src" / "blurmap" / "models" / "weights"
CARDS = sorted((DOCS / "reference").glob("model-card*.md"))


def card(path: Path) -> Any:
    """A card as Hugging Face reads it; raises what is wrong with its head."""
    hub = pytest.importorskip("huggingface_hub")
    return hub.ModelCard.load(path)


def test_a_card_per_model() -> None:
    assert sorted(card(path).data.model_name for path in CARDS) == sorted(MODELS)


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_head(path: Path) -> None:
    read = card(path)
    head = read.data
    assert (head.license, head.library_name, head.pipeline_tag) == ("apache-2.0", "blurmap", "image-segmentation")
    assert {"blur-detection", "onnx"} <= set(head.tags)
    measured = {(each.dataset_type, each.dataset_config) for each in head.eval_results}
    assert measured >= {("cuhk-blur-detection", "defocus"), ("cuhk-blur-detection", "motion")}
    assert {each.metric_type for each in head.eval_results} >= {"accuracy", "mean_iou"}
    assert all(0 < each.metric_value < 1 for each in head.eval_results)
    assert read.text.lstrip().startswith(f"# Model card: `{head.model_name}`")


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_figures_at_the_head_are_marked(path: Path) -> None:
    """``scripts/figures.py --check`` compares those that are marked, of this model."""
    name = card(path).data.model_name
    values = [line for line in path.read_text(encoding="utf-8").splitlines() if line.lstrip().startswith("value:")]
    assert values
    assert all(f"# figure: accuracy.json models.{name}." in line for line in values)


@pytest.mark.parametrize("path", CARDS, ids=lambda path: path.stem)
def test_sizes_of_files(path: Path) -> None:
    said = re.findall(r"`([\w-]+\.onnx)` (\d+\.\d) MB", path.read_text(encoding="utf-8"))
    assert said
    for file, size in said:
        assert float(size) == pytest.approx((WEIGHTS / file).stat().st_size / 1e6, abs=0.06), f"{path.name}: {file}"
