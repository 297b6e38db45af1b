"""The web app over real HTTP on loopback: answers, limits, the OpenAPI document."""

import base64
import io
import json
import re
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import numpy as np
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from PIL import Image
from schemathesis.specs.openapi.checks import positive_data_acceptance

import blurmap
from blurmap.cli.serve import is_loopback, serve
from blurmap.errors import PhotoError
from blurmap.fields import ANSWERED
from blurmap.models import MODELS
from blurmap.web.access import LOOPBACK
from blurmap.web.answer import Answer, Line
from blurmap.web.app import make_app
from blurmap.web.limits import Limits
from tests.mutation import DATA
from tests.web.server import CAT, Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server() as started:
        yield started


@pytest.mark.parametrize("model", list(MODELS))
def test_the_answer_is_the_record(server: Server, model: str) -> None:
    """Same names and values as BlurMap.record(), which tables and ``detect --json`` give; what is absent is null."""
    answer = server.detect(model=model, name="C:\\photos\\cat.jpg").json()
    assert answer.pop("seconds") > 0
    described = {"path": "cat.jpg", "bytes": len(CAT), "format": "JPEG", "error": None, "pictures": {}}
    assert answer == described | blurmap.load(model).detect(CAT).record()
    assert set(ANSWERED) | set(described) == set(answer) == set(Answer.model_fields) - {"seconds"}
    Answer.model_validate(answer | {"seconds": 0.1}, strict=True)


def test_the_body_may_be_the_photo(server: Server) -> None:
    sent: dict[str, Any] = {"content": CAT, "params": {"name": "folder/cat.jpg"}, "timeout": 60}
    for headers in ({"Content-Type": "image/jpeg"}, {"Content-Type": "application/x-www-form-urlencoded"}, {}):
        answer = httpx.post(f"{server.url}/v1/detect", headers=headers, **sent).json()
        assert (answer["path"], answer["bytes"], answer["width"]) == ("cat.jpg", len(CAT), 451)
    png = httpx.post(f"{server.url}/v1/detect", headers={"Accept": "image/png"}, **sent)
    assert Image.open(io.BytesIO(png.content)).size == (451, 300)


def test_a_batch_is_a_line_per_photo(server: Server) -> None:
    files = [("photos", (name, CAT)) for name in ("a.jpg", "b.jpg")]
    files.insert(1, ("photos", ("broken.jpg", CAT[:3000])))
    response = httpx.post(f"{server.url}/v1/detect", files=files, params={"include": "mask"}, timeout=60)
    assert (response.status_code, response.headers["content-type"]) == (200, "application/x-ndjson")
    first, broken, last = map(json.loads, response.text.splitlines())
    single = server.detect(name="a.jpg", include="mask").json()
    assert first | {"seconds": 0} == single | {"seconds": 0}
    assert last | {"seconds": 0} == single | {"seconds": 0, "path": "b.jpg"}
    assert list(broken) == list(first)
    assert broken["error"].startswith("broken.jpg: is damaged")
    assert {name for name, value in broken.items() if value is not None} == {"path", "error", "pictures"}
    Line.model_validate(broken, strict=True)


def test_lines_are_sent_as_they_are_done(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = threading.Event()

    def last_waits(self: Any, content: bytes, name: str) -> Any:
        assert name != "last" or opened.wait(60)
        raise PhotoError(f"{name}: no")

    monkeypatch.setattr("blurmap.web.decoding.Decoders.decode", last_waits)
    files = [("photos", (name, b"x")) for name in ("first", "last")]
    with httpx.stream("POST", f"{server.url}/v1/detect", files=files, timeout=60) as response:
        lines = response.iter_lines()
        assert json.loads(next(lines))["error"] == "first: no"
        opened.set()
        assert json.loads(next(lines))["error"] == "last: no"


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ([("photo", CAT), ("photo", CAT)], 422),
        ([("photo", CAT), ("photos", CAT)], 422),
        ([("other", CAT)], 422),
        ([("photos", b"x")] * 1001, 400),
    ],
)
def test_forms_that_are_none(server: Server, fields: list[tuple[str, bytes]], status: int) -> None:
    response = httpx.post(f"{server.url}/v1/detect", files=[(field, ("a", data)) for field, data in fields], timeout=60)
    assert response.status_code == status


def test_choices_are_the_models(server: Server) -> None:
    parameters = httpx.get(f"{server.url}/openapi.json").json()["paths"]["/v1/detect"]["post"]["parameters"]
    assert [p["schema"]["enum"] for p in parameters if p["name"] == "model"] == [list(MODELS)]
    assert re.findall("<option>(.*?)</option>", httpx.get(server.url).text) == list(MODELS)
    assert [model["name"] for model in httpx.get(f"{server.url}/v1/models").json()] == list(MODELS)


@pytest.mark.parametrize("name", ["shot.dng", "upload"])
def test_raw_over_http(server: Server, name: str) -> None:
    answer = server.detect((DATA / "photo.dng").read_bytes(), name=name).json()
    assert (answer["path"], answer["format"], answer["width"], answer["height"]) == (name, "RAW", 48, 32)


def test_errors_name_the_upload_and_choose_by_class(server: Server) -> None:
    response = server.detect(CAT[:3000], name="folder/many megapixels.jpg")
    assert response.status_code == 400
    assert response.json()["detail"].startswith("many megapixels.jpg: is damaged")


def test_pictures(server: Server) -> None:
    result = blurmap.detect(CAT)
    response = server.detect(headers={"Accept": "image/png"}, what="mask")
    assert response.headers["content-type"] == "image/png"
    mask = np.asarray(Image.open(io.BytesIO(response.content)))
    assert ((mask > 127) != result.mask).mean() < 1e-3
    pictures = server.detect(include=["overlay", "kind"], max_side=100).json()["pictures"]
    assert set(pictures) == {"overlay", "kind"}
    data = base64.b64decode(pictures["overlay"].split(",")[1])
    assert Image.open(io.BytesIO(data)).size == (100, 67)
    assert server.detect(headers={"Accept": "image/png"}, what="kind", model="paper").status_code == 422


@pytest.mark.parametrize(
    ("photo", "status", "words"),
    [(b"", 400, "empty"), (b"no photo", 400, "not an image"), (CAT[:3000], 400, "damaged")],
)
def test_what_is_no_photo_is_said(server: Server, photo: bytes, status: int, words: str) -> None:
    response = server.detect(photo)
    assert response.status_code == status
    assert words in response.json()["detail"]


def test_other_pages(server: Server) -> None:
    assert "default-src 'none'" in httpx.get(server.url).headers["content-security-policy"]
    assert httpx.get(f"{server.url}/../../etc/passwd").status_code == 404


def test_docs_need_no_other_server(server: Server) -> None:
    page = httpx.get(f"{server.url}/docs").text
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(sources) >= 2
    for source in sources:
        assert source.startswith("/")
        assert httpx.get(server.url + source).status_code == 200
    assert httpx.get(f"{server.url}/redoc").status_code == 404


def test_docs_in_a_browser(browser: Any, server: Server) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server.url}/docs")
    page.wait_for_selector(".opblock-post")
    assert "/v1/detect" in page.inner_text(".opblock-post")
    assert not [url for url in asked if not url.startswith((server.url, "data:"))]
    page.close()


def test_other_hosts_are_refused(server: Server) -> None:
    for host, status in (("evil.example", 400), ("evil.example:80", 400), ("localhost:1", 200), ("[::1]:8000", 200)):
        assert httpx.get(f"{server.url}/livez", headers={"Host": host}).status_code == status, host
    answer = httpx.get(f"{server.url}/livez", headers={"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in answer.headers


def test_other_sites_may_not_send(server: Server) -> None:
    before = server.counted(403)
    for origin in ("https://evil.example", "null", server.url + "0", server.url.replace("127.0.0.1", "localhost")):
        response = server.detect(headers={"Origin": origin})
        assert response.status_code == 403
        assert origin in response.json()["detail"]
    assert server.counted(403) == before + 4
    assert server.detect(headers={"Origin": server.url}).status_code == 200
    with Server(origins=("https://good.example",)) as open_to_one:
        allowed = open_to_one.detect(headers={"Origin": "https://good.example"})
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == "https://good.example"
        assert open_to_one.detect(headers={"Origin": "https://evil.example"}).status_code == 403


def test_refusals_are_counted(server: Server) -> None:
    before = {status: server.counted(status) for status in (200, 400, 422)}
    assert server.detect(b"no photo").status_code == 400
    assert server.detect(model="none").status_code == 422
    assert server.detect().status_code == 200
    assert {status: server.counted(status) - n for status, n in before.items()} == {200: 1, 400: 1, 422: 1}


def test_limits() -> None:
    with Server(limits=Limits(upload=200_000, pixels=100_000)) as small:
        assert small.detect(b"x" * 300_000).status_code == 413

        def endless() -> Iterator[bytes]:  # without a length in the header
            yield b'--b\r\nContent-Disposition: form-data; name="photo"; filename="a"\r\n\r\n'
            for _ in range(300):
                yield b"x" * 1000

        headers = {"Content-Type": "multipart/form-data; boundary=b"}
        try:
            status = httpx.post(f"{small.url}/v1/detect", content=endless(), headers=headers).status_code
        except httpx.TransportError:
            status = 413  # the server hung up on what was still being sent
        assert status == 413
        response = small.detect()
        assert response.status_code == 413
        assert "name: 0 megapixels, more than" in response.json()["detail"]
        assert small.counted(413) >= 2


def test_who_sends_too_much_sees_why() -> None:
    """The server reads on after its answer: closed at once, the connection would be reset before the client reads."""
    with Server(limits=Limits(upload=1000)) as small:
        head = "POST /v1/detect HTTP/1.1\nHost: localhost\nContent-Length: 5000000"
        for _ in range(5):
            with small.connect(head, bytes(1_000_000)) as connection:
                connection.sendall(bytes(4_000_000))
                assert connection.recv(1000).startswith(b"HTTP/1.1 413 ")


@pytest.mark.slow
def test_a_full_queue_turns_away_and_recovers(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(limits=Limits(at_once=1, waiting=2)) as narrow:
        real, opened = blurmap.load("default").detect, threading.Event()

        class Slow:
            def detect(self, photo: Any) -> Any:
                opened.wait(60)
                return real(photo)

        monkeypatch.setattr("blurmap.web.detect.load", lambda name, threads: Slow())
        with ThreadPoolExecutor(8) as pool:
            pending = [pool.submit(narrow.detect) for _ in range(8)]
            deadline = time.monotonic() + 60
            while sum(f.done() for f in pending) < 5 and time.monotonic() < deadline:
                time.sleep(0.01)
            opened.set()
            statuses = sorted(f.result().status_code for f in pending)
        assert statuses == [200] * 3 + [429] * 5
        assert narrow.counted(429) == 5
        assert narrow.detect().status_code == 200


def test_slow_answers_end(monkeypatch: pytest.MonkeyPatch) -> None:
    with Server(limits=Limits(seconds=0.3)) as hasty:
        ended = threading.Event()
        monkeypatch.setattr("blurmap.web.decoding.Decoders.decode", lambda *given: ended.wait(60))
        try:
            assert hasty.detect().status_code == 504
            assert not ended.is_set()
            assert hasty.counted(504) == 1
        finally:
            ended.set()


def test_a_photo_whose_client_is_gone_is_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    seen, started, opened = [], threading.Event(), threading.Event()

    def wait(self: Any, content: bytes, name: str) -> Any:
        seen.append(name)
        started.set()
        opened.wait(60)
        raise PhotoError(f"{name}: was waited for")

    monkeypatch.setattr("blurmap.web.decoding.Decoders.decode", wait)
    with Server(limits=Limits(at_once=1)) as narrow, ThreadPoolExecutor(1) as pool:
        first = pool.submit(narrow.detect, name="first")
        assert started.wait(60)
        head = f"POST /v1/detect?name=second HTTP/1.1\nHost: localhost\nContent-Length: {len(CAT)}"
        narrow.connect(head, CAT).close()
        deadline = time.monotonic() + 60
        while not narrow.counted(499) and time.monotonic() < deadline:
            time.sleep(0.05)
        opened.set()
        assert first.result().json()["detail"] == "first: was waited for"
        assert (narrow.counted(499), seen) == (1, ["first"])


def test_slow_uploads_end() -> None:
    with Server(limits=Limits(seconds=0.3)) as hasty:
        head = "POST /v1/detect HTTP/1.1\nHost: localhost\nContent-Length: 9999"
        with hasty.connect(head, CAT[:100]) as connection:
            assert connection.recv(1000).startswith(b"HTTP/1.1 408 ")
        assert hasty.counted(408) == 1


def test_token() -> None:
    with Server(token="secret") as closed:
        assert closed.detect().status_code == 401
        assert closed.detect(headers={"Authorization": "Bearer wrong"}).status_code == 401
        assert closed.detect(headers={"Authorization": "Bearer secret"}).status_code == 200
        assert closed.counted(401) == 2
        assert httpx.get(f"{closed.url}/v1/models").status_code == 401
        assert httpx.get(f"{closed.url}/livez").status_code == 200


def test_uploads_are_not_read_before_the_token() -> None:
    """The answer is there while the whole body is still to be sent."""
    with Server(token="secret") as closed:
        head = "POST /v1/detect HTTP/1.1\nHost: localhost\nContent-Length: 9999999"
        with closed.connect(head) as connection:
            assert connection.recv(1000).startswith(b"HTTP/1.1 401 ")


def test_beyond_this_machine_only_with_a_token() -> None:
    with pytest.raises(ValueError, match="can be reached from other machines"):
        serve(host="0.0.0.0", port=0)
    assert [is_loopback(host) for host in (*LOOPBACK, "127.0.0.2", "0.0.0.0", "::", "192.168.0.1", "example.org")] == [
        True, True, True, True, False, False, False, False,
    ]  # fmt: skip


schema = schemathesis.openapi.from_asgi("/openapi.json", make_app(hosts=("*",)))


@pytest.mark.slow
@schema.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_the_openapi_document_is_kept(case: schemathesis.Case[Any]) -> None:
    """Whatever the document allows, or forbids, is answered as it says, and never by an error of the server."""
    case.call_and_validate(excluded_checks=[positive_data_acceptance])  # no schema says which bytes are a photo
