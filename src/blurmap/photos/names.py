r"""Paths as the table writes them: text for names of any bytes.

A byte that is not UTF-8 is written ``\xNN`` (two hexadecimal digits), and so are the bytes of characters that steer a
terminal or turn text around, and a backslash that stands before what would be read as such a byte. Every other path
stays as it is, and ``file_name`` takes all of them back exactly. On Windows names are text and a backslash parts
folders: there a path is written as it is.
"""

import os
import re
from pathlib import Path

AMBIGUOUS = re.compile(r"\\(?=x[0-9a-fA-F]{2})")
# control characters, line and paragraph ends, and marks that turn the direction of text
STEERING = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
WRITTEN = re.compile(r"(?:\\x[0-9a-fA-F]{2})+")
WINDOWS = os.name == "nt"


def written(path: str | os.PathLike[str], *, windows: bool = WINDOWS) -> str:
    """The path or URL as text that any table, terminal and encoding holds."""
    if windows:
        return os.fspath(path)
    name = printable(AMBIGUOUS.sub(lambda match: r"\x5c", os.fspath(path)))
    if name.isascii():
        return name
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def printable(text: str) -> str:
    """Text in which what would steer a terminal is written as its bytes."""
    if text.isascii() and text.isprintable():
        return text
    return STEERING.sub(lambda match: "".join(rf"\x{byte:02x}" for byte in match[0].encode()), text)


def file_name(text: str, *, windows: bool = WINDOWS) -> str:
    """The path or URL that ``written`` wrote, as the operating system takes it."""
    if windows:
        return text

    def as_bytes(match: re.Match[str]) -> str:
        return bytes.fromhex(match[0].replace(r"\x", "")).decode("utf-8", "surrogateescape")

    return WRITTEN.sub(as_bytes, text)


def is_url(text: str) -> bool:
    return "://" in text


def is_foreign(text: str) -> bool:
    """Whether a row's path is that of another machine: a URL, or ``//host/name``, which Windows would ask for."""
    return is_url(text) or text.startswith("//")


def local_path(text: str) -> Path | None:
    """The file of a row's path; None where it is on another machine."""
    return None if is_foreign(text) else Path(file_name(text))
