"""What can go wrong that a user can mend, caught by class: every message says which file, what is wrong, what to do."""

import re

# how Python writes errors of others into text: the number of an error of the system, the name of a class, quoted bytes
PYTHONS = re.compile(r"\[(?:Errno|WinError) -?\d+\]\s*|\b[A-Z]\w*(?:Error|Exception|Warning)\b:?\s*")
QUOTED_BYTES = re.compile(r"\bb(['\"])(.*?)\1")
LONGEST = 200  # characters


class BlurmapError(Exception):
    """The root of blurmap's own errors."""


class PhotoError(BlurmapError):
    """A photo that cannot be used."""


class PhotoTooLarge(PhotoError):
    """A photo with more pixels than are allowed."""


class WeightsError(BlurmapError):
    """A weight file is missing or is not the one that was shipped."""


class TableError(BlurmapError):
    """A file that is not the table of a scan, or that a scan must not replace."""


class VideoError(BlurmapError):
    """A video that cannot be used."""


def in_words(error: BaseException) -> str:
    """What an error of the system or of a library says, for a message to a person: one line, without Python's terms.

    Where it says nothing but that a program met what it did not expect, as on damaged files, so does this.
    """
    if isinstance(error, OSError) and error.strerror:
        said = error.strerror.decode("utf-8", "replace") if isinstance(error.strerror, bytes) else str(error.strerror)
    elif isinstance(error, BlurmapError | ValueError | RuntimeError | OSError | ImportError | SyntaxError):
        said = "it is not text in UTF-8" if isinstance(error, UnicodeError) else str(error)
    else:  # a TypeError, a KeyError: of use to who mends a program, not to who has a file
        said = ""
    lines = PYTHONS.sub("", QUOTED_BYTES.sub(r"\2", said)).strip().splitlines()
    return lines[0][:LONGEST] if lines else "its content is not what was expected"
