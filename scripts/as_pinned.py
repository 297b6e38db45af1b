"""Compares what ``blurmap detect --json`` printed of the example photos with the pinned answers; needs no package.

``python scripts/as_pinned.py SAID.jsonl``: status 1 and a line for each answer that differs.
"""

import json
import sys
from pathlib import Path

PINNED = Path(__file__).parent.parent / "tests" / "golden" / "default.json"
EXACT, NEARLY = ("verdict", "sharp_size"), {"blurred": 0.01, "defocus": 0.01, "motion": 0.01, "confidence": 0.02}


def differences(said: list[dict[str, object]], pinned: dict[str, dict[str, object]]) -> list[str]:
    """A line for each field of a photo that is not as pinned: shares of the frame to one percent."""
    found = [] if said else ["nothing was said"]
    for row in said:
        name = Path(str(row["path"])).name
        for field in (*EXACT, *NEARLY):
            now, then = row[field], pinned[name][field]
            near = field in NEARLY and abs(float(str(now)) - float(str(then))) <= NEARLY[field]
            if not near and now != then:
                found.append(f"{name}: {field} is {now}, was {then}")
    return found


def main() -> int:
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    found = differences([json.loads(line) for line in lines], json.loads(PINNED.read_text(encoding="utf-8")))
    print("\n".join(found), end="\n" if found else "")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
