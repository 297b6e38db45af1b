"""What those who run the server meet: problems in one form, the document, health, counts, logs, proxies, the end."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from asgi_correlation_id import correlation_id
from prometheus_client.parser import text_string_to_metric_families

import blurmap
from blurmap.cli.serve import serve
from blurmap.web.app import make_app
from blurmap.web.limits import Limits
from blurmap.web.problems import MEDIA_TYPE, Problem
from tests.cli.command import COMMAND
from tests.web.server import CAT, Server


@pytest.mark.parametrize(
    ("method", "path", "headers", "content", "status"),
    [
        ("POST", "/v1/detect", {}, b"no photo", 400),
        ("GET", "/livez", {"Host": "evil.example"}, b"", 400),
        ("POST", "/v1/detect", {"Content-Type": "multipart/form-data; boundary=b"}, b"no form", 400),
        ("GET", "/v1/models", {}, b"", 401),
        ("POST", "/v1/detect", {"Origin": "https://evil.example"}, b"", 403),
        ("GET", "/nowhere", {}, b"", 404),
        ("DELETE", "/v1/detect", {}, b"", 405),
        ("POST", "/v1/detect", {}, b"x" * 2000, 413),
        ("POST", "/v1/detect?max_side=1", {}, b"", 422),
        ("GET", "/metrics", {}, b"", 500),
    ],
)
def test_problems_are_of_one_form(
    method: str, path: str, headers: dict[str, str], content: bytes, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("blurmap.web.metrics.generate_latest", lambda registry: 1 / 0)
    headers = {"X-Request-ID": "mine-1"} | ({} if status == 401 else {"Authorization": "Bearer secret"}) | headers
    with Server(token="secret", limits=Limits(upload=1000)) as server:
        response = httpx.request(method, server.url + path, headers=headers, content=content)
    assert (response.status_code, response.headers["content-type"]) == (status, MEDIA_TYPE)
    told = Problem.model_validate(response.json(), strict=True)
    assert (told.type, told.status, told.request_id) == ("about:blank", status, "mine-1")
    assert told.detail
    assert told.title == response.reason_phrase


def test_the_document_is_made_for_generators() -> None:
    made = make_app(token="secret").openapi()
    assert made["openapi"].startswith("3.1")
    operations = [operation for path in made["paths"].values() for operation in path.values()]
    names = [operation["operationId"] for operation in operations]
    assert sorted(names) == ["check", "detect", "focus", "list_models", "livez", "metrics", "readyz"]
    tags = {tag["name"] for tag in made["tags"]}
    assert all(set(operation["tags"]) <= tags and operation["tags"] for operation in operations)
    detect = made["paths"]["/v1/detect"]["post"]
    assert detect["security"] == [{"token": []}]
    assert set(detect["responses"]["200"]["content"]) == {"application/json", "image/png", "application/x-ndjson"}
    assert set(detect["requestBody"]["content"]) == {"multipart/form-data", "application/octet-stream"}
    for operation in operations:
        for status, response in operation["responses"].items():
            if status >= "4":
                assert list(response["content"]) == [MEDIA_TYPE]
    schemas = made["components"]["schemas"]
    for name in ("Answer", "Problem"):
        assert set(schemas[name]["example"]) <= set(schemas[name]["properties"])
    assert re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(made))
    assert set(re.findall(r'"\$ref": "#/components/schemas/(\w+)"', json.dumps(made))) <= set(schemas)


def test_alive_before_it_is_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = threading.Event()
    monkeypatch.setattr("blurmap.web.readiness.load", lambda name, threads: opened.wait(60))
    with Server() as server:
        assert httpx.get(f"{server.url}/livez").json() == {"status": "ok"}
        waiting = httpx.get(f"{server.url}/readyz")
        assert (waiting.status_code, waiting.headers["retry-after"]) == (503, "1")
        assert "is being loaded" in waiting.json()["detail"]
        opened.set()
        deadline = time.monotonic() + 60
        while (status := httpx.get(f"{server.url}/readyz").status_code) == 503 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert status == 200


def test_counts_by_convention() -> None:
    with Server(limits=Limits(seconds=7)) as server:
        assert server.detect().status_code == 200
        server.detect(b"no photo")
        server.detect(model="none")
        families = {family.name: family for family in text_string_to_metric_families(server.metrics())}
    requests = {
        (sample.labels["handler"], sample.labels["status"]): sample.value
        for sample in families["blurmap_requests"].samples if sample.name.endswith("_total")
    }  # fmt: skip
    assert requests == {("/v1/detect", status): 1 for status in ("200", "400", "422")}
    duration = families["blurmap_request_duration_seconds"]
    assert duration.type == "histogram"
    bounds = [float(sample.labels["le"]) for sample in duration.samples if sample.labels.get("status") == "200" and
              "le" in sample.labels]  # fmt: skip
    assert bounds[-2:] == [7, float("inf")]
    photos = {sample.labels["verdict"]: sample.value for sample in families["blurmap_photos"].samples
              if sample.name.endswith("_total")}  # fmt: skip
    assert photos == {blurmap.detect(CAT).verdict: 1, "error": 1}
    assert families["blurmap_photos_in_progress"].samples[0].value == 0
    assert families["blurmap_build_info"].samples[0].labels["version"] == blurmap.__version__
    if sys.platform == "linux":
        assert families["process_resident_memory_bytes"].samples[0].value > 1e6


def served(monkeypatch: pytest.MonkeyPatch, **options: Any) -> dict[str, Any]:
    """What ``serve`` tells uvicorn; it does not start."""
    told: dict[str, Any] = {}

    class Ended:
        started = True

        def __init__(self, config: uvicorn.Config) -> None:
            told.update(vars(config))

        def run(self, sockets: list[socket.socket]) -> None:
            told["sockets"] = [found.getsockname() for found in sockets]
            for found in sockets:
                found.close()

    monkeypatch.setattr(uvicorn, "Server", Ended)
    serve(**{"host": "127.0.0.1", "port": 0, "cors": None, "token": None, "insecure": False, "upload": 50.0,
             "megapixels": 60.0, "at_once": 2, "waiting": 64, "seconds": 60.0, "proxy": None, "name": None,
             "log": "text", **options})  # fmt: skip
    return told


def test_forwarded_headers_are_believed_only_where_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")  # uvicorn's own way, which says nothing of this server
    told = served(monkeypatch)
    assert (told["proxy_headers"], told["forwarded_allow_ips"]) == (False, [])
    told = served(monkeypatch, proxy=["10.0.0.0/8", "::1"])
    assert (told["proxy_headers"], told["forwarded_allow_ips"]) == (True, ["10.0.0.0/8", "::1"])
    with pytest.raises(ValueError, match="--log must be text or json"):
        served(monkeypatch, log="xml")


def test_a_port_that_is_taken_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(ValueError, match=rf"port {port} of 127.0.0.1 is taken: give another, as --port {port + 1}"):
            served(monkeypatch, port=port)
    (address,) = served(monkeypatch, port=port)["sockets"]
    assert address == ("127.0.0.1", port)
    with pytest.raises(ValueError, match=r"--host 256\.1\.1\.1 is no address of this machine"):
        served(monkeypatch, host="256.1.1.1", insecure=True)


def test_ids_are_of_the_request() -> None:
    with Server() as server:
        assert httpx.get(f"{server.url}/livez", headers={"X-Request-ID": "a.b-1"}).headers["x-request-id"] == "a.b-1"
        for forged in ("a b", "x" * 101, '{"level": 1}'):
            given = httpx.get(f"{server.url}/livez", headers={"X-Request-ID": forged}).headers["x-request-id"]
            assert re.fullmatch("[0-9a-f]{32}", given)
    assert correlation_id.get() is None


def refuses(port: int) -> bool:
    """Whether, within a minute, no new connection is taken."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except OSError:
            return True
        time.sleep(0.05)
    return False


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM there")
def test_a_running_request_is_ended_and_the_log_tells_of_it(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [*COMMAND, "serve", "--port", str(port), "--log", "json"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        try:
            deadline = time.monotonic() + 120
            while time.monotonic() < deadline:
                try:
                    httpx.get(f"http://127.0.0.1:{port}/livez")
                    break
                except httpx.TransportError:
                    time.sleep(0.1)
            half = len(CAT) // 2
            head = f"POST /v1/detect HTTP/1.1\r\nHost: localhost\r\nX-Request-ID: mine\r\nContent-Length: {len(CAT)}"
            with socket.create_connection(("127.0.0.1", port), timeout=120) as connection:
                connection.sendall(f"{head}\r\n\r\n".encode() + CAT[:half])
                time.sleep(0.5)
                process.send_signal(signal.SIGTERM)
                assert refuses(port)
                connection.sendall(CAT[half:])
                answer = connection.recv(10_000)
            assert answer.startswith(b"HTTP/1.1 200 OK")
            log = process.communicate(timeout=120)[1]
        finally:
            process.kill()
    assert process.returncode in (0, -signal.SIGTERM)
    lines = [json.loads(line) for line in log.splitlines()]
    (told,) = [line for line in lines if line["request_id"] == "mine"]
    assert (told["level"], told["method"], told["path"], told["status"]) == ("INFO", "POST", "/v1/detect", 200)
    assert (told["received_bytes"], told["client"]) == (len(CAT), "127.0.0.1")
    assert told["seconds"] > 0.4
    assert not [line for line in lines if line.get("path") == "/livez"]
