"""An example of each command: at the end of its help, and in docs/reference/commands.md."""

import typer

EXAMPLES = {
    "detect": "blurmap detect photo.jpg",
    "check": "blurmap check *.jpg --preset web",
    "focus": "blurmap focus photo.jpg --widths npy",
    "magnify": "blurmap magnify portrait.jpg --amount 2",
    "cutout": "blurmap cutout portrait.jpg",
    "scan": "blurmap scan ~/Pictures --out photos.parquet",
    "summary": "blurmap summary photos.parquet",
    "report": "blurmap report photos.parquet",
    "apply": "blurmap apply choices.json --move sorted --yes",
    "undo": "blurmap undo sorted/undo-20261201-101500-000000.jsonl",
    "frames": "blurmap frames video.mp4 --out frames",
    "serve": "blurmap serve --port 8080",
    "models": "blurmap models",
    "evaluate": "blurmap evaluate --data CUHK --split val",
    "train default": "blurmap train default --data CUHK --sharp SHARP --out runs/default",
    "train paper": "blurmap train paper --data CUHK --sharp SHARP --out runs/paper",
    "train patches": "blurmap train patches --data SHARP --out runs/patches",
    "train patch": "blurmap train patch --data runs/patches --out runs/patch",
    "train image": "blurmap train image --data CUHK --out runs/image",
    "train fusion": "blurmap train fusion --data CUHK --weights weights",
    "train verdict": "blurmap train verdict --data CUHK --sharp SHARP --photos REAL --photos CAMERA --weights weights",
    "train close-up": "blurmap train close-up --data CUHK --sharp SHARP --out runs/close-up",
    "export default": "blurmap export default --checkpoint runs/default/default.pt --data CUHK --out weights",
    "export paper": "blurmap export paper --patch runs/patch.pt --image runs/image.pt --data CUHK --out weights",
    "export close-up": "blurmap export close-up --checkpoint runs/close-up.pt --out weights",
}


def add_examples(app: typer.Typer, before: str = "") -> None:
    """Put the example of each command at the end of its help."""
    for command in app.registered_commands:
        name = command.name or (command.callback.__name__ if command.callback else "")
        command.epilog = f"Example: {EXAMPLES[before + name]}"
    for group in app.registered_groups:
        if group.typer_instance is not None and isinstance(group.name, str):
            add_examples(group.typer_instance, f"{before}{group.name} ")
