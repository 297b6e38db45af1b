"""Figures in the documentation come from files of benchmarks; a page that is behind them is found."""

import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from blurmap.models import description, weights_of
from blurmap.models.weights import weights_folder
from tests.support import program


@pytest.fixture
def figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, looking at a folder of its own."""
    script = program("scripts/figures.py")
    monkeypatch.setattr(script, "ROOT", tmp_path)
    (tmp_path / "docs" / "figures").mkdir(parents=True)
    (tmp_path / "docs" / "figures" / "speed.json").write_text(
        '{"default": {"ms": 41.3, "share": 0.123}, "paper": {"ms": 239, "share": null}}'
    )
    return script


PAGE = """It takes <!-- figure: speed.json default.ms %.0f -->7<!-- end --> ms, a
<!-- figure: speed.json default.share*100 %.1f%% -->?<!-- end --> share.

<!-- table: speed.json the_model ms:%.0f:ms share:%.2f:share_of_all -->
<!-- end -->
"""


def test_pages_are_filled_and_checked(
    figures: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "README.md"
    page.write_text(PAGE)
    monkeypatch.setattr("sys.argv", ["figures.py", "--check"])
    assert figures.main() == 1
    assert "README.md: differs" in capsys.readouterr().out
    assert page.read_text() == PAGE
    monkeypatch.setattr("sys.argv", ["figures.py"])
    assert figures.main() == 0
    text = page.read_text()
    assert "%.0f -->41<!-- end --> ms" in text
    assert "-->12.3%<!-- end --> share" in text
    table = (
        "| the model | ms | share of all |\n| --- | --- | --- |\n| default | 41 | 0.12 |\n| paper | 239 | - |\n<!-- end"
    )
    assert table in text
    monkeypatch.setattr("sys.argv", ["figures.py", "--check"])
    assert figures.main() == 0
    (tmp_path / "docs" / "figures" / "speed.json").write_text('{"default": {"ms": 52, "share": 0.123}}')
    assert figures.main() == 1


def test_figures_of_accuracy_are_of_the_weights_that_ship(
    figures: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "README.md").touch()
    monkeypatch.setattr("sys.argv", ["figures.py", "--check"])
    folder = tmp_path / "docs" / "figures"
    good, bad = ({"run": {"weights": {"paper": digits}}} for digits in (weights_of("paper")[:12], "0" * 12))
    one_model = {"run": {"weights": {"paper": "0" * 12, "default": weights_of("default")[:12]}, "model": "default"}}
    for name, content, status, words in (
        ("accuracy", good, 0, ""), ("accuracy", bad, 1, "accuracy of other weights of paper"),
        ("speed", bad, 0, "speed of other weights of paper"),
        ("shake", one_model, 0, ""), ("verdict", {"weights": "0" * 12}, 1, "accuracy of other weights of verdict"),
    ):  # fmt: skip
        (folder / f"{name}.json").write_text(json.dumps(content))
        assert figures.main() == status, name
        assert words in capsys.readouterr().out
        (folder / f"{name}.json").unlink()
    kept = description("default").get("val_weights")
    if kept:  # figures on val of the same training without it
        (folder / "worst.json").write_text(json.dumps({"run": {"weights": {"default": kept}}}))
        assert figures.main() == 0


def test_what_was_measured_with_is_said(figures: ModuleType) -> None:
    run = {"cores": 2, "blurmap": "9.9", "at": "abc", "weights": {"default": "1234", "paper": "5"}, "model": "default"}
    text = figures.filled("<!-- measured: a.json -->?<!-- end -->.", lambda name: {"run": run})
    assert text.endswith("-->with blurmap 9.9 at abc, weights default 1234, on 2 cores<!-- end -->.")


def test_a_figure_that_no_benchmark_wrote_is_named(
    figures: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "README.md").write_text("<!-- figure: speed.json default.seconds %.0f -->1<!-- end -->")
    monkeypatch.setattr("sys.argv", ["figures.py"])
    assert figures.main() == 1
    assert "README.md: 'no default.seconds in speed.json'" in capsys.readouterr().out


def test_a_table_takes_its_rows_from_within_a_file(figures: ModuleType) -> None:
    found = {"stages": {"paper": {"decode": {"ms": 1.5}}}}
    text = "<!-- table: speed.json#stages.paper stage ms:%.1f:ms -->\n<!-- end -->"
    assert "| decode | 1.5 |\n<!-- end" in figures.filled(text, lambda name: {"speed.json": found}[name])
    with pytest.raises(KeyError, match=r"no stages\.paper in speed\.json"):
        figures.filled(text, lambda name: {})


def test_a_value_at_the_head_of_a_card_and_a_place_in_a_list(figures: ModuleType) -> None:
    found = {"speed.json": {"default": {"f": 0.91234, "sides": [512, 256]}}}
    text = (
        "    value: 0  # figure: speed.json default.f %.3f\n<!-- figure: speed.json default.sides.1 %d -->?<!-- end -->"
    )
    filled = figures.filled(text, lambda name: found[name])
    assert filled.splitlines()[0] == "    value: 0.912  # figure: speed.json default.f %.3f"
    assert "%d -->256<!-- end -->" in filled
    for missing in ("default.sides.2", "default.sides.x", "default.mae"):
        with pytest.raises(KeyError, match=f"no {missing}"):
            figures.filled(f"value: 0  # figure: speed.json {missing} %.3f", lambda name: found[name])


def test_the_choices_of_paper_on_its_page_are_those_of_the_weights_that_ship() -> None:
    shown = Path(__file__).parent.parent / "docs" / "figures" / "paper-choices.json"
    assert json.loads(shown.read_text()) == json.loads((weights_folder() / "fusion.json").read_text())


def test_rows_measured_anew_take_the_places_of_the_old_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent.parent / "benchmarks"))
    monkeypatch.delitem(sys.modules, "output", raising=False)
    accuracy = program("benchmarks/accuracy.py")
    kept: dict[str, Any] = {
        "run": {"split": "val", "photos": {"cuhk": 84}, "weights": {"default": "a", "paper": "b"}},
        "models": {"default": {"ms": 1}, "paper": {"ms": 2}, "HiFST": {"ms": 3}},
    }
    anew = {"run": {"split": "val", "photos": {"cuhk": 84}, "weights": {"paper": "c"}}, "models": {"paper": {"ms": 4}}}
    merged = accuracy.in_place(anew, kept)
    assert merged["run"]["weights"] == {"default": "a", "paper": "c"}
    assert list(merged["models"].items()) == [("default", {"ms": 1}), ("paper", {"ms": 4}), ("HiFST", {"ms": 3})]
    kept["run"] |= {"photos": {"cuhk": 83}}
    with pytest.raises(SystemExit, match="other photos"):
        accuracy.in_place(anew, kept)
    assert list(accuracy.conditions("paper")["weights"]) == ["paper"]
    assert list(accuracy.conditions()["weights"]) == list(accuracy.MODELS)
