"""The command, in a process of its own or, where that would take long, in this one."""

import io
import subprocess
import sys
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    status: int
    stdout_bytes: bytes
    stderr: str

    @property
    def stdout(self) -> str:
        return self.stdout_bytes.decode()


def quick(*arguments: object, given: bytes = b"") -> Done:
    """Run ``blurmap`` in this process, with ``given`` on its standard input."""
    out, err, status = io.BytesIO(), io.BytesIO(), 0
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "argv", ["blurmap", *map(str, arguments)])
        for name, stream in (("stdin", io.BytesIO(given)), ("stdout", out), ("stderr", err)):
            patched.setattr(sys, name, io.TextIOWrapper(stream, "utf-8", write_through=True))
        try:
            main()
        except SystemExit as ended:
            assert isinstance(ended.code, int | None)
            status = ended.code or 0
        return Done(status, out.getvalue(), err.getvalue().decode())


def failing(line: str, capsys: pytest.CaptureFixture[str]) -> str:
    """What ``blurmap`` says on stderr to a line of arguments; it must end with status 1."""
    with pytest.MonkeyPatch.context() as patched, pytest.raises(SystemExit) as ended:
        patched.setattr(sys, "argv", ["blurmap", *line.split()])
        main()
    assert ended.value.code == 1
    return capsys.readouterr().err
