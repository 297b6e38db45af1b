"""Work on many items with a pool of threads, a few of them ahead of what is asked for: bounds the memory."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def bounded_map(
    pool: ThreadPoolExecutor, work: Callable[[T], R], items: Iterable[T], ahead: int, *, ordered: bool = True
) -> Iterator[R]:
    """What ``work`` makes of each item; at most ``ahead`` are made or being made before they are asked for.

    Items are taken from the iterable only as they are begun. In their order; or, with ``ordered=False``, as they are
    finished, so that one that takes long holds up no other. When the caller has seen enough, what waits is dropped.
    """
    begun: list[Future[R]] = []
    upcoming = iter(items)
    try:
        while True:
            while len(begun) < ahead:
                try:
                    item = next(upcoming)
                except StopIteration:
                    break
                begun.append(pool.submit(work, item))
            if not begun:
                return
            done = begun[:1] if ordered else list(wait(begun, return_when=FIRST_COMPLETED).done)
            for future in done:
                begun.remove(future)
                yield future.result()
    finally:
        for future in begun:
            future.cancel()
