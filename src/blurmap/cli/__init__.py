"""The command ``blurmap``: its groups of commands, each in a file of its own."""

from typing import Annotated

import typer

from blurmap import __version__
from blurmap.cli import check, culling, evaluate, focus, frames, photos, scan, serve, summary, train
from blurmap.cli.console import fail
from blurmap.cli.examples import add_examples
from blurmap.errors import BlurmapError
from blurmap.photos.names import written

app = typer.Typer(
    no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Where is a photograph blurred?", context_settings={"help_option_names": ["-h", "--help"]},
)  # fmt: skip
for command in (
    photos.detect, check.check, focus.focus, photos.magnify, photos.cutout, scan.scan, summary.summary,
    scan.report, culling.apply, culling.undo, frames.frames, serve.serve, evaluate.models, evaluate.evaluate,
):  # fmt: skip
    app.command()(command)
app.add_typer(train.train, name="train")
app.add_typer(train.export, name="export")
add_examples(app)


def main() -> None:
    """Entry point: errors that a user can mend are one line on stderr and exit status 1."""
    try:
        app()
    except (BlurmapError, ImportError, ValueError) as error:
        fail(str(error))
    except OSError as error:  # ours have a sentence, the system's a file and what is wrong with it
        file, wrong = error.filename, error.strerror
        fail(f"{written(str(file))}: {wrong.lower()}" if file and wrong else str(error))
    except KeyboardInterrupt:
        fail("interrupted")


@app.callback(invoke_without_command=True)
def version(show: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False) -> None:
    if show:
        typer.echo(f"blurmap {__version__}")
        raise typer.Exit()
