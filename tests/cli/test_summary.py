"""``blurmap summary``: for people, as JSON, and of what is no table."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from blurmap.cli import app
from blurmap.scanning.table import write_table
from tests.cli.command import failing
from tests.scanning.test_summary import ROWS


def test_for_people_and_as_json(tmp_path: Path) -> None:
    write_table([{**row, "model": "default"} for row in ROWS], tmp_path / "t.jsonl")
    shown = CliRunner().invoke(app, ["summary", str(tmp_path / "t.jsonl"), "--examples", "1"]).output
    assert shown.startswith("7 photos  error 1  motion 3  selective 2  sharp 1\n")
    assert [line.split()[1:6:2] for line in shown.splitlines() if "motion" in line][1] == ["motion", "3", "42.9%"]
    assert "motion: e\n    reason of e\n" in shown
    assert "motion: d" not in shown
    done = CliRunner().invoke(app, ["summary", str(tmp_path / "t.jsonl"), "--json"])
    assert json.loads(done.output)["issues"][1]["photos"] == 3


def test_what_is_no_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,2\n")
    assert "t.csv: is not the table of a scan" in failing(f"summary {tmp_path}/t.csv", capsys)
    assert "blurmap: " in failing(f"summary {tmp_path}/none.csv", capsys)
