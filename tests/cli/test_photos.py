"""``blurmap detect``, ``magnify`` and ``cutout`` as a user meets them: what they print, write and return."""

import io
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import blurmap
from blurmap.cli.given import find_given, stems
from tests.cli.command import failing, quick, run
from tests.support import EXAMPLES, textured


@pytest.mark.slow
def test_detect_writes_mask_and_overlay(tmp_path: Path) -> None:
    done = run("detect", EXAMPLES / "cat.jpg", EXAMPLES / "coffee.jpg", "--out", "maps", cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert len(lines) == 6
    assert lines[1].split(":")[0].strip() in ("sharp", "selective", "defocused", "motion")
    assert lines[2].strip() == "-> maps/cat_overlay.png"
    assert "451 x 300" in lines[0]
    assert "% blurred (defocus " in lines[0]
    assert sorted(p.name for p in (tmp_path / "maps").iterdir()) == [
        "cat_mask.png", "cat_overlay.png", "coffee_mask.png", "coffee_overlay.png",
    ]  # fmt: skip
    assert Image.open(tmp_path / "maps/cat_mask.png").size == (451, 300)


@pytest.mark.slow
def test_overlays_are_made_for_screens_in_the_format_asked_for(tmp_path: Path) -> None:
    Image.fromarray(textured(300, 2100)).save(tmp_path / "wide.png")
    for name, given, size in (
        ("png", [], (2048, 293)),
        ("jpg", ["--overlay", "jpg"], (2048, 293)),
        ("full", ["--full"], (2100, 300)),
    ):
        done = run("detect", "wide.png", *given, "--out", name, cwd=tmp_path)
        ending = "jpg" if name == "jpg" else "png"
        assert done.stdout.splitlines()[-1].strip() == f"-> {name}/wide_overlay.{ending}"
        overlay = Image.open(tmp_path / name / f"wide_overlay.{ending}")
        assert (overlay.size, overlay.format) == (size, "JPEG" if name == "jpg" else "PNG")
        assert Image.open(tmp_path / name / "wide_mask.png").size == (2100, 300)


@pytest.mark.slow
def test_the_overlay_can_be_left_out(tmp_path: Path) -> None:
    done = run("detect", EXAMPLES / "cat.jpg", "--overlay", "none", cwd=tmp_path)
    assert done.stdout.splitlines()[-1].strip() == "-> blurmap_out/cat_mask.png"
    assert [path.name for path in (tmp_path / "blurmap_out").iterdir()] == ["cat_mask.png"]
    row = json.loads(
        run("detect", EXAMPLES / "cat.jpg", "--overlay", "none", "--json", "--overwrite", cwd=tmp_path).stdout
    )
    assert row["overlay"] is None
    assert row["mask"] == "blurmap_out/cat_mask.png"


@pytest.mark.slow
def test_results_are_not_replaced_unasked(tmp_path: Path) -> None:
    run("detect", EXAMPLES / "cat.jpg", cwd=tmp_path)
    done = run("detect", EXAMPLES / "cat.jpg", cwd=tmp_path, status=1)
    assert done.stderr.count("\n") == 1
    assert "cat_mask.png is there already" in done.stderr
    run("detect", EXAMPLES / "cat.jpg", "--overwrite", cwd=tmp_path)


@pytest.mark.slow
def test_an_input_is_never_written_over(tmp_path: Path) -> None:
    Image.fromarray(textured(40, 50)).save(tmp_path / "a.png")
    (tmp_path / "a_mask.png").write_bytes((tmp_path / "a.png").read_bytes())
    before = (tmp_path / "a_mask.png").read_bytes()
    run("detect", "a.png", "a_mask.png", "--out", ".", cwd=tmp_path, status=1)
    run("detect", "a.png", "a_mask.png", "--out", ".", "--overwrite", cwd=tmp_path, status=1)
    assert (tmp_path / "a_mask.png").read_bytes() == before


@pytest.mark.slow
def test_a_bad_photo_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("no photo")
    whole = (EXAMPLES / "cat.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 3])
    done = run(
        "detect", "missing.jpg", "empty.jpg", "text.jpg", "cut.jpg", EXAMPLES / "cat.jpg", cwd=tmp_path, status=1
    )
    assert "cat.jpg" in done.stdout
    assert (tmp_path / "blurmap_out/cat_mask.png").is_file()
    head, *reasons = done.stderr.splitlines()
    assert head == "blurmap: 4 of 5 photos failed:"
    for line, start in zip(
        reasons, ("missing.jpg: no such", "empty.jpg: is empty", "text.jpg: is not", "cut.jpg: is damaged"), strict=True
    ):
        assert line.strip().startswith(start)


def pixels(mode: str) -> Image.Image:
    image = Image.fromarray(textured(60, 90))
    return (
        Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
        if mode == "I;16"
        else image.convert(mode)
    )


UNUSUAL: dict[str, tuple[str, tuple[int, int]]] = {
    "grey.png": ("L", (90, 60)), "palette.png": ("P", (90, 60)), "alpha.png": ("RGBA", (90, 60)),
    "sixteen.png": ("I;16", (90, 60)), "deep.tif": ("I;16", (90, 60)), "cmyk.jpg": ("CMYK", (90, 60)),
    "bits.png": ("1", (90, 60)), "modern.webp": ("RGB", (90, 60)), "newer.avif": ("RGB", (90, 60)),
    "one.png": ("RGB", (1, 1)), "line.png": ("RGB", (1, 5000)), "row.png": ("RGB", (5000, 1)),
}  # fmt: skip


@pytest.mark.slow
def test_unusual_photos(tmp_path: Path) -> None:
    for name, (mode, size) in UNUSUAL.items():
        pixels(mode).resize(size).save(tmp_path / name)
    run("detect", *UNUSUAL, cwd=tmp_path)
    for name, (_, size) in UNUSUAL.items():
        assert Image.open(tmp_path / f"blurmap_out/{Path(name).stem}_mask.png").size == size, name


@pytest.mark.slow
def test_animation_gives_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.fromarray(textured(60, 90, seed)) for seed in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    run("detect", "a.gif", cwd=tmp_path)
    assert Image.open(tmp_path / "blurmap_out/a_overlay.png").size == (90, 60)


@pytest.mark.slow
def test_200_megapixels_are_refused_at_once(tmp_path: Path) -> None:
    Image.new("1", (20_000, 10_000)).save(tmp_path / "huge.png")
    done = run("detect", "huge.png", cwd=tmp_path, status=1)
    assert done.stderr.count("\n") == 1
    assert "huge.png" in done.stderr
    assert "megapixels" in done.stderr


@pytest.mark.slow
def test_unwritable_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("detect", EXAMPLES / "cat.jpg", "--out", "file/maps", cwd=tmp_path, status=1)
    assert "cannot write its results" in done.stderr


def test_photos_of_one_name_do_not_replace_each_other() -> None:
    assert stems(["a/x.jpg", "b/X.png", "x-2.jpg", "y.jpg"]) == ["x", "X-2", "x-2-2", "y"]
    assert stems(["-", "https://example.org/a/y.jpg?size=2", "stdin.png"]) == ["stdin", "y", "stdin-2"]


@pytest.mark.slow
def test_folders_globs_and_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a scan, but in the order given; what is there twice is looked at once; paths below here are short."""
    monkeypatch.chdir(tmp_path)
    for name in ("b/2.jpg", "b/1.png", "b/deep/3.webp", "b/notes.txt", "a.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "list.txt").write_text("a.jpg\nmissing.jpg\n")
    photos, problems = find_given(["b", "@list.txt", "b/*.jpg", "none", "c/*.jpg", "-"])
    names = ["b/1.png", "b/2.jpg", "b/deep/3.webp", "a.jpg", "missing.jpg", "none", "standard input"]
    assert [photo.name for photo in photos] == names
    assert [photo.stem for photo in photos] == ["1", "2", "3", "a", "missing", "none", "stdin"]
    assert problems == ["c/*.jpg: no photos there"]
    done = run("detect", "c/*.jpg", EXAMPLES, "--json", cwd=tmp_path, status=1)
    assert len(done.stdout.splitlines()) == len(list((tmp_path / "blurmap_out").glob("*_mask.png"))) > 2
    assert done.stderr.splitlines()[1].strip() == "c/*.jpg: no photos there"


def piped(*arguments: object, given: bytes = b"", status: int = 0) -> bytes:
    """What the command writes to stdout; no text is among it."""
    done = quick(*arguments, given=given)
    assert done.status == status, done.stderr
    return done.stdout_bytes


def test_a_pipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``cat photo | blurmap detect - --out - > mask.png``, and without --out into the folder."""
    monkeypatch.chdir(tmp_path)
    content = (EXAMPLES / "cat.jpg").read_bytes()
    mask = np.asarray(Image.open(io.BytesIO(piped("detect", "-", "--out", "-", given=content))))
    assert np.array_equal(mask > 127, blurmap.detect(content).mask)
    assert Image.open(io.BytesIO(piped("magnify", "-", "--out", "-", given=content))).size == (451, 300)
    assert not list(tmp_path.iterdir())
    row = json.loads(piped("detect", "-", "--json", given=content))
    assert (row["path"], row["error"], row["mask"]) == ("-", None, "blurmap_out/stdin_mask.png")
    assert (tmp_path / row["mask"]).is_file()
    row = json.loads(piped("detect", "-", "--json", "--overwrite", given=b"", status=1))
    assert row["error"] == "standard input: is empty"


def test_stdout_holds_one_picture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cat = EXAMPLES / "cat.jpg"
    assert "these are 2" in failing(f"detect {cat} {EXAMPLES / 'coffee.jpg'} --out -", capsys)
    assert "cannot hold the lines of --json" in failing(f"detect {cat} --out - --json", capsys)


@pytest.mark.slow
def test_applications(tmp_path: Path) -> None:
    run("magnify", EXAMPLES / "cat.jpg", "--amount", 2, cwd=tmp_path)
    run("cutout", EXAMPLES / "cat.jpg", cwd=tmp_path)
    assert Image.open(tmp_path / "blurmap_out/cat_magnified.png").mode == "RGB"
    assert Image.open(tmp_path / "blurmap_out/cat_cutout.png").mode == "RGBA"
    done = run("magnify", EXAMPLES / "cat.jpg", "--amount", 2, cwd=tmp_path, status=1)
    assert "is there already" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="names are UTF-8 there")
def test_names_of_any_bytes(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.jpg")
    (tmp_path / name).write_bytes((EXAMPLES / "cat.jpg").read_bytes())
    done = run("detect", name, cwd=tmp_path)
    assert done.stdout.startswith(r"caf\xe9.jpg  451 x 300")
    assert b"caf\xe9_mask.png" in {os.fsencode(path.name) for path in (tmp_path / "blurmap_out").iterdir()}


def test_decoders_write_nothing_by_themselves(tmp_path: Path) -> None:
    """libtiff names no file: 1,339 lines of a folder said nothing."""
    photo = tmp_path / "a.tif"
    Image.fromarray(textured(90, 120)).save(photo, compression="tiff_lzw")
    photo.write_bytes(photo.read_bytes()[:5000] + photo.read_bytes()[-5000:])
    for arguments in (("detect", photo), ("scan", photo, "--out", "t.csv")):
        done = run(*arguments, cwd=tmp_path, status=1)
        assert len(done.stderr.splitlines()) == 1
        assert "a.tif: is damaged or cut off" in done.stderr
