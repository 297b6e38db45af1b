"""Weights of one's own are offered by the server beside those that ship."""

import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from tests.support import weights_copy
from tests.web.server import CAT

pytestmark = pytest.mark.slow


def test_a_folder_is_offered_and_answers(tmp_path: Path) -> None:
    (tmp_path / "<mine>").mkdir()
    name = str(weights_copy(tmp_path / "<mine>", "default"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-c", "from blurmap.cli import main; main()", "serve", "--port", str(port)]
    with subprocess.Popen([*command, "--model", name], stderr=subprocess.DEVNULL) as server:
        try:
            url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + 120
            while True:
                try:
                    offered = {model["name"]: model for model in httpx.get(f"{url}/v1/models", timeout=60).json()}
                    break
                except httpx.TransportError:
                    assert time.monotonic() < deadline
                    time.sleep(0.1)
            assert list(offered) == ["default", "default-int8", "paper", name]
            assert offered[name]["bytes"] == offered["default"]["bytes"]
            assert "<option>" in (page := httpx.get(url).text)
            assert "<mine>" not in page
            said = httpx.post(f"{url}/v1/detect", files={"photo": CAT}, params={"model": name}, timeout=120).json()
            assert said["model"] == name
            refused = httpx.post(f"{url}/v1/detect", files={"photo": CAT}, params={"model": str(tmp_path)}, timeout=60)
            assert refused.status_code == 422
        finally:
            server.terminate()
