"""Thousands of photos: sources, rows, table, files, report. The module can be called.

``blurmap.scan(sources, table=None)`` looks at all photos of folders, globs, lists and URLs, gives their rows one by one
and all of them as a table (``to_arrow()``, ``to_pandas()``, ``to_polars()``), and writes one where ``table`` names a
file. All of its parameters: ``help(blurmap.scan.results.scan)``.
"""

import sys
from types import ModuleType
from typing import Any


class _Scan(ModuleType):
    """The folder and the function share a name, so the module can be called."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        """See :func:`blurmap.scan.results.scan`, which it is."""
        from blurmap.scan.results import scan

        return scan(*args, **options)

    @property
    def __signature__(self) -> Any:
        """That of the function, for ``help`` and completion."""
        from inspect import signature

        from blurmap.scan.results import scan

        return signature(scan)


sys.modules[__name__].__class__ = _Scan
