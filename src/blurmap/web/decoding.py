"""Uploads are decoded in processes that can be ended: a file that takes forever costs its sender the answer only."""

import queue
from collections.abc import Callable

from PIL import Image

from blurmap.child import Child
from blurmap.errors import PhotoError, PhotoTooLarge
from blurmap.photos.photo import open_described

SECONDS, SECONDS_PER_MEGAPIXEL = 5.0, 0.25  # that a decoding may take


Decoded = tuple[tuple[int, int], bytes, str]  # width and height, RGB, format


def decoder() -> Callable[[bytes, str, int], Decoded | PhotoError]:
    """What a process answers with: the photo's pixels and its format, or what is wrong with it."""

    def decoded(content: bytes, name: str, largest: int) -> Decoded | PhotoError:
        try:
            image, kind = open_described(content, name, largest)
            return image.size, image.tobytes(), kind
        except PhotoError as error:
            return type(error)(str(error))  # without its cause, which may not be sent
        except MemoryError:
            return PhotoTooLarge(f"{name}: there is not enough memory for it; make it smaller first")

    return decoded


class Decoders:
    """As many processes as decode at once, begun as they are needed; ``decode`` may be called from any thread.

    Parameters
    ----------
    largest : int
        Most pixels of a photo.
    """

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._idle: queue.SimpleQueue[Child] = queue.SimpleQueue()
        self.seconds = SECONDS + SECONDS_PER_MEGAPIXEL * largest / 1e6

    def begin(self) -> None:
        """Begin a process before it is needed."""
        self._idle.put(Child(decoder))

    def decode(self, content: bytes, name: str) -> tuple[Image.Image, str]:
        """The photo and its format, as ``blurmap.photos.photo.open_described`` gives them; raises PhotoError."""
        try:
            child = self._idle.get_nowait()
        except queue.Empty:
            child = Child(decoder)
        try:
            try:
                answer = child.ask(content, name, self._largest, seconds=self.seconds)
            except BrokenPipeError:  # it died between two photos, as when the system is out of memory
                child.end()
                child = Child(decoder)
                answer = child.ask(content, name, self._largest, seconds=self.seconds)
        except (EOFError, BrokenPipeError):
            ended = child.end()
            if ended == -9:
                raise PhotoTooLarge(f"{name}: takes longer than {self.seconds:.0f} seconds to decode") from None
            raise PhotoError(f"{name}: is damaged: its decoder crashed over it") from None
        self._idle.put(child)
        if isinstance(answer, PhotoError):
            raise answer
        size, pixels, kind = answer
        return Image.frombuffer("RGB", size, pixels, "raw", "RGB", 0, 1), kind

    def end(self) -> None:
        """End the processes that are idle; the others end with the server."""
        while True:
            try:
                self._idle.get_nowait().end()
            except queue.Empty:
                return
