"""Video in: its frames in the order they are shown, upright, with time and number; what is damaged is left out."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blurmap.errors import VideoError, in_words
from blurmap.photos.limits import MAX_PIXELS
from blurmap.video.packets import Packets

# Formats, as FFmpeg names them, whose files hold their own frames; others are lists that name more files.
CONTAINERS = (
    "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "avi", "mpegts", "mpeg", "mpegvideo", "flv", "asf", "ogg", "mxf", "ivf",
    "gif", "apng", "dv", "rm", "nut", "wtv", "mjpeg", "h264", "hevc", "obu", "m4v", "vc1", "yuv4mpegpipe", "gxf", "swf",
    "wav", "mp3", "flac", "aac",  # sound, which is told to be that
)  # fmt: skip
LONGEST, FASTEST = 1e6, 1e3  # seconds, and frames a second; a header that says more is damaged
SHORTEST = 1.0  # seconds; where a header says less, packets are asked too, which costs little if it is right
LONGER = 1.0  # seconds that a video may last beyond what its header says
CUT_OFF = 0.5  # seconds that may be missing at the end of a video that is called whole


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame of a video.

    Attributes
    ----------
    number : int
        Place of the frame in the video, from 0.
    time : float
        Seconds since the video's first frame.
    picture : av.VideoFrame
        As it was decoded.
    turns : int
        Quarter turns counterclockwise that make it upright.
    """

    number: int
    time: float
    picture: Any
    turns: int = 0

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width, upright."""
        height, width = self.picture.height, self.picture.width
        return (width, height) if self.turns % 2 else (height, width)

    def pixels(self, shape: tuple[int, int] | None = None) -> NDArray[np.uint8]:
        """The frame upright as H x W x 3 RGB uint8, or in ``shape`` = (height, width)."""
        return self._upright("rgb24", shape or self.shape)

    def grey(self) -> NDArray[np.uint8]:
        """Its luma, H x W uint8."""
        return self._upright("gray", self.shape)

    def _upright(self, form: str, shape: tuple[int, int]) -> NDArray[np.uint8]:
        height, width = shape[::-1] if self.turns % 2 else shape
        picture = self.picture.reformat(width=width, height=height, format=form, interpolation="BILINEAR")
        return np.ascontiguousarray(np.rot90(picture.to_ndarray(), self.turns))


class Video:
    """A video file. ``problems`` says, once ``frames`` has ended, what of it could not be read.

    Parameters
    ----------
    path : str or Path

    Attributes
    ----------
    path : Path
    seconds : float
        How long it lasts, by its header, or by its packets where that tells nothing that can be.
    problems : list of str
        Sentences.

    Raises
    ------
    VideoError
        If it is missing, not a video, too large, or so damaged that nothing can be read.
    ImportError
        If PyAV is not installed.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.problems: list[str] = []
        with self._opened() as container:
            stream = self._stream(container)
            self._first = stream.start_time or 0
            self._tick = float(stream.time_base or 1)
            self._rate = float(stream.average_rate or stream.guessed_rate or 25)
            self.seconds = stream.duration * self._tick if stream.duration else (container.duration or 0) / 1e6
            if not (0 < self.seconds < LONGEST) or stream.frames > self.seconds * FASTEST + 1:
                self.seconds = 0.0
            if self.seconds < SHORTEST:
                packets = Packets(container, stream, self._first)
                for _ in packets:
                    pass
                self.seconds = max(self.seconds, self._read(packets))

    def frames(self, start: float = 0.0, end: float | None = None) -> Iterator[Frame]:
        """The frames shown from ``start`` to before ``end`` seconds; damaged ones are left out and counted."""
        self.problems, lost, large = [], 0, 0
        with self._opened() as container:
            stream = self._stream(container)
            stream.thread_type = "AUTO"
            # A frame may be larger than the header says. The decoder, which adds margins, gives none twice the room.
            stream.codec_context.options = {"max_pixels": str(2 * MAX_PIXELS)}
            packets = Packets(container, stream, self._first + int(start / self._tick))
            number, time = -1, 0.0
            for packet in packets:
                pictures = _decoded(packet)
                if pictures is None:
                    too_large = stream.codec_context.width * stream.codec_context.height > MAX_PIXELS
                    large, lost = large + too_large, lost + (not too_large)
                for picture in pictures or ():
                    number = number + 1 if number >= 0 else packets.shown_before(picture.pts)
                    time = max(time, self._time(picture.pts, number))  # some files tell the order of decoding
                    if end is not None and time >= end:
                        self._tell(lost, large, "", end)
                        return
                    if picture.width * picture.height > MAX_PIXELS:
                        large += 1
                    elif picture.is_corrupt:
                        lost += 1
                    elif time >= start:
                        yield Frame(number, time, picture, round(picture.rotation / 90) % 4)
            self._tell(lost, large, packets.broken, self._read(packets), min(end or np.inf, self.seconds))

    def _read(self, packets: Packets) -> float:
        """Up to which second packets have been read."""
        return (packets.end - self._first) * self._tick if packets.timed else packets.count / self._rate

    def _time(self, pts: int | None, number: int) -> float:
        return number / self._rate if pts is None else (pts - self._first) * self._tick

    def _opened(self) -> Any:
        av = import_av()
        if not self.path.is_file():
            raise VideoError(f"{self.path}: {'is a folder, not a video' if self.path.is_dir() else 'no such file'}")
        if self.path.stat().st_size == 0:
            raise VideoError(f"{self.path}: is empty")
        # Nothing but this file is read: a playlist that names addresses is not followed.
        only = {"protocol_whitelist": "file", "format_whitelist": ",".join(CONTAINERS)}
        try:
            return av.open(f"file:{self.path.absolute()}", metadata_errors="ignore", options=only)
        except av.error.FFmpegError as error:
            raise VideoError(f"{self.path}: is not a video, or is damaged or cut off ({in_words(error)})") from None

    def _stream(self, container: Any) -> Any:
        if not container.streams.video:
            raise VideoError(f"{self.path}: has no pictures in it, only {container.format.long_name}")
        stream = container.streams.video[0]
        context = stream.codec_context
        if context is None or not context.width * context.height:
            raise VideoError(f"{self.path}: has no pictures that can be decoded")
        if context.width * context.height > MAX_PIXELS:
            raise VideoError(f"{self.path}: frames of more than {MAX_PIXELS / 1e6:g} megapixels are not read")
        return stream

    def _tell(self, lost: int, large: int, broken: str, read: float, expected: float = 0.0) -> None:
        if lost:
            self.problems.append(f"{self.path}: {lost} damaged frames were left out")
        if large:
            most = f"{MAX_PIXELS / 1e6:g} megapixels"
            self.problems.append(f"{self.path}: {large} frames of more than {most} were left out")
        if read > self.seconds + LONGER:
            self.problems.append(
                f"{self.path}: goes on to {clock(read)}, though its header says {clock(self.seconds)}; one frame "
                "is taken of all that is left: write its header anew for more (ffmpeg -i VIDEO -c copy NEW)"
            )
        if read < expected - CUT_OFF:
            self.problems.append(
                f"{self.path}: is cut off: it should go on to {clock(expected)}, and ends at {clock(read)}"
            )
        elif broken:
            self.problems.append(f"{self.path}: is damaged: it ends at {clock(read)} ({broken})")


def clock(seconds: float) -> str:
    """``1:02:03.450``."""
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes) // 60}:{int(minutes) % 60:02}:{rest:06.3f}"


def import_av() -> Any:
    """PyAV, or an error that says what to install."""
    try:
        import av
    except ImportError:
        raise ImportError("reading videos needs PyAV: pip install 'blurmap[video]'") from None
    return av


def _decoded(packet: Any) -> list[Any] | None:
    """The frames that a packet completes; None where it is damaged."""
    try:
        pictures: list[Any] = packet.decode()
    except import_av().error.FFmpegError:
        return None
    return pictures
