"""Who may ask: holders of the token, and no web site that was not named."""

import secrets
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from blurmap.web.problems import problem

LOOPBACK = ("127.0.0.1", "localhost", "::1")
READING = ("GET", "HEAD", "OPTIONS")  # without CORS headers browsers keep their answers from other sites

bearer = HTTPBearer(auto_error=False, scheme_name="token", description="The --token that the server was started with.")


def wants(token: str) -> Callable[..., None]:
    """A dependency that refuses requests without ``Authorization: Bearer TOKEN`` (401), before their body is read."""

    def authorised(given: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> None:
        if not (given and secrets.compare_digest(given.credentials.encode(), token.encode())):
            raise HTTPException(401, "the token is missing or wrong", {"WWW-Authenticate": "Bearer"})

    return authorised


class KnownHost:
    """Refuses what is asked of a host name that is not the server's (400), unless ``hosts`` holds "*".

    It keeps out web sites whose name is made to point at this machine (DNS rebinding).
    """

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self.app = app
        self.hosts = {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and "*" not in self.hosts:
            host = Headers(scope=scope).get("host", "").lower()
            name = (host if host.endswith("]") else host.rpartition(":")[0] or host).strip("[]")  # without its port
            if name not in self.hosts:
                detail = f"this server does not answer to the name {name!r}; start blurmap serve with --name {name}"
                await problem(400, detail)(scope, receive, send)
                return
        await self.app(scope, receive, send)


class OwnOrigin:
    """Refuses what a browser sends for another web site (403), unless the site is among ``origins``.

    Browsers name the site of the page in ``Origin``; other programs send none and are let in. A site is the server's
    own if it has the host and port that the request asks for.
    """

    def __init__(self, app: ASGIApp, origins: tuple[str, ...]) -> None:
        self.app = app
        self.origins = {origin.rstrip("/").lower() for origin in origins}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in READING:
            headers = Headers(scope=scope)
            origin = headers.get("origin", "").lower()
            if origin and not self._allowed(origin, headers.get("host", "").lower()):
                detail = f"web pages of {origin} may not ask; start blurmap serve with --cors {origin} to let them"
                await problem(403, detail)(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _allowed(self, origin: str, host: str) -> bool:
        try:
            own = urlsplit(origin).netloc == host
        except ValueError:  # such as an address that is not closed: http://[
            own = False
        return own or origin in self.origins or "*" in self.origins
