"""The command, in a process of its own or, where that would take long, in this one."""

import subprocess
import sys
from pathlib import Path

import pytest

from blurmap.cli import main

COMMAND = (sys.executable, "-c", "from blurmap.cli import main; main()")


def run(*arguments: object, cwd: Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Run ``blurmap`` with the arguments; it must end with the status, and never with a traceback or warnings."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == status, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert "Warning" not in done.stderr
    return done


def failing(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What ``blurmap`` says on stderr to a line of arguments; it must end with status 1."""
    with pytest.MonkeyPatch.context() as patched, pytest.raises(SystemExit) as ended:
        patched.setattr(sys, "argv", ["blurmap", *line.split()])
        main()
    assert ended.value.code == 1
    return capsys.readouterr().err
