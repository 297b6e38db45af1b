"""What errors of the system and of libraries say to a person: no terms of Python's."""

import errno
import os

import pytest

from blurmap.errors import PhotoError, in_words


def raised(text: str) -> Exception:
    """What Python itself raises for an expression."""
    with pytest.raises(Exception) as found:
        eval(text)
    return found.value


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "/a"), "No such file or directory"),
        (OSError("[Errno 5] Input/output error: 'x'"), "Input/output error: 'x'"),
        (OSError(5, b"Input/output error"), "Input/output error"),
        (RuntimeError("decoding failed: b'Input/output error'"), "decoding failed: Input/output error"),
        (ValueError("JSONDecodeError: Expecting value"), "Expecting value"),
        (ValueError("first line\nsecond"), "first line"),
        (ValueError("x" * 500), "x" * 200),
        (PhotoError("a.jpg: is empty"), "a.jpg: is empty"),
        (raised("b'\\xff'.decode()"), "it is not text in UTF-8"),
        (raised("None + 1"), "its content is not what was expected"),
        (raised("{}['x']"), "its content is not what was expected"),
        (RuntimeError(), "its content is not what was expected"),
    ],
)
def test_words(error: Exception, words: str) -> None:
    assert in_words(error) == words
