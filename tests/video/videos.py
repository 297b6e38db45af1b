"""Tiny videos that tests make themselves."""

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import uniform_filter1d

from blurmap.video.reading import Frame
from tests.support import EXAMPLES

RATE = 30
STILL = "s"  # in a string of frames; anything else is shaken


def write_video(
    path: Path, pictures: list[NDArray[np.uint8]], times: list[float] | None = None, codec: str = "libx264"
) -> Path:
    """The pictures as a video; ``times`` in seconds, 30 a second if not given. A key frame every tenth."""
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=RATE, options={"g": "10", "crf": "16", "bf": "2"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 3000)
        for i, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = round(3000 * (times[i] if times else i / RATE)), Fraction(1, 3000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def counting(count: int, shape: tuple[int, int] = (64, 96)) -> list[NDArray[np.uint8]]:
    """Grey pictures whose brightness tells their number, see ``number_in``; their left edge is red."""
    pictures = [np.full((*shape, 3), 20 + 3 * i, np.uint8) for i in range(count)]
    for picture in pictures:
        picture[:, :8] = (255, 0, 0)
    return pictures


def number_in(pixels: NDArray[np.uint8]) -> int:
    return round((float(pixels[16:-16, 16:-16].mean()) - 20) / 3)


def shaky(which: str, shape: tuple[int, int] = (128, 192), length: int = 9) -> list[NDArray[np.uint8]]:
    """A picture per letter of the same photo, drifting slowly: sharp where the letter is "s", else shaken."""
    photo = Image.open(EXAMPLES / "astronaut.jpg").convert("RGB")
    scene = np.asarray(photo.resize((300, 300)))[40 : 40 + shape[0], 20:]
    pictures = []
    for i, letter in enumerate(which):
        seen = scene[:, i : i + shape[1]]
        if letter != STILL:
            seen = moved(seen, length)
        pictures.append(seen)
    return pictures


def moved(picture: NDArray[np.uint8], length: int) -> NDArray[np.uint8]:
    """The picture blurred by a movement of so many pixels to the side."""
    return uniform_filter1d(picture.astype(np.float32), length, axis=1).astype(np.uint8)


def turned(path: Path) -> Path:
    """Mark an MP4 as one that is to be shown turned by a quarter clockwise, as a phone held upright does."""
    content = bytearray(path.read_bytes())
    matrix = content.index(b"tkhd") + 44  # after version, times, number, duration, layer and volume
    content[matrix : matrix + 36] = struct.pack(">9i", 0, 1 << 16, 0, -1 << 16, 0, 0, 0, 0, 1 << 30)
    path.write_bytes(content)
    return path


def growing(folder: Path, ending: str) -> Path:
    """A video whose frames are of twice the height and width from its second half on."""
    parts = [write_video(folder / f"{side}{ending}", counting(12, (side, side * 3 // 2))) for side in (64, 128)]
    path = folder / f"growing{ending}"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def frame_of(pixels: NDArray[np.uint8]) -> Frame:
    """A frame of no video, of H x W x 3 pixels, H and W even."""
    return Frame(0, 0.0, av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p"))
