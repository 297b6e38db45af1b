"""``POST /v1/check``: will a photo do? Pass, warn or reject, by the presets and rules of the command."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse, Response

from blurmap.models import DEFAULT, Shipped
from blurmap.verdict.judgement import Verdict
from blurmap.verdict.rules import Preset, PresetName, outcome, wanted
from blurmap.web.answer import Checked, CheckedLine
from blurmap.web.detect import LARGEST_SIDE, LINES, Detection
from blurmap.web.problems import PROBLEMS
from blurmap.web.upload import REQUEST_BODY, Upload

PATH = "/v1/check"
CHECKED = PROBLEMS | {
    200: {
        "model": Checked,
        "description": "What blurmap sees, whether it will do, and why not; lines for a batch.",
        "content": {LINES: {"schema": {"$ref": "#/components/schemas/CheckedLine"}}},
    }
}


def add_check(app: FastAPI, models: Mapping[str, Shipped], detection: Detection, guarded: list[Any]) -> None:
    """Add the route."""

    @app.post(
        PATH, operation_id="check", tags=["photos"], summary="Whether a photo will do",
        response_class=JSONResponse, responses=CHECKED, dependencies=guarded,
        openapi_extra={"requestBody": REQUEST_BODY},
    )  # fmt: skip
    async def check(
        request: Request,
        preset: Annotated[
            PresetName | None, Query(description="Rules for a purpose; `photo` where none is given.")
        ] = None,
        max_blurred: Annotated[
            float | None, Query(ge=0, le=1, description="Reject if a larger share is blurred.")
        ] = None,
        no_verdict: Annotated[list[Verdict], Query(description="Reject by verdict; may be repeated.")] = [],  # noqa: B006
        min_sharp_size: Annotated[
            int | None, Query(ge=1, description="Reject if sharp only at a smaller size.")
        ] = None,
        no_soft: Annotated[bool, Query(description="Reject if it is soft at 100 %.")] = False,
        model: Annotated[Literal[*models], Query(description="Which model answers.")] = DEFAULT,  # type: ignore[valid-type]
        name: Annotated[str, Query(max_length=255, description="Of a photo that is sent as the body.")] = "photo",
    ) -> Response:
        """`pass`, `warn` or `reject`, and why: as the command `blurmap check` says, with the record of the photo.

        Photos are sent as to `/v1/detect`; of a batch each has its line.
        """
        rules = wanted(
            preset, max_blurred=max_blurred, no_verdict=tuple(no_verdict) or None, min_sharp_size=min_sharp_size,
            no_soft=no_soft,
        )  # fmt: skip
        if rules.ask_for_verdicts and not models[model].capabilities.verdicts:
            raise HTTPException(422, f"model: {model} passes no verdicts, and only max_blurred can be asked of it")
        return await detection.answer(request, name, lambda photo: checked(detection, photo, model, rules), CheckedLine)


def checked(detection: Detection, upload: Upload, model: str, rules: Preset) -> dict[str, Any]:
    """The record of a photo, whether it will do, and why not; raises PhotoError."""
    said = detection.inspect(upload, model, [], LARGEST_SIDE)
    del said["pictures"]
    word, why = outcome(said, rules)
    return said | {"outcome": word, "why": why}
