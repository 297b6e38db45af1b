"""The command ``blurmap serve``."""

import ipaddress
import math
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
    app = make_app(models, limits, token, tuple(cors or ()), hosts)
    uvicorn.run(
        app, host=host, port=port, http=Connection, timeout_keep_alive=5, server_header=False, access_log=False,
        log_config=log_config(log),  # type: ignore[arg-type]
        proxy_headers=bool(proxy), forwarded_allow_ips=proxy or [],
        timeout_graceful_shutdown=math.ceil(seconds),  # requests that run are ended, whoever waits for longer is not
    )  # fmt: skip


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
