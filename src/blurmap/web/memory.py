"""Memory that large photos took goes back to the system: the C library of Linux keeps what threads have freed."""

import ctypes
import gc
import sys
import threading
from functools import cache
from typing import Any

LARGE = 8_000_000  # pixels: what smaller photos leave behind is used again by the next
AFTER = 2.0  # seconds: until then the answer has been sent, too

_waiting = threading.Lock()  # held while it is to be given back soon


def give_back_soon(pixels: int) -> None:
    """Give free memory back to the system soon after a photo of so many pixels; once for all of a while."""
    if pixels >= LARGE and _waiting.acquire(blocking=False):
        timer = threading.Timer(AFTER, _give_back)
        timer.daemon = True
        timer.start()


def _give_back() -> None:
    _waiting.release()
    gc.collect()
    if trim := _trim():
        trim(0)


@cache
def _trim() -> Any:
    """``malloc_trim`` of glibc; None elsewhere, where what is freed goes back by itself."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL("libc.so.6").malloc_trim
    except (OSError, AttributeError):  # musl
        return None
