"""Thousands of photos: sources, rows, table, files, report. Called itself, it is :func:`blurmap.scan.run.scan`."""

import sys
from types import ModuleType
from typing import Any


class _Scan(ModuleType):
    """The folder and the function share a name, so the module can be called."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        from blurmap.scan.run import scan

        return scan(*args, **options)


sys.modules[__name__].__class__ = _Scan
