r"""Paths as the table writes them: text for names of any bytes.

A byte that is not UTF-8 is written ``\xNN`` (two hexadecimal digits), and so is a backslash that stands before what
would be read as such a byte. Every other path stays as it is, and ``file_name`` takes all of them back exactly.
"""

import os
import re
from pathlib import Path

AMBIGUOUS = re.compile(r"\\(?=x[0-9a-fA-F]{2})")
WRITTEN = re.compile(r"(?:\\x[0-9a-fA-F]{2})+")


def written(path: str | os.PathLike[str]) -> str:
    """The path or URL as text that any table, terminal and encoding holds."""
    name = AMBIGUOUS.sub(lambda match: r"\x5c", os.fspath(path))
    if name.isascii():
        return name
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def file_name(text: str) -> str:
    """The path or URL that ``written`` wrote, as the operating system takes it."""

    def as_bytes(match: re.Match[str]) -> str:
        return bytes.fromhex(match[0].replace(r"\x", "")).decode("utf-8", "surrogateescape")

    return WRITTEN.sub(as_bytes, text)


def is_url(text: str) -> bool:
    return "://" in text


def local_path(text: str) -> Path | None:
    """The file of a row's path; None where it is a URL."""
    return None if is_url(text) else Path(file_name(text))
