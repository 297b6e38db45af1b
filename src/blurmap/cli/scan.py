"""The commands ``blurmap scan``, ``report`` and ``undo``."""

import json
import signal
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from blurmap.cli.console import ProgressBar, say, tell, watched
from blurmap.cli.culling import do_or_describe
from blurmap.models import DEFAULT

if TYPE_CHECKING:
    from blurmap.scanning.run import Progress

STDOUT = Path("-")
COLOURS = {
    "sharp": "green", "selective": "cyan", "defocused": "dark_orange", "motion": "blue", "unjudged": "bright_black",
    "error": "red",
}  # fmt: skip


def scan(
    sources: Annotated[
        list[str],
        typer.Argument(metavar="SOURCE...", help="Folders, photos, globs, URLs, @LIST, - for a list on stdin."),
    ],
    out: Annotated[str, typer.Option(help="Table to write: .parquet, .csv or .jsonl.")] = "results.parquet",
    as_csv: Annotated[Path | None, typer.Option("--csv", help="Write the table as CSV too: a .csv.")] = None,
    as_jsonl: Annotated[
        Path | None, typer.Option("--jsonl", help="And as JSON lines: a .jsonl, or - for stdout.")
    ] = None,
    model: Annotated[str, typer.Option(help="One that passes verdicts, see 'blurmap models'.")] = DEFAULT,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes.  [default: as many as cores, and as gigabytes of memory]")
    ] = None,
    masks: Annotated[Path | None, typer.Option(help="Folder to keep the masks in.")] = None,
    copy: Annotated[Path | None, typer.Option(help="Copy the photos into a folder per verdict below this one.")] = None,
    move: Annotated[Path | None, typer.Option(help="Move them there instead.")] = None,
    xmp: Annotated[bool, typer.Option("--xmp", help="Write rating and label into XMP sidecars.")] = False,
    engine: Annotated[str, typer.Option(help="local, or ray: --out is a folder or URL for parts.")] = "local",
    address: Annotated[str | None, typer.Option(help="Of the Ray cluster; auto for this machine's.")] = None,
    previews: Annotated[bool, typer.Option(help="Keep small pictures for the report.")] = True,
    bursts: Annotated[bool, typer.Option(help="Put photos of one moment together, and rank them.")] = True,
    burst_seconds: Annotated[float, typer.Option(min=0, help="Between two photos of a burst, at most.")] = 2.0,
    null: Annotated[
        bool, typer.Option("--null", "-0", help="Paths of lists end in a zero byte, as find -print0 writes them.")
    ] = False,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="PATTERN", help="Leave out of folders, as .gitignore says; repeatable.")
    ] = None,
    include_hidden: Annotated[
        bool, typer.Option("--include-hidden", help="Look into hidden folders, thumbnails, trashes, libraries too.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait where another scan writes the same table.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "--apply", help="Do what --copy, --move, --xmp say; else only show.")
    ] = False,
) -> None:
    """Look at thousands of photos: a table with verdict and reason of each. Runs again only look at what is new."""
    from blurmap.culling.plan import by_verdicts, where_to
    from blurmap.photos.sources import Finding, find_photos, is_there
    from blurmap.scanning.ray import scan_on_ray
    from blurmap.scanning.run import Options, check_options, scan_photos
    from blurmap.scanning.table import read_table, write_table

    where_to(copy, move)  # tells, before any photo is looked at, where both are given
    options = Options(model, workers, masks, previews, burst_seconds if bursts else None, wait)
    check_options(options)
    inform = say if as_jsonl != STDOUT else tell
    problems: list[str] = []
    finding = Finding(problems.append, null, include_hidden, tuple(exclude or ()))
    photos = find_photos(sources, finding)
    if not any(is_there(photo.path) for photo in photos):
        missing = [f"{photo.path}: no such file or folder" for photo in photos]
        raise ValueError("\n  ".join(["nothing to scan, and no table is written:", *problems, *missing]))
    if left_out := finding.told():
        inform(left_out)
    only_local = bool(as_csv or as_jsonl or masks or copy or move or xmp or Path(out).is_file())
    lists = [source[1:] for source in sources if source.startswith("@")]
    check_outputs(out, as_csv, as_jsonl, [*map(Path, lists), *files_of(photos)], engine, only_local=only_local)
    try:
        with ended_by_sigterm(), ProgressBar("scanning", counted=True) as bar:
            if engine == "ray":
                progress = scan_on_ray(photos, out, model, address=address, workers=workers, watch=partial(show, bar))
            else:
                progress = scan_photos(photos, Path(out), options, partial(show, bar))
    except KeyboardInterrupt as interruption:
        kept = f"kept in {out}" if Path(out).exists() else "kept"
        tell(f"blurmap: interrupted; what was looked at is {kept}, and the same command goes on from here")
        sys.exit(143 if isinstance(interruption, Terminated) else 130)
    wanted = {photo.path for photo in photos}
    rows = [row for row in read_table(Path(out)) if row["path"] in wanted] if engine == "local" else []
    for path in filter(None, (as_csv, as_jsonl)):
        if path == STDOUT:
            for row in rows:
                say(json.dumps(row))
        else:
            write_table(rows, path)
    inform(f"{progress.total} photos, {progress.done} looked at, {progress.skipped} unchanged  -> {out}")
    inform("  ".join(f"{verdict} {count}" for verdict, count in sorted(progress.verdicts.items())))
    if copy or move or xmp:
        plan = by_verdicts(rows, copy, move, xmp=xmp)
        problems += do_or_describe(plan, Path(out).absolute().parent, inform, yes=yes)
    problems = [f"{row['path']}: {row['error']}" for row in rows if row["error"]] + progress.problems + problems
    for problem in problems:
        tell(problem)
    if problems or progress.verdicts.get("error"):
        sys.exit(1)


class Terminated(KeyboardInterrupt):
    """SIGTERM: the scan ends as by Ctrl-C, and its workers with it."""


@contextmanager
def ended_by_sigterm() -> Iterator[None]:
    """Within it SIGTERM raises ``Terminated``."""

    def terminated(number: int, frame: object) -> None:
        raise Terminated

    before = signal.signal(signal.SIGTERM, terminated)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def files_of(photos: Iterable[Any]) -> list[Path]:
    from blurmap.photos.names import local_path

    return [path for photo in photos if (path := local_path(photo.path))]


def check_outputs(
    out: str, as_csv: Path | None, as_jsonl: Path | None, inputs: list[Path], engine: str, *, only_local: bool
) -> None:
    """Raise ValueError, with what to do, before any photo is looked at, where a table cannot be written."""
    from blurmap.scanning.run import refuse_inputs
    from blurmap.scanning.table import check_table

    if engine not in ("local", "ray"):
        raise ValueError(f"--engine must be local or ray, not {engine!r}")
    if engine == "ray" and only_local:
        raise ValueError("with --engine ray, --out is a folder for parts, and there are no copies, masks or sidecars")
    if engine == "ray":
        return
    if "://" in out:
        raise ValueError(f"--out must be a file on this machine, not {out!r}; give --engine ray to write to a URL")
    check_table(Path(out))
    if as_csv:
        check_table(as_csv, (".csv",))
    if as_jsonl and as_jsonl != STDOUT:
        check_table(as_jsonl, (".jsonl",))
    refuse_inputs([path for path in (Path(out), as_csv, as_jsonl) if path and path != STDOUT], inputs)


def show(bar: ProgressBar, progress: "Progress") -> None:
    """Bar, photos per second, time left, counts per verdict."""
    pace = f"{bar.speed:.1f}/s" if bar.speed else ""
    counts = " ".join(f"[{COLOURS[verdict]}]{verdict} {n}[/]" for verdict, n in sorted(progress.verdicts.items()))
    bar.show(progress.done, progress.total - progress.skipped, pace, counts)


def report(
    table: Annotated[Path, typer.Argument(help="Table that 'blurmap scan' wrote, or folder of parts.")],
    out: Annotated[Path | None, typer.Option(help="HTML file.  [default: TABLE.html]")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a report that is there.")] = False,
    fetch: Annotated[
        bool, typer.Option("--fetch", help="Fetch photos behind URLs that the scan kept no picture of.")
    ] = False,
    large: Annotated[
        bool, typer.Option("--large", help="Put in the large pictures of RAW, HEIC, TIFF too, to send the page alone.")
    ] = False,
    loupes: Annotated[bool, typer.Option(help="Put in crops at 100 %; without, a third of the size.")] = True,
) -> None:
    """Write one HTML page to look through the photos of a scan, and to choose: works offline, no server."""
    from blurmap.culling.report import write_report
    from blurmap.scanning.pictures import pictures_folder
    from blurmap.scanning.run import table_of_store

    if table_of_store(table):
        say(f"written {table}: the rows of a scan that did not end")
    path = out or table.with_suffix(".html")

    def expect(photos: int, size: int) -> None:
        say(f"{photos} photos: {path} will have about {max(size / 1e6, 0.1):,.1f} MB")

    path, problems = write_report(
        table,
        path,
        overwrite=overwrite,
        loupes=loupes,
        large=large,
        fetch=fetch,
        expect=expect,
        watch=lambda rows, count: watched(rows, "report", count),
    )
    for problem in problems:
        tell(problem)
    if not large and (folder := pictures_folder(table)).is_dir():
        say(f"it shows RAW, HEIC, TIFF from {folder}: send that along with it, or give --large")
    say(f"written {path}: open it in a browser")
