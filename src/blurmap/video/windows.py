"""Windows: the stretches of a video, all equally long, that give one frame each."""

from dataclasses import dataclass

EVERY = 0.5  # seconds
SLACK = 1e-6  # of a window: a frame at its very start is in it, though its time is a rounded fraction


@dataclass(frozen=True)
class Windows:
    """``count`` windows of ``length`` seconds from ``start`` on; the last one may be shorter."""

    start: float
    length: float
    count: int

    def index(self, time: float) -> int:
        """The window that a moment is in, from 0; what is after the last one's end is still in it."""
        return min(int((time - self.start) / self.length + SLACK), self.count - 1)


def lay_windows(
    seconds: float, every: float | None = None, count: int | None = None, start: float = 0.0, end: float | None = None
) -> Windows:
    """The windows of a video that lasts that long: of ``every`` seconds, or ``count`` over the range.

    Raises
    ------
    ValueError
        If both are given, or if the range is empty or not within the video.
    """
    if every is not None and count is not None:
        raise ValueError("give every or count, not both")
    if (every is not None and not every > 0) or (count is not None and count < 1):
        raise ValueError("a window is longer than 0 seconds, and there is one at least")
    end = seconds if end is None else min(end, seconds)
    if not 0 <= start < end:
        raise ValueError(f"there is nothing from {start:g} s to {end:g} s: the video lasts {seconds:g} s")
    if count:
        return Windows(start, (end - start) / count, count)
    length = every or EVERY
    return Windows(start, length, max(int((end - start) / length + 1 - 1e-3), 1))
