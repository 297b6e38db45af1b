"""ES modules put together into one script, for pages that have to work from a file and load nothing.

A browser does not load modules from ``file://``, nor from a page whose policy forbids it. The modules here use as much
of the language as this takes: imports and exports of names, each import a line at the top, no cycles.
"""

import posixpath
import re
from importlib import resources

IMPORT = re.compile(r'^import \{ ([\w$, ]+) \} from "([^"]+)";\n', re.MULTILINE)
EXPORT = re.compile(r"^export (?=(?:async )?(?:function|const) ([\w$]+))", re.MULTILINE)


def bundled(entry: str) -> str:
    """The script of a module and of all that it imports, each once, those first that others need.

    Parameters
    ----------
    entry : str
        Path of the module below the package, such as ``culling/desk/start.js``.

    Raises
    ------
    ValueError
        If modules import each other, or a name that is not exported.
    """
    done: dict[str, str] = {}
    exported: dict[str, set[str]] = {}

    def add(path: str, importing: tuple[str, ...]) -> None:
        if path in importing:
            raise ValueError(f"modules import each other: {' -> '.join((*importing, path))}")
        if path in done:
            return
        source = (resources.files("blurmap") / path).read_text(encoding="utf-8")
        for names, target in IMPORT.findall(source):
            module = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
            add(module, (*importing, path))
            if missing := set(names.split(", ")) - exported[module]:
                raise ValueError(
                    f"{path} imports {', '.join(sorted(missing))} from {module}, which exports no such name"
                )
        exported[path] = set(EXPORT.findall(source))
        done[path] = _scope(path, source, sorted(exported[path]))

    add(entry, ())
    return '"use strict";\nconst modules = {};\n' + "\n".join(done.values())


def _scope(path: str, source: str, names: list[str]) -> str:
    """A module as a function that runs at once and gives what it exports."""

    def from_modules(found: re.Match[str]) -> str:
        module = posixpath.normpath(posixpath.join(posixpath.dirname(path), found[2]))
        return f'const {{ {found[1]} }} = modules["{module}"];\n'

    body = EXPORT.sub("", IMPORT.sub(from_modules, source))
    return f'modules["{path}"] = (() => {{\n{body}return {{ {", ".join(names)} }};\n}})();\n'
