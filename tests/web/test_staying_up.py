"""A server that stays up: heavy photos, half-sent heads, endless uploads, and what no one thought of."""

import io
import socket
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest
from PIL import Image

from blurmap.errors import PhotoTooLarge
from blurmap.photos.photo import open_photo
from blurmap.web import connections, decoding, limits, memory
from blurmap.web.connections import RESERVED, Connection, most_connections
from blurmap.web.limits import Limits
from blurmap.web.problems import MEDIA_TYPE
from tests.support import textured
from tests.web.server import CAT, Server

POST = "POST /v1/detect HTTP/1.1\nHost: localhost\nContent-Length: 5000000"


def progressive(scans: int, side: int = 2400) -> bytes:
    """A small JPEG whose last scan comes again and again."""
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), "grey").save(buffer, "JPEG", progressive=True)
    whole = buffer.getvalue()
    last = whole.rindex(b"\xff\xda")
    return whole[:last] + whole[last:-2] * scans + whole[-2:]


def test_a_jpeg_of_thousands_of_scans_is_refused_before_it_is_decoded() -> None:
    started = time.monotonic()
    with pytest.raises(PhotoTooLarge, match="megapixels 3009 times"):
        open_photo(progressive(3000))
    assert time.monotonic() - started < 2
    assert open_photo(progressive(1)).size == (2400, 2400)


@pytest.mark.slow
def test_a_photo_that_takes_forever_is_ended_and_the_others_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "SECONDS", 3.0)
    monkeypatch.setattr(decoding, "SECONDS_PER_MEGAPIXEL", 0.0)
    monkeypatch.setattr(decoding, "decoder", slow_decoder)
    with Server() as server:
        answers: list[httpx.Response] = []
        slow = threading.Thread(target=lambda: answers.append(server.detect(b"slow")))
        slow.start()
        assert server.detect().status_code == 200
        assert server.detect().status_code == 200
        slow.join()
        assert answers[0].status_code == 413
        assert "takes longer than 3 seconds to decode" in answers[0].json()["detail"]
        assert server.detect(b"crash").json()["detail"].endswith("its decoder crashed over it")
        assert server.detect().status_code == 200


def test_a_process_that_was_gone_before_costs_no_photo_its_answer() -> None:
    decoders = decoding.Decoders(1_000_000)
    assert decoders.decode(CAT, "cat.jpg")[1] == "JPEG"
    idle = decoders._idle.get()
    idle._process.kill()
    idle._process.wait()
    decoders._idle.put(idle)
    assert decoders.decode(CAT, "cat.jpg")[1] == "JPEG"
    decoders.end()


def slow_decoder():  # type: ignore[no-untyped-def]
    """Stands in for a decoder: runs in the child."""
    import os

    real = decoding.decoder()

    def decoded(content: bytes, name: str, largest: int):  # type: ignore[no-untyped-def]
        if content == b"slow":
            time.sleep(60)
        if content == b"crash":
            os._exit(3)
        return real(content, name, largest)

    return decoded


@pytest.mark.slow
def test_half_sent_heads_make_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "most", 12)
    monkeypatch.setattr(connections, "HEAD", 2.0)
    with Server() as server:
        port = int(server.url.rpartition(":")[2])
        half = [socket.create_connection(("127.0.0.1", port)) for _ in range(60)]
        for connection in half:
            connection.sendall(b"POST /v1/detect HTTP/1.1\r\nHost: local")
        assert httpx.get(f"{server.url}/livez", timeout=2).status_code == 200
        assert server.detect().status_code == 200
        time.sleep(2.5)
        half[-1].settimeout(2)
        assert half[-1].recv(100).startswith(b"HTTP/1.1 408")
        assert len(server.server.server_state.connections) <= 2
        for connection in half:
            connection.close()


@pytest.mark.slow
def test_unfinished_uploads_make_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Connection, "most", 12)
    monkeypatch.setattr(connections, "RESERVED", 4)
    with Server() as server:
        unfinished = [server.connect(POST, CAT[:1000]) for _ in range(60)]
        assert httpx.get(f"{server.url}/livez", timeout=2).status_code == 200
        assert server.detect().status_code == 200
        unfinished[-1].settimeout(0.2)
        with pytest.raises(TimeoutError):  # the newest may go on
            unfinished[-1].recv(1)
        for connection in unfinished:
            connection.close()


@pytest.mark.slow
def test_a_client_that_never_reads_is_cut_off_and_a_slow_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "READING", 1.0)
    monkeypatch.setattr(connections, "LOOK", 0.1)
    photo = io.BytesIO()
    Image.fromarray(textured(1500, 2000)).save(photo, "JPEG", quality=90)
    body = photo.getvalue()
    head = f"POST /v1/detect?include=overlay HTTP/1.1\nHost: localhost\nContent-Length: {len(body)}"
    with Server() as server:
        open_ones = server.server.server_state.connections
        deaf, slow = (server.connect(head, body) for _ in range(2))
        deadline, taken = time.monotonic() + 60, 0
        while time.monotonic() < deadline and (len(open_ones) > 1 or taken < 1_000_000):
            taken += len(slow.recv(20_000))
            time.sleep(0.02)
        assert len(open_ones) == 1  # the one that reads goes on
        while taken < 3_000_000:
            piece = slow.recv(1_000_000)
            assert piece
            taken += len(piece)
        deaf.close()
        slow.close()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere what is freed goes back by itself")
def test_memory_is_given_back_after_a_large_photo(monkeypatch: pytest.MonkeyPatch) -> None:
    given_back: list[int] = []
    monkeypatch.setattr(memory, "_waiting", threading.Lock())  # another test's server may have one under way
    monkeypatch.setattr(memory, "AFTER", 0.05)
    monkeypatch.setattr(memory, "_trim", lambda: given_back.append)
    memory.give_back_soon(memory.LARGE - 1)
    time.sleep(0.2)
    assert given_back == []
    for _ in range(5):
        memory.give_back_soon(memory.LARGE)
    deadline = time.monotonic() + 20
    while not given_back and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)
    assert given_back == [0]  # once for all of them


def test_the_bound_on_connections_leaves_files_for_uploads() -> None:
    for files in (300, 1024, 65536):
        assert most_connections(files) * 2 + RESERVED < files
    assert most_connections(65536) == 1000


@pytest.mark.slow
def test_a_slow_upload_is_ended_and_a_good_one_beside_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "GRACE", 0.5)
    with Server(limits=Limits(pace=1e6)) as server:
        slow = server.connect(POST, CAT[:1000])
        assert server.detect().status_code == 200
        slow.settimeout(10)
        answer = slow.recv(10_000)
        assert answer.startswith(b"HTTP/1.1 408")
        assert MEDIA_TYPE.encode() in answer


@pytest.mark.slow
def test_the_largest_unfinished_upload_makes_room() -> None:
    with Server(limits=Limits(held=3_000_000)) as server:
        small, large = server.connect(POST, b"x" * 500_000), server.connect(POST, b"x" * 2_000_000)
        time.sleep(0.5)
        other = server.connect(POST, b"x" * 900_000)
        time.sleep(0.5)
        large.settimeout(1)
        answer = large.recv(10_000)
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"retry-after: 5" in answer.lower()
        assert server.detect().status_code == 200
        for connection in (small, other):
            connection.settimeout(0.2)
            with pytest.raises(TimeoutError):  # not answered: it may go on
                connection.recv(1)
            connection.close()


def test_an_origin_that_is_no_address_is_refused() -> None:
    with Server() as server:
        answer = server.detect(headers={"Origin": "http://["})
        assert answer.status_code == 403
        assert answer.headers["content-type"] == MEDIA_TYPE


def test_a_photo_without_memory_for_it_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    class Poor:
        def detect(self, image: Image.Image) -> None:
            raise MemoryError

    monkeypatch.setattr("blurmap.web.detect.load", lambda name, threads: Poor())
    with Server() as server:
        answer = server.detect()
        assert answer.status_code == 413
        assert "not enough memory" in answer.json()["detail"]


@pytest.mark.slow
def test_a_tempfile_is_gone_with_its_request(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    buffer = io.BytesIO()
    Image.fromarray(textured(900, 1200)).save(buffer, "PNG")
    with Server() as server:
        answer = server.detect(buffer.getvalue())
        assert answer.status_code == 200, answer.text
        connection = server.connect(POST, b"x" * 2_000_000)
        time.sleep(0.3)
        connection.close()
        time.sleep(0.3)
    assert not list(tmp_path.iterdir())
