"""The command ``blurmap serve``."""

import contextlib
import errno
import ipaddress
import logging
import math
import os
import socket
import sys
from typing import Annotated

import typer

from blurmap.errors import in_words

WSAEADDRINUSE = 10048  # of Windows


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port; 0 takes a free one.")] = 8000,
    token: Annotated[
        str | None, typer.Option(envvar="BLURMAP_TOKEN", help="Wanted as 'Authorization: Bearer TOKEN'.")
    ] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Listen beyond this machine without a token.")] = False,
    cors: Annotated[list[str] | None, typer.Option(help="Web site that may ask; may be repeated.")] = None,
    upload: Annotated[float, typer.Option(min=0.01, help="Largest upload in MB.")] = 50,
    megapixels: Annotated[float, typer.Option(min=0.01, max=150, help="Largest photo.")] = 60,
    at_once: Annotated[int, typer.Option(min=1, help="Photos looked at at once.")] = max((os.cpu_count() or 1), 1),
    waiting: Annotated[int, typer.Option(min=0, help="Requests that may wait; more get 429.")] = 64,
    seconds: Annotated[float, typer.Option(min=0.1, help="Longest time for an upload, and for an answer.")] = 60,
    proxy: Annotated[
        list[str] | None,
        typer.Option(help="Address or network of a proxy whose X-Forwarded-* is believed; repeatable."),
    ] = None,
    name: Annotated[
        list[str] | None, typer.Option(help="Host name that it answers to beside this machine's own; repeatable.")
    ] = None,
    model: Annotated[
        list[str] | None, typer.Option(help="Folder of weights of your own to answer with too; repeatable.")
    ] = None,
    log: Annotated[str, typer.Option(help="text or json: lines of the log on stderr.")] = "text",
) -> None:
    """Start the local web app: drop photos on a page, or POST them to /v1/detect."""
    from blurmap.models import MODELS, find

    models = {**MODELS, **{name: find(name) for name in model or ()}}
    try:
        import uvicorn

        from blurmap.web.access import LOOPBACK
        from blurmap.web.app import make_app
        from blurmap.web.connections import Connection, most_connections
        from blurmap.web.limits import Limits
        from blurmap.web.logs import log_config
    except ImportError:
        raise ImportError("the web app needs FastAPI: install blurmap with its extra 'serve'") from None
    local = is_loopback(host)
    if not local and not token and not insecure:
        raise ValueError(
            f"{host} can be reached from other machines: give a --token, or --insecure if everyone there may use it"
        )
    if log not in ("text", "json"):
        raise ValueError(f"--log must be text or json, not {log!r}")
    limits = Limits(round(upload * 1e6), round(megapixels * 1e6), at_once, waiting, seconds)
    Connection.most = most_connections()
    hosts = (*LOOPBACK, *(name or ())) if local or name else ("*",)
    listening = listen(host, port)  # before the models are loaded
    app = make_app(models, limits, token, tuple(cors or ()), hosts)
    config = uvicorn.Config(
        app, host=host, port=port, http=Connection, timeout_keep_alive=5, server_header=False, access_log=False,
        log_config=log_config(log),  # type: ignore[arg-type]
        proxy_headers=bool(proxy), forwarded_allow_ips=proxy or [],
        timeout_graceful_shutdown=math.ceil(seconds),  # requests that run are ended, whoever waits for longer is not
    )  # fmt: skip
    shown = f"[{host}]" if ":" in host else host
    logging.getLogger("uvicorn.error").info(
        "blurmap is at http://%s:%d; Ctrl-C ends it", shown, listening.getsockname()[1]
    )
    server = uvicorn.Server(config)
    with contextlib.suppress(KeyboardInterrupt):  # the usual end of it
        server.run(sockets=[listening])
    if not server.started:
        sys.exit(1)  # its log says why


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens at an address.

    Raises
    ------
    ValueError
        If that is not possible; it says what to do.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except OSError:
        raise ValueError(f"--host {host} is no address of this machine") from None
    listening = socket.socket(family, kind, protocol)
    if os.name == "posix":  # on Windows the option would let two servers share a port
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
    except OSError as error:
        listening.close()
        if error.errno in (errno.EADDRINUSE, WSAEADDRINUSE):
            told = f"port {port} of {host} is taken: give another, as --port {port + 1}, or --port 0 for a free one"
        elif isinstance(error, PermissionError):
            told = f"port {port} may not be used by you: give one from 1024 on, as --port 8000"
        else:
            told = f"cannot listen on port {port} of {host}: {in_words(error).lower()}"
        raise ValueError(told) from None
    return listening


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
