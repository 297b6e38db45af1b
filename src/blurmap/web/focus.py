"""``POST /v1/focus``: where a photo is in focus, at its own pixels, as figures or as a picture."""

import io
import time
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import FastAPI, HTTPException, Query, Request
from fastapi.responses import JSONResponse, Response
from PIL import Image
from pydantic import Field as Described
from pydantic import create_model

from blurmap.focus.focus_map import FocusMap
from blurmap.focus.picture import SIDE, figures, picture
from blurmap.imaging.pyramid import Pyramid
from blurmap.models import DEFAULT, Shipped
from blurmap.result import BlurMap
from blurmap.web.detect import LARGEST_SIDE, LINES, Detection
from blurmap.web.problems import PROBLEMS
from blurmap.web.upload import REQUEST_BODY, Upload

PATH = "/v1/focus"
FIGURES: dict[str, Any] = {
    name: (kind | None, Described(description=meaning))
    for name, kind, meaning in (
        ("width", int, "of the upright photo (pixels)"), ("height", int, "of the upright photo (pixels)"),
        ("focus", str, "one sentence: what share of the frame is sharp at 100 %, where, and what share on a screen"),
        ("focus_x", float, "where the sharpest part is, as a share of the width"),
        ("focus_y", float, "where the sharpest part is, as a share of the height"),
        ("focus_width", float, "standard deviation of the blur there (pixels of the photo)"),
        ("known", float, "share of the frame that has detail to tell by, 0 to 1"),
        ("sharp", float, "share of the frame that is sharp at 100 %, 0 to 1"),
        ("sharp_on_screen", float, "share of the frame that is sharp at a long side of 2048 pixels, 0 to 1"),
    )
}  # fmt: skip
Focus = create_model(
    "Focus", __doc__="Where a photo is in focus; null where nothing shows it.",
    path=(str, ...), bytes=(int, ...), format=(str, ...), **FIGURES, error=(None, ...), seconds=(float, ...),
)  # fmt: skip
FocusLine = create_model(
    "FocusLine", __doc__="A photo of a batch: as an answer, or with an error and nulls.",
    path=(str, ...), bytes=(int | None, ...), format=(str | None, ...), **FIGURES, error=(str | None, ...),
    seconds=(float | None, ...),
)  # fmt: skip
ANSWERS = PROBLEMS | {
    200: {
        "model": Focus,
        "description": "Where it is in focus; the picture where `image/png` is accepted; lines for a batch.",
        "content": {"image/png": {}, LINES: {"schema": {"$ref": "#/components/schemas/FocusLine"}}},
    }
}


def add_focus(app: FastAPI, models: Mapping[str, Shipped], detection: Detection, guarded: list[Any]) -> None:
    """Add the route."""

    @app.post(
        PATH, operation_id="focus", tags=["photos"], summary="Where a photo is in focus",
        response_class=JSONResponse, responses=ANSWERS, dependencies=guarded,
        openapi_extra={"requestBody": REQUEST_BODY},
    )  # fmt: skip
    async def focus(
        request: Request,
        model: Annotated[Literal[*models], Query(description="Which model answers.")] = DEFAULT,  # type: ignore[valid-type]
        max_side: Annotated[int, Query(ge=16, le=LARGEST_SIDE, description="Longest side of the picture.")] = SIDE,
        name: Annotated[str, Query(max_length=255, description="Of a photo that is sent as the body.")] = "photo",
    ) -> Response:
        """What is sharp at the photo's own pixels, what on a screen, what is soft, and what nobody can tell.

        Photos are sent as to `/v1/detect`; of a batch each has its line. It looks at every pixel, and takes seconds for
        a photo of a camera.
        """
        if not models[model].capabilities.verdicts:
            able = [name for name, shipped in models.items() if shipped.capabilities.verdicts]
            raise HTTPException(422, f"model: {model} does not look at focus; give {' or '.join(able)}")
        return await detection.answer(
            request, name, lambda photo: told(detection, photo, model), FocusLine,
            lambda photo: painted(detection, photo, model, max_side),
        )  # fmt: skip


def told(detection: Detection, upload: Upload, model: str) -> dict[str, Any]:
    """The figures of a photo; raises PhotoError."""
    started = time.perf_counter()

    def said(result: BlurMap, about: dict[str, Any]) -> dict[str, Any]:
        height, width = result.seen.shape
        return about | {"width": width, "height": height} | figures(seen_of(result)) | {"error": None}

    return detection.looked_at(upload, model, said) | {"seconds": round(time.perf_counter() - started, 4)}


def painted(detection: Detection, upload: Upload, model: str, max_side: int) -> bytes:
    """The picture of a photo's focus as PNG; raises PhotoError."""

    def drawn(result: BlurMap, about: dict[str, Any]) -> bytes:
        photo: Pyramid = result.seen
        buffer = io.BytesIO()
        Image.fromarray(picture(seen_of(result), photo, max_side)).save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()

    return detection.looked_at(upload, model, drawn)


def seen_of(result: BlurMap) -> FocusMap:
    """The focus map of a result of a model that looks at focus."""
    focus = result.focus
    assert focus is not None
    return focus
