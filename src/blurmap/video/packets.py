"""The packets of a video from some moment on, as far as the file can be read, and what they tell before decoding."""

from collections.abc import Iterator
from typing import Any

from blurmap.errors import in_words

LONGEST_WAIT = 2000  # packets held back for a moment that is to come: a video of one key frame is decoded all the same


class Packets:
    """An iterator over the packets that frames shown at or after ``start`` need: from the key frame before it.

    The file is read from its beginning, not searched: that is right for damaged files and files without an index too,
    and tells the numbers of frames. Nothing before the key frame is decoded.

    Parameters
    ----------
    container, stream
        PyAV's container and the video stream in it.
    start : int
        In ticks of the stream.

    Attributes
    ----------
    end : int
        When the last packet so far stops to be shown, in ticks.
    count : int
        Packets so far.
    timed : bool
        Whether packets say when they are shown; those of raw streams do not.
    broken : str
        What ended the reading before the file's end; empty if nothing did.
    """

    def __init__(self, container: Any, stream: Any, start: int) -> None:
        self.container, self.stream, self.start = container, stream, start
        self.end, self.broken, self.timed, self.count = start, "", False, 0
        self._skipped = 0  # packets before the key frame that decoding starts from
        self._shown: list[int] = []  # moments of the packets from there up to the start

    def __iter__(self) -> Iterator[Any]:
        waiting: list[Any] | None = []
        for packet in self._readable():
            if waiting is None:
                yield packet
                continue
            late = packet.pts is None or packet.pts >= self.start  # no pts: the empty packet at the end, or raw streams
            if packet.is_keyframe and not late:
                self._skipped += len(waiting)
                waiting = []
            waiting.append(packet)
            if late or len(waiting) >= LONGEST_WAIT:
                self._shown = [held.pts for held in waiting if held.pts is not None]
                yield from waiting
                waiting = None

    def shown_before(self, moment: int | None) -> int:
        """How many frames are shown before the first one that was decoded, which is shown at ``moment``."""
        return self._skipped + (0 if moment is None else sum(pts < moment for pts in self._shown))

    def _readable(self) -> Iterator[Any]:
        import av

        try:
            for packet in self.container.demux(self.stream):
                self.count += packet.size > 0
                if packet.pts is not None:
                    self.timed = True
                    self.end = max(self.end, packet.pts + (packet.duration or 0))
                yield packet
        except av.error.FFmpegError as error:
            self.broken = in_words(error)
