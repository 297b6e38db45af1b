"""Rewrites the pinned answers of every model: ``python -m tests.golden``."""

import json

from blurmap.models import MODELS
from tests.golden import FOLDER, answers

for model in MODELS:
    lines = (f" {json.dumps(name)}: {json.dumps(answer)}" for name, answer in answers(model).items())
    (FOLDER / f"{model}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    print(f"wrote {FOLDER / model}.json")
