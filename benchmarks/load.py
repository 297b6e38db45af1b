"""The web app under mixed load: good, broken, huge and slow uploads, clients that hang up; writes load.json.

    python benchmarks/load.py [--clients 50] [--seconds 600] [--attackers 20]

Every client asks again as soon as it is answered. An answer that its kind of upload does not deserve is unexpected, and
so is an error of the server. Beside it what the model alone does: as many processes as cores, nothing else. The same
good photos are asked for without and with attackers, who send heads that do not end, bodies that do not end, and JPEGs
that go over their pixels thousands of times: how much longer does a good photo wait?
"""

import argparse
import asyncio
import contextlib
import io
import multiprocessing
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
from output import EXAMPLES, conditions, options, write_figures
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families

from blurmap.models import load

PHOTOS = [path.read_bytes() for path in sorted(EXAMPLES.glob("*.jpg"))]
LARGEST = 50_000_000  # bytes: the server's own limit
# Shares of the requests, and the statuses they deserve; 0: the client does not wait for one.
KINDS = {
    "good": (0.68, {200}), "broken": (0.12, {400}), "too many bytes": (0.04, {413}), "too many pixels": (0.04, {413}),
    "slow": (0.06, {200}), "hung up in the middle": (0.03, {0}), "hung up before the answer": (0.03, {0}),
}  # fmt: skip


@dataclass
class Seen:
    """What the clients saw: seconds and statuses by kind of request; resident megabytes of the server over time."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: {kind: Counter() for kind in KINDS})
    memory: list[float] = field(default_factory=list)


def bomb() -> bytes:
    """A small file of 100 megapixels."""
    buffer = io.BytesIO()
    Image.new("1", (10_000, 10_000)).save(buffer, "PNG")
    return buffer.getvalue()


BOMB = bomb()


async def ask(port: int, kind: str, random: np.random.Generator) -> int:
    """Send one request of a kind; the status of its answer, 0 where the client hung up, -1 where the server did."""
    photo = BOMB if kind == "too many pixels" else PHOTOS[random.integers(len(PHOTOS))]
    if kind == "broken":
        photo = (photo[: len(photo) // 3], b"no photo", b"")[random.integers(3)]
    length = LARGEST + 1 if kind == "too many bytes" else len(photo)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        head = f"POST /v1/detect HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        writer.write(head.encode())
        pieces = [photo[len(photo) * i // 10 : len(photo) * (i + 1) // 10] for i in range(10)]
        for i, piece in enumerate(pieces):
            if kind == "hung up in the middle" and i == 5:
                return 0
            writer.write(piece)
            await writer.drain()
            if kind == "slow":
                await asyncio.sleep(0.3)
        if kind == "hung up before the answer":
            await asyncio.sleep(float(random.uniform(0, 0.5)))
            return 0
        first = await reader.readline()
        await reader.read()
        return int(first.split()[1]) if first else -1
    except ConnectionError:
        return -1
    finally:
        writer.close()


def heavy() -> bytes:
    """A small progressive JPEG of 58 megapixels, whose last scan comes 3,000 times."""
    buffer = io.BytesIO()
    Image.new("L", (7600, 7600), "grey").save(buffer, "JPEG", progressive=True)
    whole = buffer.getvalue()
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * 3000 + whole[-2:]


HEAVY = heavy()


async def attack(port: int, number: int, end: float) -> None:
    """Until the end: heads, bodies or JPEGs without end, by number."""
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                head = "POST /v1/detect HTTP/1.1\r\nHost: localhost\r\n"
                if number % 3 == 0:
                    writer.write((head + "X-Slow: ").encode())
                    for _ in range(60):
                        writer.write(b"x")
                        await asyncio.sleep(0.5)
                elif number % 3 == 1:
                    writer.write((head + "Content-Length: 49000000\r\n\r\n").encode())
                    for _ in range(480):
                        writer.write(bytes(100_000))
                        await writer.drain()
                        await asyncio.sleep(0.1)
                else:
                    writer.write((head + f"Connection: close\r\nContent-Length: {len(HEAVY)}\r\n\r\n").encode() + HEAVY)
                    await asyncio.sleep(0.5)
            finally:
                writer.close()


async def press(port: int, clients: int, seconds: float, *, attackers: int = 0, only: str | None = None) -> Seen:
    """All clients at once, for that long; attackers beside them."""
    seen, end = Seen(), time.monotonic() + seconds
    kinds, shares = list(KINDS), [share for share, _ in KINDS.values()]

    async def client(number: int) -> None:
        random = np.random.default_rng([7, number])
        while time.monotonic() < end:
            kind, started = only or kinds[random.choice(len(kinds), p=shares)], time.perf_counter()
            status = await ask(port, kind, random)
            seen.statuses[kind][status] += 1
            seen.seconds[kind].append(time.perf_counter() - started)

    async def watch() -> None:
        async with httpx.AsyncClient() as session:
            while True:
                seen.memory.append(metric(await session.get(f"http://127.0.0.1:{port}/metrics")) / 1e6)
                await asyncio.sleep(seconds / 100)

    watching = asyncio.create_task(watch())
    attacking = [asyncio.create_task(attack(port, number, end)) for number in range(attackers)]
    await asyncio.gather(*(client(number) for number in range(clients)))
    for task in (watching, *attacking):
        task.cancel()
    return seen


def metric(response: httpx.Response, name: str = "process_resident_memory_bytes") -> float:
    return next(f for f in text_string_to_metric_families(response.text) if f.name == name).samples[0].value


def alone(seconds: float) -> float:
    """Photos per second of the model with a process per core."""
    cores = os.cpu_count() or 1
    with multiprocessing.get_context("spawn").Pool(cores) as pool:
        pool.map(look_for, [1.0] * cores, chunksize=1)  # started, loaded
        return sum(pool.map(look_for, [seconds] * cores, chunksize=1)) / seconds


def look_for(seconds: float) -> int:
    """How many photos are looked at in that time."""
    model, count, end = load(threads=1), 0, time.monotonic() + seconds
    while time.monotonic() < end:
        model.detect(PHOTOS[count % len(PHOTOS)]).record()
        count += 1
    return count


def serve() -> tuple[subprocess.Popen[bytes], int]:
    """A server that is ready, and its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from blurmap.cli import main; main()", "serve", "--port", str(port)]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200:
                return server, port
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    server.kill()
    raise RuntimeError("the server does not start")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--attackers", type=int, default=30)
    options(parser)
    arguments = parser.parse_args()
    seconds = min(arguments.seconds, arguments.limit or arguments.seconds)
    fastest = alone(min(seconds, 30))
    server, port = serve()
    try:
        asyncio.run(press(port, 2, 5))  # warm
        started = time.perf_counter()
        seen = asyncio.run(press(port, arguments.clients, seconds))
        wall = time.perf_counter() - started
        few = max(min(seconds / 4, 120), 1)
        calm = asyncio.run(press(port, 4, few, only="good"))
        attacked = asyncio.run(press(port, 4, few, only="good", attackers=arguments.attackers))
    finally:
        server.terminate()
        status = server.wait()
    found = figures(seen, wall, fastest, status, arguments.clients)
    found["attackers"] = {"attackers": arguments.attackers, **{
        name: {"answers": len(one.seconds["good"]), "not_200": len(one.seconds["good"]) - one.statuses["good"][200],
               "median_ms": 1000 * float(np.median(one.seconds["good"])),
               "longest_ms": 1000 * max(one.seconds["good"])}
        for name, one in (("without", calm), ("with", attacked))
    }}  # fmt: skip
    write_figures("load", found, arguments.figures)


def figures(seen: Seen, wall: float, fastest: float, status: int, clients: int) -> dict[str, Any]:
    """What is written: the run, and a row per kind of request."""
    rows: dict[str, Any] = {}
    tenth = max(len(seen.memory) // 10, 1)
    for kind, (_, deserved) in KINDS.items():
        median, p99 = (1000 * float(np.percentile(seen.seconds[kind] or [0], q)) for q in (50, 99))
        unexpected = sum(n for answer, n in seen.statuses[kind].items() if answer not in deserved)
        answers = ", ".join(f"{n} x {answer or 'none'}" for answer, n in sorted(seen.statuses[kind].items()))
        rows[kind] = {"answers": answers, "unexpected": unexpected, "median_ms": median, "p99_ms": p99}
    rate = sum(seen.statuses[kind][200] for kind in KINDS) / wall
    run = conditions(
        clients=clients, seconds=wall, rate=rate, alone=fastest, share=rate / fastest, exit_status=status,
        unexpected=sum(row["unexpected"] for row in rows.values()),
        memory_start=float(np.median(seen.memory[tenth : 2 * tenth] or seen.memory)),
        memory_end=float(np.median(seen.memory[-tenth:])), memory_most=max(seen.memory),
    )  # fmt: skip
    return {"run": run, "kinds": rows}


if __name__ == "__main__":
    main()
