"""The command ``blurmap check``: will these photos do? For pipelines, by its exit status."""

import json
from collections import Counter
from typing import Annotated, cast, get_args

import typer

from blurmap.cli.console import AsJson, Model, Photos, fail, say, tell
from blurmap.cli.given import Given, each, find_given, opened
from blurmap.errors import BlurmapError
from blurmap.models import DEFAULT
from blurmap.verdict.judgement import Verdict
from blurmap.verdict.rules import PresetName, outcome, wanted

UNREADABLE = 2


def check(
    photos: Photos,
    preset: Annotated[
        PresetName | None,
        typer.Option(help="Rules for a purpose.  [default: photo, where no rule is given]", show_default=False),
    ] = None,
    max_blurred: Annotated[
        float | None, typer.Option(min=0, max=1, help="Reject if a larger share of the frame is blurred.")
    ] = None,
    no_verdict: Annotated[
        str | None, typer.Option(help=f"Reject by verdict, with commas between: of {', '.join(get_args(Verdict))}.")
    ] = None,
    min_sharp_size: Annotated[
        int | None, typer.Option(min=1, help="Reject if it is sharp only at a smaller long side, in pixels.")
    ] = None,
    no_soft: Annotated[
        bool, typer.Option("--no-soft", help="Reject if it is soft at 100 %, fine as it may be on a screen.")
    ] = False,
    model: Model = DEFAULT,
    as_json: AsJson = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing of photos that pass.")] = False,
) -> None:
    """Say pass, warn or reject of each photo. Exit status 0: none rejected, 1: some are, 2: some cannot be read."""
    from blurmap.models import find, load

    rules = wanted(
        preset, max_blurred=max_blurred, no_verdict=verdicts(no_verdict),
        min_sharp_size=min_sharp_size, no_soft=no_soft,
    )  # fmt: skip
    if rules.ask_for_verdicts and not find(model).capabilities.verdicts:
        raise typer.BadParameter(f"the model {model} passes no verdicts: only --max-blurred can be asked of it")
    found, problems = find_given(photos)
    try:
        loaded = load(model)
    except BlurmapError as error:
        fail(str(error), UNREADABLE)
    counts: Counter[str] = Counter()

    def one(photo: Given) -> None:
        row = photo.source.row(loaded.name, loaded.weights)
        row |= loaded.detect(opened(photo, row)).record()
        word, why = outcome(row, rules)
        counts[word] += 1
        if quiet and word == "pass":
            return
        text = f"{photo.name}: {word}" + (f": {'; '.join(why)}" if why else "")
        say(json.dumps(row | {"outcome": word, "why": why}) if as_json else text)

    def failed(photo: Given, reason: str) -> None:
        if as_json:
            row = photo.source.row(loaded.name, loaded.weights, reason)
            say(json.dumps(row | {"outcome": None, "why": []}))

    reasons = each(found, problems, one, failed)
    for reason in reasons:
        tell(f"blurmap: {reason}")
    raise typer.Exit(UNREADABLE if reasons else 1 if counts["reject"] else 0)


def verdicts(text: str | None) -> tuple[Verdict, ...] | None:
    if text is None:
        return None
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    for word in words:
        if word not in get_args(Verdict):
            raise typer.BadParameter(f"--no-verdict takes {', '.join(get_args(Verdict))}, not {word!r}")
    return cast(tuple[Verdict, ...], words)
