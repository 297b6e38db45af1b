"""What goes wrong, in one form everywhere: problem details (RFC 9457), as ``application/problem+json``."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from asgi_correlation_id import correlation_id
from fastapi import FastAPI, HTTPException, Request
from fastapi.encoders import jsonable_encoder
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

MEDIA_TYPE = "application/problem+json"
GONE = 499  # for logs and counts alone: nobody reads it


class Problem(BaseModel):
    """Why there is no answer (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "about:blank", "title": "Bad Request", "status": 400,
                "detail": "photo.jpg: is damaged or cut off (image file is truncated)",
                "request_id": "0d6f1f2f9b0f4f0c8a4b6c1f0e9d8c7b",
            }
        }
    )  # fmt: skip

    type: str
    title: str
    status: int
    detail: str
    request_id: str | None = None
    errors: list[dict[str, Any]] | None = None


SAID = {
    400: "The upload is no photo that can be used, or no form.",
    401: "The token is missing or wrong.",
    403: "A web page of another site asks.",
    408: "The upload took too long, or was too slow.",
    413: "The upload or the photo is too large.",
    422: "A parameter or a field of the form is missing or wrong.",
    429: "Too many requests are waiting; come again later.",
    503: "The server is not ready yet, or too much is being uploaded.",
    504: "It took too long.",
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": words} for status, words in SAID.items()
}


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """The answer that tells of a problem."""
    title = HTTPStatus(status).phrase if status != GONE else "Client Closed Request"
    content = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    content |= {"request_id": correlation_id.get()} if correlation_id.get() else {}
    return JSONResponse(content | more, status, dict(headers or {}), media_type=MEDIA_TYPE)


def tell_problems(app: FastAPI) -> None:
    """Make whatever is raised within the app a problem in this form, and say so in its OpenAPI document."""

    @app.exception_handler(StarletteHTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        return problem(error.status_code, str(error.detail), error.headers)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        wrong = [{"where": list(e["loc"]), "what": e["msg"]} for e in error.errors()]
        detail = "; ".join(f"{'.'.join(map(str, e['where']))}: {e['what']}" for e in wrong)
        return problem(422, detail, errors=jsonable_encoder(wrong))

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, error: ClientDisconnect) -> Response:
        return problem(GONE, "the client hung up")

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> Response:
        return problem(500, "the server failed; its log has the reason under this request id")


def with_media_types(document: dict[str, Any]) -> dict[str, Any]:
    """An OpenAPI document in which problems are of their own media type."""
    for path in document["paths"].values():
        for operation in path.values():
            for status, response in operation.get("responses", {}).items():
                if status >= "4" and "application/json" in response.get("content", {}):
                    response["content"] = {MEDIA_TYPE: response["content"]["application/json"]}
    return document
