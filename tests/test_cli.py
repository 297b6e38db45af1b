"""The command as a user meets it: in a process of its own, with what it prints, writes and returns."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from blurmap.cli import result_stems
from blurmap.evaluation import dataset as cuhk
from tests.conftest import EXAMPLES, FEW, textured


def run(*arguments: object, cwd: Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-c", "from blurmap.cli import main; main()", *map(str, arguments)],
        cwd=cwd, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == status, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    assert "Warning" not in done.stderr
    return done


def test_detect_writes_mask_and_overlay(tmp_path: Path) -> None:
    done = run("detect", EXAMPLES / "cat.jpg", EXAMPLES / "coffee.jpg", "--out", "maps", cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    assert lines[1].split(":")[0].strip() in ("sharp", "selective", "defocused", "motion")
    assert "451 x 300" in lines[0]
    assert "% blurred (defocus " in lines[0]
    assert sorted(p.name for p in (tmp_path / "maps").iterdir()) == [
        "cat_mask.png", "cat_overlay.png", "coffee_mask.png", "coffee_overlay.png",
    ]  # fmt: skip
    assert Image.open(tmp_path / "maps/cat_mask.png").size == (451, 300)


def test_the_named_model_answers(tmp_path: Path) -> None:
    for model, kinds in (("paper", set()), ("default-int8", {"defocus", "motion"})):
        done = run("detect", EXAMPLES / "cat.jpg", "--json", "--model", model, "--out", model, cwd=tmp_path)
        row = json.loads(done.stdout)
        assert row["model"] == model
        assert {"defocus", "motion"} & set(row) == kinds


def test_models_are_listed_with_their_figures(tmp_path: Path) -> None:
    shown = run("models", cwd=tmp_path).stdout
    for word in ("default", "default-int8", "paper", "CUHK photos", "Apache-2.0", "mIoU"):
        assert word in shown


def test_results_are_not_replaced_unasked(tmp_path: Path) -> None:
    run("detect", EXAMPLES / "cat.jpg", cwd=tmp_path)
    done = run("detect", EXAMPLES / "cat.jpg", cwd=tmp_path, status=1)
    assert done.stderr.count("\n") == 1
    assert "cat_mask.png is there already" in done.stderr
    run("detect", EXAMPLES / "cat.jpg", "--overwrite", cwd=tmp_path)


def test_an_input_is_never_written_over(tmp_path: Path) -> None:
    Image.fromarray(textured(40, 50)).save(tmp_path / "a.png")
    (tmp_path / "a_mask.png").write_bytes((tmp_path / "a.png").read_bytes())
    before = (tmp_path / "a_mask.png").read_bytes()
    run("detect", "a.png", "a_mask.png", "--out", ".", cwd=tmp_path, status=1)
    run("detect", "a.png", "a_mask.png", "--out", ".", "--overwrite", cwd=tmp_path, status=1)
    assert (tmp_path / "a_mask.png").read_bytes() == before


def test_json_has_one_object_per_photo(tmp_path: Path) -> None:
    done = run("detect", EXAMPLES / "cat.jpg", "missing.jpg", "--json", cwd=tmp_path, status=1)
    good, bad = map(json.loads, done.stdout.splitlines())
    assert good["photo"].endswith("cat.jpg")
    assert (good["width"], good["height"], good["model"]) == (451, 300, "default")
    assert 0 <= good["blurred"] <= 1
    assert good["verdict"] in ("sharp", "selective", "defocused", "motion")
    assert 0 < good["sharp_size"] <= 451
    assert good["defocus"] + good["motion"] == pytest.approx(good["blurred"], abs=2e-4)
    assert (tmp_path / good["mask"]).is_file()
    assert bad == {"photo": "missing.jpg", "error": "missing.jpg: no such file"}


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


@pytest.mark.parametrize(
    ("name", "mode", "size"),
    [
        ("grey.png", "L", None),
        ("palette.png", "P", None),
        ("alpha.png", "RGBA", None),
        ("sixteen.png", "I;16", None),
        ("sixteen.tif", "I;16", None),
        ("cmyk.jpg", "CMYK", None),
        ("bits.png", "1", None),
        ("modern.webp", "RGB", None),
        ("modern.avif", "RGB", None),
        ("one.png", "RGB", (1, 1)),
        ("line.png", "RGB", (1, 5000)),
        ("row.png", "RGB", (5000, 1)),
    ],
)
def test_unusual_photos(name: str, mode: str, size: tuple[int, int] | None, tmp_path: Path) -> None:
    image = pixels(mode)
    image = image.resize(size) if size else image
    image.save(tmp_path / name)
    run("detect", name, cwd=tmp_path)
    assert Image.open(tmp_path / f"blurmap_out/{Path(name).stem}_mask.png").size == image.size


def test_animation_gives_its_first_frame(tmp_path: Path) -> None:
    frames = [Image.fromarray(textured(60, 90, seed)) for seed in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    run("detect", "a.gif", cwd=tmp_path)
    assert Image.open(tmp_path / "blurmap_out/a_overlay.png").size == (90, 60)


def test_200_megapixels_are_refused_at_once(tmp_path: Path) -> None:
    Image.new("1", (20_000, 10_000)).save(tmp_path / "huge.png")
    done = run("detect", "huge.png", cwd=tmp_path, status=1)
    assert done.stderr.count("\n") == 1
    assert "huge.png" in done.stderr
    assert "megapixels" in done.stderr


def test_unwritable_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("detect", EXAMPLES / "cat.jpg", "--out", "file/maps", cwd=tmp_path, status=1)
    assert "cannot write its results" in done.stderr


def test_photos_of_one_name_do_not_replace_each_other() -> None:
    photos = [Path("a/x.jpg"), Path("b/X.png"), Path("x-2.jpg"), Path("y.jpg")]
    assert result_stems(photos) == ["x", "X-2", "x-2-2", "y"]


def test_evaluate_writes_what_it_prints(labelled: Path, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("\n".join(FEW["val"]))
    done = run(
        "evaluate", "--data", labelled, "--split", names, "--steps", "--model", "paper", "--out", "e.json", cwd=tmp_path
    )
    written = json.loads((tmp_path / "e.json").read_text())
    assert list(written["figures"]) == ["patch", "image", "product", "calibrated", "cut"]
    assert written["figures"]["cut"]["all"]["photos"] == 4
    assert f"{written['figures']['cut']['all']['mae']:.4f}" in done.stdout
    assert "protocol: blurred is positive" in done.stdout
    run("evaluate", "--data", labelled, "--split", names, "--out", "e.json", cwd=tmp_path, status=1)
    done = run("evaluate", "--data", labelled, "--split", names, "--out", "d.json", cwd=tmp_path)
    figures = json.loads((tmp_path / "d.json").read_text())["figures"]["default"]["all"]
    assert 0 <= figures["strict_type"] <= figures["type"] <= 1
    assert f"{figures['ece']:.4f}" in done.stdout
    done = run("evaluate", "--data", labelled, "--split", names, "--steps", "--out", "f.json", cwd=tmp_path, status=1)
    assert "only paper has steps" in done.stderr


def test_evaluate_scores_maps(labelled: Path, tmp_path: Path) -> None:
    """Perfect maps get perfect figures, inverted ones the worst."""
    names = FEW["val"]
    (tmp_path / "maps").mkdir()
    for name in names:
        mask = cuhk.read_mask(labelled, name)
        Image.fromarray(np.where(mask, 0, 255).astype(np.uint8)).save(tmp_path / "maps" / f"{name}_X.png")
    (tmp_path / "names").write_text(" ".join(names))
    common = ("evaluate", "--data", labelled, "--split", "names", "--maps", "maps")
    run(*common, "--out", "a.json", cwd=tmp_path)
    run(*common, "--maps-bright", "blurred", "--out", "b.json", cwd=tmp_path)
    right, wrong = (json.loads((tmp_path / f).read_text())["figures"]["maps"]["all"] for f in ("a.json", "b.json"))
    assert (right["mae"], right["f"], right["iou"], right["accuracy"]) == (0, 1, 1, 1)
    assert (wrong["mae"], wrong["f"], wrong["iou"], wrong["accuracy"]) == (1, 0, 0, 0)


def test_errors_are_one_line(tmp_path: Path) -> None:
    for arguments in (
        ("evaluate", "--data", "nowhere"),
        ("evaluate", "--data", "nowhere", "--split", "nonsense"),
        ("train", "patches", "--data", "nowhere", "--out", "x"),
        ("train", "patch", "--data", "nowhere", "--out", "x"),
        ("train", "image", "--data", "nowhere", "--out", "x"),
        ("train", "default", "--data", "nowhere", "--sharp", "nowhere", "--out", "x"),
        ("export", "paper", "--patch", "a.pt", "--image", "b.pt", "--out", "x"),
        ("export", "default", "--checkpoint", "a.pt", "--data", "nowhere", "--out", "x"),
    ):
        done = run(*arguments, cwd=tmp_path, status=1)
        assert done.stderr.count("\n") == 1, done.stderr
        assert done.stderr.startswith("blurmap: ")


def test_applications(photo: NDArray[np.uint8], tmp_path: Path) -> None:
    run("magnify", EXAMPLES / "cat.jpg", "--amount", 2, cwd=tmp_path)
    run("cutout", EXAMPLES / "cat.jpg", cwd=tmp_path)
    assert Image.open(tmp_path / "blurmap_out/cat_magnified.png").mode == "RGB"
    assert Image.open(tmp_path / "blurmap_out/cat_cutout.png").mode == "RGBA"
    done = run("magnify", EXAMPLES / "cat.jpg", "--amount", 2, cwd=tmp_path, status=1)
    assert "is there already" in done.stderr
