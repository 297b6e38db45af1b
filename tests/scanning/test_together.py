"""Scans at once, and what is odd in folders and tables: nobody loses rows, and one odd thing stops nobody."""

import csv
import json
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from blurmap.culling.report import write_report
from blurmap.errors import TableError
from blurmap.fields import COLUMNS
from blurmap.photos.names import file_name, local_path, written
from blurmap.photos.sources import Finding, find_photos
from blurmap.scanning.lock import locked
from blurmap.scanning.masks import is_ours, mask_path
from blurmap.scanning.results import scan
from blurmap.scanning.store import Store
from blurmap.scanning.summary import summary
from blurmap.scanning.table import check_table, iterate_table, read_table, write_table
from tests.cli.command import COMMAND, run
from tests.support import textured

ROW = dict.fromkeys(COLUMNS) | {
    "path": "/p/a.jpg", "verdict": "sharp", "confidence": 0.9, "reason": "sharp all over", "blurred": 0.25, "width": 60,
    "height": 40, "sharp_size": 60, "subject": [1, 2, 3, 4], "soft": False, "model": "default", "bytes": 5,
}  # fmt: skip
posix = pytest.mark.skipif(os.name != "posix", reason="pipes, devices and signals as POSIX has them")


def photos(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        Image.fromarray(textured(40, 60, number)).save(folder / f"{number:03}.jpg")
    return folder


@pytest.mark.slow
def test_two_scans_into_one_table_lose_nothing(tmp_path: Path) -> None:
    folders = [photos(tmp_path / name, count) for name, count in (("one", 12), ("two", 9), ("three", 5))]
    command = [*COMMAND, "scan", "--out", "t.csv", "--workers", "1", "--wait"]
    together = [subprocess.Popen([*command, folder], cwd=tmp_path, stdout=subprocess.DEVNULL) for folder in folders]
    copied = folders[0] / "000.jpg"
    choice = {"path": str(copied), "choice": "keep", "bytes": copied.stat().st_size}
    (tmp_path / "choices.json").write_text(json.dumps({"choices": [choice]}))
    run("apply", "choices.json", "--copy", "out", "--yes", cwd=tmp_path)
    while any(scanning.poll() is None for scanning in together):  # readers need no lock
        if (tmp_path / "t.csv").exists():
            run("summary", "t.csv", cwd=tmp_path)
            run("report", "t.csv", "--overwrite", cwd=tmp_path)
    assert [scanning.wait(240) for scanning in together] == [0, 0, 0]
    assert len(read_table(tmp_path / "t.csv")) == 26
    assert (tmp_path / "out/keep/000.jpg").exists()
    assert not [path for path in tmp_path.glob("*holder*")]


def test_a_second_scan_says_who_writes_the_table(tmp_path: Path) -> None:
    photos(tmp_path / "one", 1)
    with locked(tmp_path / "t.csv"), pytest.raises(TableError, match=rf"process {os.getpid()} on .*--wait"):
        scan(tmp_path / "one", tmp_path / "t.csv")
    assert not (tmp_path / "t.csv").exists()
    assert scan(tmp_path / "one", tmp_path / "t.csv", workers=1).done == 1  # the lock is lifted


@pytest.mark.slow
def test_what_another_wrote_meanwhile_stays(tmp_path: Path) -> None:
    """As on another system, where the lock is not seen."""
    folder, table = photos(tmp_path / "one", 2), tmp_path / "t.jsonl"
    write_table([ROW | {"path": "https://a/1.jpg"}], table)
    both = [ROW | {"path": "https://a/1.jpg"}, ROW | {"path": "https://a/2.jpg"}]
    scan(folder, table, workers=1, watch=lambda progress: write_table(both, table))
    assert len(read_table(table)) == 4


@pytest.mark.slow
def test_masks_that_no_scan_wrote_stay(tmp_path: Path) -> None:
    folder, masks = photos(tmp_path / "one", 3), tmp_path / "masks"
    scan(folder, tmp_path / "t.csv", masks=masks, workers=1)
    first, second, third = (mask_path(masks, str(folder / f"{number:03}.jpg")) for number in range(3))
    with Image.open(first) as image:
        corrected, texts = np.asarray(image).copy(), image.info
    corrected[:20] = 255 - corrected[:20]  # by hand, in a program that keeps the texts of a file
    from PIL.PngImagePlugin import PngInfo

    kept = PngInfo()
    for name, text in texts.items():
        kept.add_text(str(name), str(text))
    Image.fromarray(corrected).save(first, pnginfo=kept)
    third.write_bytes(b"not even a picture")
    assert [is_ours(path) for path in (first, second, third)] == [False, True, False]
    (tmp_path / "t.csv").unlink()
    done = scan(folder, tmp_path / "t.csv", masks=masks, workers=1)
    assert ["it stays" in problem for problem in done.problems] == [True, True]
    assert [row["error"] for row in done] == [None, None, None]
    assert np.array_equal(np.asarray(Image.open(first)), corrected)
    assert third.read_bytes() == b"not even a picture"


@posix
@pytest.mark.slow
def test_what_is_no_regular_file_holds_nobody(tmp_path: Path) -> None:
    folder = photos(tmp_path / "one", 1)
    os.mkfifo(folder / "pipe.jpg")
    (folder / "zero.jpg").symlink_to("/dev/zero")
    problems: list[str] = []
    assert len(find_photos([str(folder)], problems.append)) == 1
    assert ["not a regular file" in problem for problem in problems] == [True, True]
    for name in ("pipe.jpg", "zero.jpg"):
        (row,) = scan(folder / name, workers=1)
        assert row["error"] == f"{name}: is not a regular file"
        assert "is not a regular file" in run("detect", folder / name, cwd=tmp_path, status=1).stderr


@posix
@pytest.mark.slow
def test_workers_end_with_a_scan_that_is_killed(tmp_path: Path) -> None:
    photos(tmp_path / "one", 40)
    for sent, status in ((signal.SIGTERM, 143), (signal.SIGKILL, -9)):
        scanning = subprocess.Popen(
            [*COMMAND, "scan", "one", "--out", f"{sent}.csv", "--workers", "2"], cwd=tmp_path, stderr=subprocess.PIPE
        )
        store, started = tmp_path / f"{sent}.csv.store", time.monotonic()
        while not store.exists() and time.monotonic() < started + 60:
            time.sleep(0.05)
        time.sleep(1)
        group = children(scanning.pid)
        assert len(group) == 2
        scanning.send_signal(sent)
        assert scanning.wait(30) == status
        time.sleep(3)
        assert not [child for child in group if Path(f"/proc/{child}").exists()]


def children(process: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(process)], capture_output=True, text=True, check=False)
    return [int(line) for line in found.stdout.split()]


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_damaged_tables_are_one_line(tmp_path: Path, ending: str) -> None:
    """Cut, overwritten and turned bytes: rows, or an error that names the file."""
    table = tmp_path / f"t{ending}"
    write_table([ROW | {"path": f"/p/{number}.jpg"} for number in range(20)], table)
    whole, dice, refused = table.read_bytes(), random.Random(0), 0
    for _ in range(120):
        content = bytearray(whole)
        for _ in range(dice.randint(1, 4)):
            content[dice.randrange(len(content))] = dice.randrange(256)
        table.write_bytes(content[: dice.choice([len(content), dice.randrange(len(content))])])
        try:
            summary(iterate_table(table))
        except TableError as error:
            assert str(table) in str(error)
            refused += 1
    assert refused > 20 if ending == ".parquet" else refused < 100


@pytest.mark.parametrize(
    ("column", "value"),
    [("path", 5), ("path", None), ("bytes", "many"), ("bytes", 1.5), ("confidence", "high"), ("soft", 1),
     ("subject", [1, "x"]), ("subject", 4), ("verdict", ["sharp"]), ("reason", {"a": 1}), ("width", True)],
)  # fmt: skip
def test_a_table_with_one_bad_row_is_read_but_for_that_row(tmp_path: Path, column: str, value: object) -> None:
    bad, good = ROW | {"path": "/p/bad.jpg"} | {column: value}, [ROW | {"path": f"/p/{i}.jpg"} for i in range(2)]
    table = tmp_path / "t.jsonl"
    told: list[str] = []
    table.write_text("".join(json.dumps(row) + "\n" for row in (good[0], bad, good[1])))
    rows = list(iterate_table(table, told.append))
    assert [rows[0], rows[-1]] == [dict.fromkeys(COLUMNS) | row for row in good]
    if column == "path":
        assert len(rows) == 2
        assert told == [f"{table}: row 2 is left out (it has no path)"]
    else:
        assert f"damaged: {column} is " in rows[1]["error"]  # so that the next scan looks at it anew
        assert rows[1][column] is None
        assert told == []
    table.write_text(json.dumps(bad) + "\n")
    with pytest.raises(TableError, match=r"row 1: "):  # no scan wrote a table without a whole row
        check_table(table)
    with Store(tmp_path / "s.csv") as store:
        store._base.execute("insert into looks (path, row) values ('a', ?)", (json.dumps(bad),))
        if column == "path":
            with pytest.raises(TableError, match=r"s\.csv\.store"):
                store.rows()
        else:
            assert store.rows()[0]["error"]


@pytest.mark.parametrize(
    ("ending", "line"),
    [(".csv", b'"/p/x.jpg"x,,\n'), (".csv", b"/p/x.jpg,1\n"), (".csv", b"\0\n"), (".jsonl", b'{"path": "/p/x.j\n'),
     (".jsonl", b"\xff\n"), (".jsonl", b"[]\n"), (".jsonl", b'{"path": "/a"}\n'),
     (".jsonl", b'{"path": "/a\\ud800", "verdict": null, "model": null}\n')],
)  # fmt: skip
def test_a_line_that_is_no_row_is_left_out_and_said(tmp_path: Path, ending: str, line: bytes) -> None:
    table = tmp_path / f"t{ending}"
    told: list[str] = []
    write_table([ROW | {"path": f"/p/{number}.jpg"} for number in range(2)], table)
    first, second = (lines := table.read_bytes().splitlines(keepends=True))[-2:]
    table.write_bytes(b"".join([*lines[:-2], first, line, second]))
    assert [row["path"] for row in iterate_table(table, told.append)] == ["/p/0.jpg", "/p/1.jpg"]
    assert ["row 2 is left out" in text for text in told] == [True]
    assert "codec" not in told[0]


@pytest.mark.slow
def test_whoever_reads_a_table_says_what_is_left_out(tmp_path: Path) -> None:
    table = tmp_path / "t.jsonl"
    table.write_text(json.dumps(ROW) + "\n[]\n")
    told: list[str] = []
    list(iterate_table(table, told.append))
    assert told == [f"{table}: row 2 is left out (it has no columns path, verdict, model)"]
    assert run("summary", str(table), cwd=tmp_path).stderr.splitlines() == told
    assert told[0] in write_report(table, tmp_path / "r.html")[1]
    folder = photos(tmp_path / "photos", 1)
    assert scan(folder, table).problems == told  # before the table is written anew without it
    assert scan(folder, table).problems == []


def test_a_byte_that_is_no_text_costs_its_row_only(tmp_path: Path) -> None:
    write_table([ROW | {"path": f"/p/{number}.jpg", "reason": "caf"} for number in range(2)], tmp_path / "t.csv")
    (tmp_path / "t.csv").write_bytes((tmp_path / "t.csv").read_bytes().replace(b"caf", b"caf\xe9", 1))
    rows = read_table(tmp_path / "t.csv")
    assert ["damaged" in (row["error"] or "") for row in rows] == [True, False]
    json.dumps(rows).encode()


FORMULAS = ["=HYPERLINK(0)", "+1", "-1", "@a", "\ta", "'=a", "''@a", "'a", "a=b", "plain", "", "'"]


def test_no_cell_is_a_formula_and_all_come_back(tmp_path: Path) -> None:
    rows = [ROW | {"path": f"{text}.jpg", "camera": text} for text in FORMULAS if text != "\ta"]
    rows.append(ROW | {"path": "/p/tab.jpg", "camera": "\ta"})
    write_table(rows, tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(newline="") as file:
        cells = [row[name] for row in csv.DictReader(file) for name in ("path", "camera")]
    assert [cell for cell in cells if cell[:1] in set("=+-@\t\r")] == []
    assert "'=HYPERLINK(0)" in cells
    back = read_table(tmp_path / "t.csv")
    assert [(row["path"], row["camera"] or "") for row in back] == [(row["path"], row["camera"]) for row in rows]


def test_a_path_of_another_machine_is_asked_for_by_nobody(tmp_path: Path) -> None:
    assert local_path("//host/share/a.jpg") is None
    assert local_path("/p/a.jpg") == Path("/p/a.jpg")
    write_table([ROW | {"path": "//host/share/a.jpg", "format": "JPEG"}], tmp_path / "t.jsonl")
    path, problems = write_report(tmp_path / "t.jsonl", tmp_path / "r.html")
    assert "without --fetch" in problems[0]
    assert '"file":' not in path.read_text()


def test_a_report_is_made_of_odd_rows_too(tmp_path: Path) -> None:
    odd = [
        ROW
        | {
            "path": "/p/nan.jpg",
            "confidence": float("nan"),
            "blurred": float("inf"),
            "subject": [1, float("nan"), 3, 4],
        },
        ROW | {"path": "/p/zero\0.jpg"},
        ROW | {"path": "s3://bucket/a.jpg"},
        ROW | {"path": "https://127.0.0.1:9/never.jpg"},
        ROW | {"path": "/p/line\rend.jpg"},
    ]
    (tmp_path / "t.jsonl").write_text("".join(json.dumps(row) + "\n" for row in odd))
    rows = read_table(tmp_path / "t.jsonl")
    assert "confidence is no number, blurred is no number, subject is no number" in rows[0]["error"]
    assert "zero byte" in rows[1]["error"]
    assert rows[4]["path"] == r"/p/line\x0dend.jpg"
    path, problems = write_report(tmp_path / "t.jsonl", tmp_path / "r.html")
    assert '": NaN' not in path.read_text() and '": Infinity' not in path.read_text()
    assert [problem.split(": ")[0] for problem in problems] == [
        "s3://bucket/a.jpg", "https://127.0.0.1:9/never.jpg", r"/p/line\x0dend.jpg",
    ]  # fmt: skip
    assert "--fetch" in problems[0]
    fetched = write_report(tmp_path / "t.jsonl", tmp_path / "f.html", fetch=True)[1]
    assert ["cannot be" in problem for problem in fetched] == [True] * 3


def test_names_that_steer_a_terminal_are_written_out(tmp_path: Path) -> None:
    for name in ("a\x1b[2Jb.jpg", "line\nend.jpg", "\u202egpj.exe.jpg", "tab\t.jpg", "\x9b.jpg"):
        assert written(name).isprintable()
        assert file_name(written(name)) == name
    done = run("detect", "no\x1b[31msuch.jpg", cwd=tmp_path, status=1)
    assert "\x1b" not in done.stderr
    assert r"no\x1b[31msuch.jpg" in done.stderr


def test_lists_of_names_with_line_ends(tmp_path: Path) -> None:
    folder = photos(tmp_path / "one", 1)
    odd = folder / "two\nlines .jpg"
    (folder / "000.jpg").rename(odd)
    (tmp_path / "list").write_bytes(bytes(odd) + b"\0")
    (found,) = find_photos([f"@{tmp_path / 'list'}"], Finding(print, null=True))
    assert found.size == odd.stat().st_size
