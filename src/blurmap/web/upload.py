"""What a request brings: one photo, as a form's file or as its body, or a batch of files."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import IO, Any, cast

from fastapi import HTTPException, Request
from python_multipart.exceptions import FormParserError
from starlette.datastructures import FormData, UploadFile

from blurmap.web.answer import name_only

IN_MEMORY = 1 << 20  # bytes of an upload; what is more goes to a temporary file until it is its turn
MOST = 1000  # files in one batch
BINARY = {"type": "string", "format": "binary"}
REQUEST_BODY: dict[str, Any] = {
    "required": True,
    "description": "A form with one `photo` or several `photos`, or the photo itself.",
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object", "additionalProperties": False, "minProperties": 1,
                "properties": {
                    "photo": BINARY | {"description": "One photo: the answer is JSON."},
                    "photos": {
                        "type": "array", "items": BINARY,
                        "description": "A batch: a line of JSON for each is the answer, in their order.",
                    },
                },
            },
        },
        "application/octet-stream": {"schema": BINARY},
    },
}  # fmt: skip


@dataclass(frozen=True)
class Upload:
    """A photo that was sent: its name without folders, and its content in a file that is closed with the request."""

    name: str
    file: IO[bytes]

    def read(self) -> bytes:
        self.file.seek(0)
        return self.file.read()


@dataclass(frozen=True)
class Uploads:
    """The photos of a request; ``batch`` says that they were sent as several, even if it is one."""

    photos: list[Upload]
    batch: bool


@asynccontextmanager
async def received(request: Request, name: str, seconds: float) -> AsyncIterator[Uploads]:
    """The photos of a request, all of it read; raises HTTPException 400, 408 or 422.

    A form (``multipart/form-data``) has one file ``photo`` or several ``photos``; any other body is the photo itself.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    try:
        async with asyncio.timeout(seconds):
            as_form = kind == "multipart/form-data"
            body = await request.form(max_files=MOST, max_fields=MOST) if as_form else await _spooled(request)
    except FormParserError as error:
        raise HTTPException(400, f"the form is damaged ({error})") from None
    except TimeoutError:
        detail = f"the upload took longer than {seconds:g} seconds"
        raise HTTPException(408, detail, {"Connection": "close"}) from None
    try:
        if isinstance(body, FormData):
            yield _of_form(body.multi_items())
        else:
            yield Uploads([Upload(name_only(name), cast(IO[bytes], body.file))], False)
    finally:
        await body.close()


async def _spooled(request: Request) -> UploadFile:
    file = UploadFile(cast(Any, tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)))  # noqa: SIM115 - closed by received
    async for piece in request.stream():
        await file.write(piece)  # in a thread where it is on disk
    return file


def _of_form(fields: list[tuple[str, UploadFile | str]]) -> Uploads:
    files: dict[str, list[Upload]] = {"photo": [], "photos": []}
    for field, value in fields:
        if field not in files or not isinstance(value, UploadFile):
            raise HTTPException(422, f"a form has a file 'photo', or files 'photos', and not {field!r} as it was sent")
        files[field].append(Upload(name_only(value.filename), cast(IO[bytes], value.file)))
    if len(files["photo"]) > 1 or bool(files["photo"]) == bool(files["photos"]):
        raise HTTPException(422, "a form has one file 'photo', or any number of files 'photos'")
    return Uploads(files["photo"] or files["photos"], bool(files["photos"]))
