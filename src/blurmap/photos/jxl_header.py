"""How large a JPEG XL photo is, by the first bits of its codestream: its decoder tells only when it has decoded it.

ISO/IEC 18181-1, annex D: size header and metadata; 18181-2: boxes.
"""

import struct

from blurmap.errors import PhotoError
from blurmap.photos.limits import check_bytes, check_size

CODESTREAM = b"\xff\x0a"
HEAD = 64  # bytes of a codestream: more than what is read here
RATIOS = {1: (1, 1), 2: (6, 5), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}  # width to height
SIZES = ((9, 1), (13, 1), (18, 1), (30, 1))  # bits, and what is added
FLOAT = 4  # bytes of each value while it is decoded


class Bits:
    """Numbers of bits, the lowest first."""

    def __init__(self, content: bytes) -> None:
        self._bits, self._left = int.from_bytes(content, "little"), 8 * len(content)

    def number(self, bits: int) -> int:
        if bits > self._left:
            raise ValueError("the header of the codestream is cut off")
        value = self._bits & ((1 << bits) - 1)
        self._bits >>= bits
        self._left -= bits
        return value

    def choice(self, *of: tuple[int, int]) -> int:
        """One of four numbers, each of so many bits to which something is added."""
        bits, more = of[self.number(2)]
        return self.number(bits) + more


def check_jxl(content: bytes, name: str, largest: int) -> None:
    """Refuse a JPEG XL photo of too many pixels, or of too many channels of them."""
    head = _codestream(content)
    if not head.startswith(CODESTREAM):
        raise PhotoError(f"{name}: is damaged or cut off: there is no codestream in it")
    bits = Bits(head[2:])
    width, height = _size(bits)
    check_size(width, height, name, largest)
    check_bytes(width * height * (3 + _extra_channels(bits)) * FLOAT, name, largest)


def _codestream(content: bytes) -> bytes:
    """How the codestream begins, which may lie in boxes, and in parts."""
    if content.startswith(CODESTREAM):
        return content[:HEAD]
    head, place = b"", 0
    while place + 8 <= len(content) and len(head) < HEAD:
        size, kind = struct.unpack(">I4s", content[place : place + 8])
        start = place + 8
        if size == 1:
            size, start = int.from_bytes(content[start : start + 8], "big"), start + 8
        end = place + size if size else len(content)
        if end < start:
            break
        if kind == b"jxlc":
            return content[start : min(end, start + HEAD)]
        if kind == b"jxlp":  # a part, after its number
            head += content[start + 4 : min(end, start + 4 + HEAD)]
        place = end
    return head


def _size(bits: Bits) -> tuple[int, int]:
    small = bits.number(1)

    def side() -> int:
        return 8 * (bits.number(5) + 1) if small else bits.choice(*SIZES)

    height = side()
    ratio = RATIOS.get(bits.number(3))
    return (height * ratio[0] // ratio[1] if ratio else side()), height


def _extra_channels(bits: Bits) -> int:
    """Channels beside the colours, of the metadata that follow the size."""
    if bits.number(1):  # all as usual
        return 0
    if bits.number(1):  # what is not usual
        bits.number(3)  # orientation
        if bits.number(1):
            _size(bits)  # to be shown at
        if bits.number(1):
            _preview(bits)
        if bits.number(1):
            _animation(bits)
    if bits.number(1):  # floats
        bits.choice((0, 32), (0, 16), (0, 24), (6, 1))
        bits.number(4)
    else:
        bits.choice((0, 8), (0, 10), (0, 12), (6, 1))
    bits.number(1)  # whether 16 bits are enough to decode it
    return bits.choice((0, 0), (0, 1), (4, 2), (12, 1))


def _preview(bits: Bits) -> None:
    small = bits.number(1)
    sides = ((0, 16), (0, 32), (5, 1), (9, 33)) if small else ((6, 1), (8, 65), (10, 321), (12, 1345))
    bits.choice(*sides)
    if not bits.number(3):
        bits.choice(*sides)


def _animation(bits: Bits) -> None:
    bits.choice((0, 100), (0, 1000), (10, 1), (30, 1))
    bits.choice((0, 1), (0, 1001), (8, 1), (10, 1))
    bits.choice((0, 0), (3, 0), (16, 0), (32, 0))
    bits.number(1)
