"""How much memory there is, and how many workers fit into it."""

import os
from pathlib import Path

A_WORKER = 1_000_000_000  # bytes that a worker takes over a photo of 45 megapixels and 16 bits; most take a third
LIMITS = (  # of a container
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def workers_that_fit(cores: int, limits: tuple[Path, ...] = LIMITS) -> int:
    """Workers, one for each core, as far as the memory of the system, or of its container, goes; at least one."""
    return max(min(cores, memory(limits) // A_WORKER), 1)


def memory(limits: tuple[Path, ...] = LIMITS) -> int:
    """Bytes of memory that the system has, or that its container may take."""
    allowed = [_system()]
    for path in limits:
        try:
            allowed.append(int(path.read_text()))
        except (OSError, ValueError):  # there is no such limit, or it is "max"
            continue
    return min(allowed)


def _system() -> int:
    if hasattr(os, "sysconf"):
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return _windows()


def _windows() -> int:
    """Windows tells it by ``GetPhysicallyInstalledSystemMemory``, in kilobytes."""
    import ctypes

    kilobytes = ctypes.c_ulonglong()
    ctypes.windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(kilobytes))  # type: ignore[attr-defined]
    return 1024 * kilobytes.value or A_WORKER * (os.cpu_count() or 1)  # 0: a virtual machine that does not tell
