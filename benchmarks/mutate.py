"""Damages photos of every format at random and reads them: nothing but a PhotoError may come out, and no crash.

python -m benchmarks.mutate [--minutes 10] [--out docs/lab/mutation.md]
python -m benchmarks.mutate --number N       # what file N does, with its traceback

The files are read in a child process, so that a crash or a hang of a decoder is counted and not the end of the run.
"""

import argparse
import multiprocessing
import os
import resource
import sys
import time
from collections import Counter
from importlib.metadata import version
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

from PIL import features
from tests.mutation import damaged, samples

from blurmap.errors import PhotoError, PhotoTooLarge
from blurmap.files import write_text
from blurmap.photos.photo import open_described

LONGEST = 30.0  # seconds for one file of a few kilobytes; more is a hang
MEMORY = 4 << 30  # bytes of the child: a decoder that wants more for such a file is at fault too
ACCEPTED = ("read", "refused", "too large")


def outcome(content: bytes) -> str:
    """What became of a file: one of ``ACCEPTED``, or ``raised`` and what."""
    try:
        open_described(content, "photo")
    except PhotoTooLarge:
        return "too large"
    except PhotoError:
        return "refused"
    except Exception as error:
        return f"raised {type(error).__name__}"
    return "read"


def read_files(sender: Connection, first: int, deadline: float) -> None:
    """Read file after file from a number on, and send the outcome of each: the child."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # libtiff says a line about every damaged file
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    samples()
    sender.send("ready")
    for number in count(first):
        if time.monotonic() > deadline:
            return
        sender.send(outcome(damaged(number)[1]))


def run(seconds: float) -> tuple[Counter[tuple[str, str]], list[int]]:
    """How often each (format, outcome) came, and the numbers of the files that did what none may."""
    context, kinds = multiprocessing.get_context("spawn"), list(samples())
    counts: Counter[tuple[str, str]] = Counter()
    faults: list[int] = []
    number, deadline = 0, time.monotonic() + seconds

    def note(result: str) -> None:
        nonlocal number
        counts[kinds[number % len(kinds)], result] += 1
        if result not in ACCEPTED:
            faults.append(number)
        number += 1

    while time.monotonic() < deadline:
        receiver, sender = context.Pipe(duplex=False)
        child = context.Process(target=read_files, args=(sender, number, deadline))
        child.start()
        sender.close()
        try:
            receiver.recv()  # that it is ready: to start takes longer than any file may
            while receiver.poll(LONGEST):
                note(receiver.recv())
            child.kill()
            note("hung")
        except EOFError:
            child.join()
            if child.exitcode:
                note("crashed")
    return counts, faults


def report(counts: Counter[tuple[str, str]], faults: list[int], seconds: float) -> str:
    """The page of the documentation."""
    total = Counter[str]()
    rows = []
    for kind in samples():
        of_kind = {result: n for (name, result), n in counts.items() if name == kind}
        wrong = {result: n for result, n in of_kind.items() if result not in ACCEPTED}
        total.update({result: of_kind.get(result, 0) for result in ACCEPTED} | {"wrong": sum(wrong.values())})
        cells = [f"{of_kind.get(result, 0):,}" for result in ACCEPTED]
        told = ", ".join(f"{result}: {n}" for result, n in wrong.items()) or "0"
        rows.append(f"| {kind} | {sum(of_kind.values()):,} | {' | '.join(cells)} | {told} |")
    cells = [f"{total[result]:,}" for result in (*ACCEPTED, "wrong")]
    libraries = f"Pillow {version('pillow')}, libavif {features.version('avif')}, libtiff {features.version('libtiff')}"
    libraries += f", pi-heif {version('pi-heif')}, rawpy {version('rawpy')}"
    lines = [
        "# Damaged photos",
        "",
        f"{sum(counts.values()):,} damaged files of {len(samples())} kinds in {seconds / 60:.0f} minutes: bytes set, "
        "bits flipped, pieces cut off, put in, taken out, doubled and moved. Each must be read, or be refused by a "
        f"`PhotoError`; another exception, a crash or a hang of the decoder is wrong. {libraries}. "
        "Made by `python -m benchmarks.mutate`; the tests read a share of the same files.",
        "",
        "| kind | files | read | refused | too large | wrong |",
        "|---|---|---|---|---|---|",
        *rows,
        f"| all | {sum(counts.values()):,} | {' | '.join(cells)} |",
    ]
    if faults:
        lines += ["", f"Wrong: files {', '.join(map(str, faults[:100]))}."]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--number", type=int, help="Read this file only, in this process.")
    parser.add_argument("--out", type=Path, default=Path("docs/lab/mutation.md"), help="Replaced if it is there.")
    arguments = parser.parse_args()
    if arguments.number is not None:
        kind, content = damaged(arguments.number)
        print(f"{kind}, {len(content)} bytes")
        print(open_described(content, "photo"))
        return
    started = time.monotonic()
    counts, faults = run(60 * arguments.minutes)
    text = report(counts, faults, time.monotonic() - started)
    write_text(arguments.out, text, overwrite=True)
    print(text)
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
