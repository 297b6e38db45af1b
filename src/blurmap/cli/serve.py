"""The command ``blurmap serve``."""

import ipaddress
import os
from typing import Annotated

import typer


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
    seconds: Annotated[float, typer.Option(min=0.1, help="Longest time for one request.")] = 60,
) -> None:
    """Start the local web app: drop photos on a page, or POST them to /v1/detect."""
    try:
        import uvicorn

        from blurmap.web.access import LOOPBACK
        from blurmap.web.app import make_app
        from blurmap.web.limits import Limits
    except ImportError:
        raise ImportError("the web app needs FastAPI: install blurmap with its extra 'serve'") from None
    local = is_loopback(host)
    if not local and not token and not insecure:
        raise ValueError(
            f"{host} can be reached from other machines: give a --token, or --insecure if everyone there may use it"
        )
    limits = Limits(round(upload * 1e6), round(megapixels * 1e6), at_once, waiting, seconds)
    hosts = (*LOOPBACK, "[::1]") if local else ("*",)
    app = make_app(limits, token, tuple(cors or ()), hosts)
    uvicorn.run(app, host=host, port=port, log_level="info", timeout_keep_alive=5, server_header=False)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
