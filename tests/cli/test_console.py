"""What all commands share: the choice of models, a reader that has seen enough, the version."""

import io
import os
import re
import subprocess
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

import blurmap
from blurmap.cli import app
from blurmap.cli.console import ProgressBar
from blurmap.models import MODELS
from tests.cli.command import COMMAND, failing, run
from tests.support import EXAMPLES


@pytest.mark.slow
def test_models_are_those_there_are(tmp_path: Path) -> None:
    for command, status in (("detect", 2), ("magnify", 2), ("cutout", 2), ("scan", 1)):
        done = run(command, EXAMPLES / "cat.jpg", "--model", "nonsense", cwd=tmp_path, status=status)
        assert all(name in done.stderr for name in MODELS if MODELS[name].capabilities.verdicts or command != "scan"), (
            done.stderr
        )
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.parametrize("options", [(), ("--json",)])
def test_a_reader_that_has_seen_enough_stops_nothing(options: tuple[str, ...], tmp_path: Path) -> None:
    """``blurmap detect a b c | head -1``: no failure, and every photo gets its mask."""
    photos = [EXAMPLES / name for name in ("cat.jpg", "clock.jpg", "coffee.jpg")]
    with subprocess.Popen(
        [*COMMAND, "detect", *map(str, photos), *options],
        cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        assert "cat.jpg" in process.stdout.readline()
        process.stdout.close()
        told = process.stderr.read()
        assert (process.wait(timeout=120), told) == (0, "")
    assert len(list((tmp_path / "blurmap_out").glob("*_mask.png"))) == 3


@pytest.mark.slow
def test_a_table_that_nobody_reads(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*COMMAND, "models"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert (process.wait(timeout=300), process.stderr.read()) == (0, "")


@pytest.mark.slow
def test_version_and_help(tmp_path: Path) -> None:
    assert run("--version", cwd=tmp_path).stdout == f"blurmap {blurmap.__version__}\n"
    shown = run("--help", cwd=tmp_path).stdout
    for command in ("detect", "check", "magnify", "cutout", "scan", "summary", "report", "undo", "serve",
                    "models", "evaluate", "train", "export"):  # fmt: skip
        assert command in shown


@pytest.mark.parametrize("line", ["", "detect", "check", "train", "train default"])
def test_h_is_help(line: str) -> None:
    shown = [CliRunner().invoke(app, [*line.split(), how]) for how in ("-h", "--help")]
    assert shown[0].exit_code == 0
    assert shown[0].output == shown[1].output
    assert "Usage: " in shown[0].output


@pytest.mark.slow
@pytest.mark.parametrize(("words", "offered"), [("blurmap de", "detect"), ("blurmap check --preset o", "ocr")])
def test_shells_complete(words: str, offered: str, tmp_path: Path) -> None:
    variables = {"_BLURMAP_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    code = "from blurmap.cli import app; app(prog_name='blurmap')"
    done = subprocess.run(
        [COMMAND[0], "-c", code], env=os.environ | variables, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == [offered], done.stderr


def test_what_the_system_refuses_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    for command, words in (
        (f"undo {tmp_path}", "is a directory"),
        (f"undo {tmp_path}/file/x", "not a directory"),
        (f"undo {tmp_path}/none", "no such file or directory"),
        (f"apply {tmp_path} --move m", "is a directory"),
        (f"apply {tmp_path}/none.json --move m", "no such file or directory"),
    ):
        said = failing(command, capsys)
        assert said.startswith(f"blurmap: {tmp_path}"), said
        assert said.rstrip().endswith(f": {words}"), said


def progress_at(width: int, *, terminal: bool, monkeypatch: pytest.MonkeyPatch) -> str:
    """What stands on the terminal, or was written, in the middle of a scan of 12,345 photos."""
    buffer = io.StringIO()
    shown = Console(file=buffer, width=width, force_terminal=terminal, soft_wrap=True, color_system=None)
    monkeypatch.setattr("blurmap.cli.console.errors", shown)
    now = iter(float(n) for n in range(0, 10_000, 30))
    monkeypatch.setattr("blurmap.cli.console.time.monotonic", lambda: next(now))
    with ProgressBar("scanning", counted=True) as bar:
        for done in (6700, 6800, 6900, 7000):
            bar.show(done, 12_345, "24.5/s", "[green]sharp 4321[/] [cyan]selective 1234[/] [red]error 17[/]")
    return buffer.getvalue()


@pytest.mark.parametrize("width", [80, 100, 160])
def test_progress_keeps_total_and_time_left_on_a_narrow_terminal(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    line = progress_at(width, terminal=True, monkeypatch=monkeypatch)
    assert "7000/12345" in line
    assert re.search(r"[0-9-]:[0-9-]{2}:[0-9-]{2}", line)
    assert ("selective 1234" in line) == (width >= 100)
    assert "…" not in line


def test_progress_is_a_line_each_minute_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = progress_at(80, terminal=False, monkeypatch=monkeypatch).splitlines()
    assert 1 <= len(lines) <= 2, lines  # of four calls, half a minute apart
    assert lines[0].startswith("scanning: 6")
    assert " of 12345, 24.5/s" in lines[0]
    assert lines[0].endswith("sharp 4321 selective 1234 error 17")
