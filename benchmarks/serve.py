"""The web app under load on loopback: many clients at once, no error allowed, percentiles; writes serve.json.

python benchmarks/serve.py [PHOTO] [--clients 1 10 50] [--requests 500]
"""

import argparse
import asyncio
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx
import numpy as np
from output import EXAMPLES, conditions, options, write_figures


async def ask(url: str, photo: bytes, clients: int, requests: int) -> tuple[list[float], Counter[int]]:
    """Seconds of each answered request, and how often each status came; every client asks again when it is answered."""
    seconds: list[float] = []
    statuses: Counter[int] = Counter()
    left = iter(range(requests))

    async def client(session: httpx.AsyncClient) -> None:
        for _ in left:
            started = time.perf_counter()
            response = await session.post(f"{url}/v1/detect", files={"photo": ("photo", photo)})
            seconds.append(time.perf_counter() - started)
            statuses[response.status_code] += 1

    limits = httpx.Limits(max_connections=clients)
    async with httpx.AsyncClient(timeout=120, limits=limits) as session:
        await asyncio.gather(*(client(session) for _ in range(clients)))
    return seconds, statuses


def wait_for(url: str) -> None:
    """Until the server answers, for a minute at most."""
    deadline = time.monotonic() + 60
    while True:
        try:
            httpx.get(f"{url}/livez")
            return
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path, nargs="?", default=EXAMPLES / "coffee.jpg")
    parser.add_argument("--clients", nargs="+", type=int, default=[1, 10, 50])
    parser.add_argument("--requests", type=int, default=500)
    options(parser)
    arguments = parser.parse_args()
    requests = min(arguments.requests, arguments.limit or arguments.requests)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from blurmap.cli import main; main()", "serve", "--port", str(port)]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    url, photo = f"http://127.0.0.1:{port}", arguments.photo.read_bytes()
    rows = {}
    try:
        wait_for(url)
        asyncio.run(ask(url, photo, 2, 10))  # warm
        for clients in arguments.clients:
            started = time.perf_counter()
            seconds, statuses = asyncio.run(ask(url, photo, clients, requests))
            rate = len(seconds) / (time.perf_counter() - started)
            median, p99 = (1000 * float(np.percentile(seconds, q)) for q in (50, 99))
            answers = ", ".join(f"{n} x {status}" for status, n in statuses.items())
            rows[str(clients)] = {"rate": rate, "median_ms": median, "p99_ms": p99, "answers": answers}
    finally:
        server.terminate()
        server.wait()
    write_figures("serve", {"run": conditions(photo=arguments.photo.name), "clients": rows}, arguments.figures)


if __name__ == "__main__":
    main()
