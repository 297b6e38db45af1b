"""Work on many items: in order or as it is finished, a few ahead, nothing begun that nobody asks for."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from blurmap.bounded_map import bounded_map


def test_results_in_order_and_not_far_ahead() -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for i in range(20):
            taken.append(i)
            yield i

    with ThreadPoolExecutor(4) as pool:
        results = bounded_map(pool, lambda x: x * x, items(), 4)
        assert taken == []
        assert next(results) == 0
        assert len(taken) == 4
        assert list(results) == [i * i for i in range(1, 20)]


def test_as_they_are_finished_one_that_takes_long_holds_up_no_other() -> None:
    release = threading.Event()

    def work(i: int) -> int:
        if i == 0:
            release.wait(60)
        return i

    with ThreadPoolExecutor(2) as pool:
        results = bounded_map(pool, work, range(10), 2, ordered=False)
        first = [next(results) for _ in range(9)]
        release.set()
        assert sorted(first) == list(range(1, 10))
        assert list(results) == [0]


def test_what_waits_is_dropped_when_nobody_asks_any_more() -> None:
    release, begun = threading.Event(), []

    def work(i: int) -> int:
        begun.append(i)
        if i:
            release.wait(60)
        return i

    with ThreadPoolExecutor(1) as pool:
        results = bounded_map(pool, work, range(100), 8)
        assert next(results) == 0
        results.close()  # type: ignore[attr-defined]
        release.set()
    assert begun in ([0], [0, 1])
