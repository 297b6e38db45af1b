"""The web app under load on loopback: many clients at once, no error allowed, percentiles reported.

python benchmarks/serve.py PHOTO [--clients 50] [--requests 500] [--out docs/serve-load.md]
"""

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx
import numpy as np

from blurmap.files import write_file


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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photo", type=Path)
    parser.add_argument("--clients", nargs="+", type=int, default=[1, 10, 50])
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument("--out", type=Path, help="Markdown file to write; replaced if it is there.")
    arguments = parser.parse_args()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from blurmap.cli import main; main()", "serve", "--port", str(port)]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    url, photo = f"http://127.0.0.1:{port}", arguments.photo.read_bytes()
    lines = [f"`blurmap serve`, {os.cpu_count()} cores shared with the clients, `{arguments.photo.name}`, `default`:"]
    lines += ["", "| clients | answers/s | median ms | p99 ms | statuses |", "|---|---|---|---|---|"]
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                httpx.get(f"{url}/healthz")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        asyncio.run(ask(url, photo, 2, 10))  # warm
        for clients in arguments.clients:
            started = time.perf_counter()
            seconds, statuses = asyncio.run(ask(url, photo, clients, arguments.requests))
            rate = len(seconds) / (time.perf_counter() - started)
            median, p99 = (1000 * np.percentile(seconds, q) for q in (50, 99))
            counts = ", ".join(f"{n} x {status}" for status, n in statuses.items())
            lines.append(f"| {clients} | {rate:.1f} | {median:.0f} | {p99:.0f} | {counts} |")
    finally:
        server.terminate()
        server.wait()
    lines.append("")
    print("\n".join(lines))
    if arguments.out:
        write_file(arguments.out, lambda file: file.write("\n".join(lines).encode()), overwrite=True)


if __name__ == "__main__":
    main()
