"""TIFFs written tag by tag: of kinds that no library writes."""

import struct

Tags = dict[int, tuple[int, ...] | int]


def tiff(tags: Tags, content: bytes = b"") -> bytes:
    """A TIFF of one directory, of values of 32 bits, and what its strips hold: at offset 8."""
    place = 8 + len(content)
    entries, beyond = b"", b""
    after = place + 2 + 12 * len(tags) + 4
    for tag, value in sorted(tags.items()):
        values = value if isinstance(value, tuple) else (value,)
        packed = struct.pack(f"<{len(values)}L", *values)
        if len(values) > 1:
            beyond, packed = beyond + packed, struct.pack("<L", after + len(beyond))
        entries += struct.pack("<HHL", tag, 4, len(values)) + packed
    return b"II*\0" + struct.pack("<L", place) + content + struct.pack("<H", len(tags)) + entries + b"\0" * 4 + beyond


def tags(width: int, height: int, samples: int = 3, bits: int = 8, **more: int) -> Tags:
    """Tags of a photo of one deflated strip of 40 bytes; ``_262=6`` sets another."""
    plain: Tags = {
        256: width, 257: height, 258: (bits,) * samples if samples > 1 else bits, 259: 8, 262: 2 if samples > 2 else 1,
        273: 8, 277: samples, 278: height, 279: 40, 339: (1,) * samples if samples > 1 else 1,
    }  # fmt: skip
    return plain | {int(tag[1:]): value for tag, value in more.items()}
