"""Puts names of axes and metadata into the ONNX files of a folder of weights; no weight and no answer changes.

``python scripts/label_weights.py [FOLDER]``: the weights that ship if no folder is given. sha256 in the JSON files is
put right, so results have another ``weights``: ``make golden`` afterwards. What ``blurmap export`` and ``blurmap
train`` write is labelled already.
"""

import sys
from pathlib import Path

from blurmap.models import MODELS
from blurmap.models.weights import read_description, weights_folder
from blurmap.training.export import write_description


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(str(weights_folder()))
    for name in MODELS:
        if not (folder / f"{name}.json").is_file():
            continue
        before = read_description(name, folder)
        path = write_description(folder / f"{name}.json", **before)
        print(f"{path} and {', '.join(entry['file'] for entry in before['files'].values())}")


if __name__ == "__main__":
    main()
