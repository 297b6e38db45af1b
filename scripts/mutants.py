"""Breaks a copy of the code in known ways, one at a time, and runs the quick tests: they must see every one.

``python scripts/mutants.py [PYTEST ARGUMENT...]``: status 1 if a mutant passes. Nothing in the checkout is changed.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
ROW = r"(\[[^\[\]]*\]),(\s*)(\[[^\[\]]*\]),(\s*)(\[[^\[\]]*\])"
# What is broken: file below src/blurmap, a regular expression that matches once in it, what takes its place.
MUTANTS = {
    "rows sharp and bad of the verdict swapped": (
        "models/weights/verdict.json",
        r'"verdict": \[(\s*)' + ROW,
        r'"verdict": [\1\6,\3\4,\5\2',
    ),
    "maps of blur and motion swapped": (
        "models/default.py",
        r"Maps\(blurred, smoothed_type\(motion, blurred,",
        "Maps(motion, smoothed_type(blurred, motion,",
    ),
    "mask inverted": ("maps.py", r"return self\.blurred > 0\.5 if", "return self.blurred < 0.5 if"),
    "mask of the full size inverted": (
        "result.py",
        r"return self\.probability > 0\.5",
        "return self.probability < 0.5",
    ),
    "not calibrated": ("models/default.py", r"return rescaled\(blurred, .*\)", "return blurred"),
    "paper not calibrated": ("models/paper/fusion.py", r"c\.scale, c\.bias\)", "1.0, 0.0)"),
    "graph cut without neighbours": ("models/paper/system.py", r"small, self\.settings\.strength", "small, 0.0"),
    "defocus and motion swapped": (
        "maps.py",
        r"\(MOTION - DEFOCUS\) \* \(motion > 0\.5\)",
        "(MOTION - DEFOCUS) * (motion <= 0.5)",
    ),
    "sharp whatever the map says": ("verdict/judge.py", r"good and seen\.soft_share <= STILL_SHARP", "good"),
    "good whatever its sharp size": ("verdict/judge.py", r" and seen\.sharpness\.size >= min\(.*\)", ""),
    "what is not known is sharp": ("focus/focus_map.py", r"= self\.known & \(self\.width", "= (self.width"),
    "what is sharp from away is known": ("focus/look.py", r"if side != nearest:", "if False:"),
    "wide blur is judged from near": ("focus/look.py", r"away \*= side != sides\[-1\]", "away *= 0"),
    "noise is something to see": ("verdict/ground.py", r"NOISE = 8\.0", "NOISE = 0.1"),
    "a title makes a drawing": ("verdict/drawn.py", r"HARD = 0\.9", "HARD = 0.05"),
    "shares round to all and nothing": (
        "verdict/wording.py",
        r"min\(max\(of_the_frame, 0\.01\), 0\.99\)",
        "of_the_frame",
    ),
    "reason does not name the share": ("verdict/details.py", r"ALL_OVER = 0\.005", "ALL_OVER = 0.05"),
    "types of the looks ignored": ("verdict/judge.py", r"float\(np\.clip\(seen\.sharpness\.motion, .*?\)\)", "0.0"),
    "sharp size is the photo's own": (
        "verdict/sharp_size.py",
        r"return Sharpness\(round\(min\(size, own\)\),",
        "return Sharpness(own,",
    ),
    "a burst's subject is what is sharp in none": ("bursts/ranking.py", r"\(share\*\*2 \+", "((1 - share) ** 2 +"),
    "ranks from the worst": ("bursts/ranking.py", r"np\.argsort\(lost,", "np.argsort(-lost,"),
    "photos of a burst not aligned": ("bursts/ranking.py", r"\(-down / COPY, -across / COPY\)", "(0, 0)"),
    "an id of a burst is forgotten": ("bursts/bursts.py", r"\n    if former:", "\n    if False:"),
    "subject not scaled to the photo": ("verdict/regions.py", r"down, right = .*", "down, right = 1.0, 1.0"),
    "shaken scene not blurred": ("training/data/partial_blur.py", r"shaken\(photo, length, random\), np", "photo, np"),
    "wholly blurred scene not blurred": (
        "training/data/partial_blur.py",
        r"convolved\(photo, kernel\), np\.full",
        "photo, np.full",
    ),
    "background not blurred": (
        "training/data/partial_blur.py",
        r"behind = convolved\(photo, kernel\)",
        "behind = photo",
    ),
    "labels of a moving subject inverted": (
        "training/data/partial_blur.py",
        r"np\.where\(spread > 0\.4, kind",
        "np.where(spread < 0.4, kind",
    ),
    "verdict forgotten on the way": ("result.py", r'"judgement": self\.judgement, ', '"judgement": None, '),
    "equal whatever the map": ("result.py", r"and all\(_same", "or all(_same"),
    "a TIFF is turned twice": (
        "photos/orientation.py",
        r"    with _without_xmp\(image\):\n        image\.load\(\)\n",
        "",
    ),
    "any format is decoded": ("photos/decoding.py", r"Image\.open\(file, formats=formats\)", "Image.open(file)"),
    "a rejected photo passes the pipeline": ("cli/check.py", r'1 if counts\["reject"\] else 0', "0"),
    "warned before rejected": ("verdict/rules.py", r'return "reject", wrong', 'return "warn", wrong'),
    "any token will do": ("web/access.py", r"if not \(given and .*\):", "if False:"),
    "any number may wait": ("web/limits.py", r"if self\.inside >= .*:", "if False:"),
    "clients that are gone are waited for": ("web/detect.py", r"if not work\.done\(\):", "if False:"),
    "forwarded headers of anyone believed": ("cli/serve.py", r"proxy_headers=bool\(proxy\)", "proxy_headers=True"),
    "another provider than asked for": ("models/runtime.py", r"if session\.get_providers\(\)\[0\] == .*:", "if True:"),
    "default takes from paper": (
        "models/default.py",
        r"from blurmap\.maps import Maps",
        "from blurmap.maps import Maps\\nimport blurmap.models.paper.mrf",
    ),
    "the crop is not of the subject": ("scanning/previews.py", r"blurred = within", "pass"),
    "a changed photo is thrown away": ("culling/choices.py", r'entry\.get\("bytes"\) not in .*:', "False:"),
    "a RAW is thrown away with its JPEG": ("culling/trash.py", r"if others:", "if False:"),
    "the worst frame of a window": ("video/choosing.py", r"best = int\(np\.argmax", "best = int(np.argmin"),
    "videos are not turned": (
        "video/reading.py",
        r"np\.rot90\(picture\.to_ndarray\(\), self\.turns\)",
        "picture.to_ndarray()",
    ),
    "frames of a range are numbered from 0": ("video/packets.py", r"return self\._skipped \+ \(.*\)", "return 0"),
    "a cut off video is called whole": ("video/reading.py", r"if read < expected - CUT_OFF:", "if False:"),
    "frames of a stranger are taken away": (
        "video/writing.py",
        r"if path == table or written\(path\.name\) in written_names:",
        "if True:",
    ),
    "what is unknown counts as sharp or blurred": (
        "evaluation/dataset.py",
        r"return np\.where\(self\.known\(name\), kind, UNKNOWN\)",
        "return kind",
    ),
    "what is unknown is scored": (
        "evaluation/metrics.py",
        r"probability\[known\], mask\[known\], truth\[known\]",
        "probability, mask, truth",
    ),
    "the rim of what moves is opaque": (
        "training/data/composites.py",
        r"layer\.light \+ light \* \(1 - layer\.cover\[\.\.\., None\]\)",
        "layer.light + light * (layer.cover[..., None] == 0)",
    ),
    "the ground is as soft everywhere as at the horizon": (
        "training/data/composites.py",
        r"np\.abs\(np\.maximum\(rows, horizon\) - focus\)",
        "np.abs(rows * 0 + horizon - focus)",
    ),
    "an object is sharp wherever it stands": (
        "training/data/composites.py",
        r"scene\.behind\(layer, defocus\(radius\), kind\)",
        "scene.behind(layer, NO_BLUR, kind)",
    ),
    "blur that nothing shows is told": (
        "training/data/composites.py",
        r"np\.where\(\(scene\.kind == SHARP\) \| visible, scene\.kind, UNKNOWN\)",
        "scene.kind",
    ),
    "photos for choosing are trained on": ("training/default.py", r"if recipe\.choosing:", "if False:"),
    "the only copy goes where another run was faster": (
        "culling/moving.py",
        r"pass  # another run has removed it.*",
        "new.unlink()",
    ),
    "two runs file into a folder at once": ("culling/lock.py", r"if os\.access\(folder, os\.W_OK\):", "if False:"),
    "an undo writes through a link": ("culling/taking_back.py", r"if not _inside\(real, folders\) or .*:", "if False:"),
    "a list that names the root is not asked about": ("culling/taking_back.py", r"sure\(wide\)", "pass"),
    "a cell is a formula": ("files.py", r"if isinstance\(value, str\) and FORMULA.*:", "if False:"),
    "rejected photos are flagged as kept": ("culling/sidecar.py", r'keep = choice == "keep"', "keep = True"),
}


def main() -> int:
    passed = []
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in ("src", "tests", "examples", "scripts", "benchmarks", "pyproject.toml"):
            place = ROOT / name
            if place.is_dir():
                shutil.copytree(place, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(place, copy / name)
        for name, (file, old, new) in MUTANTS.items():
            path = copy / "src" / "blurmap" / file
            text = path.read_text(encoding="utf-8")
            broken, count = re.subn(old, new, text)
            if count != 1:
                sys.exit(f"{name}: found {count} times in {file}; mend the list of mutants")
            path.write_text(broken, encoding="utf-8")
            failed = first_failure(copy)
            path.write_text(text, encoding="utf-8")
            print(f"{name}: {failed or 'PASSED'}", flush=True)
            passed += [] if failed else [name]
    print(f"{len(MUTANTS) - len(passed)} of {len(MUTANTS)} mutants are seen")
    return int(bool(passed))


def first_failure(copy: Path) -> str:
    """The first quick test that fails on the copy; "" if none does."""
    # the test of this list would see each of them, whatever it breaks
    quick = ["-m", "not slow and not browser and not ray", "--ignore", "tests/test_mutants.py", *sys.argv[1:]]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *quick],
        cwd=copy, env={**os.environ, "PYTHONPATH": str(copy / "src")}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    if done.returncode and not found:
        sys.exit(f"the tests did not run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return found[1] if found else ""


if __name__ == "__main__":
    sys.exit(main())
