"""A hook of MkDocs: what the site takes from outside docs/, and the pages that are made from the code.

- The repository's own pages (README.md is the start page) and whatever file a page links to, as a page that shows it,
  so that links work in the repository and on the site alike, and the site needs no other host.
- A page for every command, from its help, and one of the HTTP interface, from its OpenAPI document.

A link to a file that is not there ends the build.
"""

import json
import posixpath
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import typer.main
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from typer.cli import get_docs_for_click
from typer.core import TyperGroup

ROOT = Path(__file__).parent.parent
LINK = re.compile(r"(\]\()([^)\s#:]+)(#[^)\s]*)?(\))")
CODE = re.compile(r"(^ *```.*?^ *```|`[^`\n]+`)", re.DOTALL | re.MULTILINE)
MARK = re.compile(r"<!-- (figure: [^>]*|table: [^>]*|end) -->")  # of scripts/figures.py; would part a sentence in two
UNFOUND = "---\nsearch:\n  exclude: true\n---\n"  # sources are shown, but would crowd out what is written for people
LANGUAGES = {".py": "python", ".toml": "toml", ".yml": "yaml", ".json": "json", ".md": "markdown", ".txt": "text"}
SHOWN = 200_000  # characters of a file; what is longer, or no text, is a download


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put every command into the navigation."""
    (commands,) = (part["Commands"] for part in config.nav or () if "Commands" in part)
    commands += [{name: f"commands/{name}.md"} for name in _group().commands]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that docs/ does not hold."""
    pages = {f"docs/{file.src_uri}": file.content_string for file in files.documentation_pages()}
    waiting = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", *pages]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        if not path.startswith("docs/"):
            files.append(_added(path, config))
        if path.endswith(".md"):
            text = pages.get(path) or (ROOT / path).read_text("utf-8")
            waiting += [target for target in _targets(text, path) if not target.startswith("docs/")]
    for name, text in command_pages():
        files.append(File.generated(config, f"commands/{name}.md", content=text))
    files.append(File.generated(config, "reference/http.md", content=http_page()))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point links at where their targets are on the site."""
    path = _origin(page.file.src_uri)

    def moved(found: re.Match[str]) -> str:
        start, target, anchor, end = found.groups()
        uri = _uri(_resolved(target, path))
        return f"{start}{posixpath.relpath(uri, posixpath.dirname(page.file.src_uri) or '.')}{anchor or ''}{end}"

    if path.startswith("commands/"):
        return markdown
    return "".join(
        part if CODE.fullmatch(part) else LINK.sub(moved, MARK.sub("", part)) for part in CODE.split(markdown)
    )


def command_pages() -> Iterator[tuple[str, str]]:
    """Name and text of a page for each command, and of one that lists them."""
    group = _group()
    lines = ["# Commands", "", "| command | |", "|---|---|"]
    for name, command in group.commands.items():
        lines.append(f"| [`blurmap {name}`]({name}.md) | {(command.help or '').splitlines()[0]} |")
        yield name, _command_page(command, name, group)
    yield "index", "\n".join(lines) + "\n"


def http_page() -> str:
    """The routes of the server with their parameters, and the fields of an answer."""
    from blurmap.web.app import make_app

    document = make_app().openapi()
    lines = ["# HTTP", "", "What `blurmap serve` answers; the same, to try out, is at its `/docs`.", ""]
    for path, methods in document["paths"].items():
        for method, route in methods.items():
            lines += [f"## `{method.upper()} {path}`", "", route.get("description", route["summary"]), ""]
            if route.get("parameters"):
                lines += ["| parameter | in | default | |", "|---|---|---|---|"]
            for parameter in route.get("parameters", ()):
                default = json.dumps(parameter["schema"].get("default"))
                lines.append(
                    f"| `{parameter['name']}` | {parameter['in']} | `{default}` | {parameter.get('description', '')} |"
                )
            lines += ["", f"Answers: {', '.join(route['responses'])}.", ""]
    lines += ["## Fields of an answer", "", "| field | |", "|---|---|"]
    fields = document["components"]["schemas"]["Answer"]["properties"].items()
    return "\n".join([*lines, *(f"| `{name}` | {field.get('description', '')} |" for name, field in fields)]) + "\n"


def _group() -> TyperGroup:
    from blurmap.cli import app

    return typer.main.get_group(app)


def _command_page(command: Any, name: str, group: TyperGroup) -> str:
    context = command.context_class(command, info_name=name, parent=group.context_class(group, info_name="blurmap"))
    return str(get_docs_for_click(obj=command, ctx=context, name=name, call_prefix="blurmap", indent=0))


def _targets(text: str, path: str) -> Iterator[str]:
    for part in CODE.split(text):
        if not CODE.fullmatch(part):
            for found in LINK.finditer(part):
                yield _resolved(found.group(2), path)


def _resolved(target: str, path: str) -> str:
    """Path in the repository of what a page of it links to."""
    found = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    made = found.startswith("docs/commands/") or found == "docs/reference/http.md"
    if not made and (found.startswith("..") or not (ROOT / found).exists()):
        raise PluginError(f"{path} links to {target}: there is no such file")
    return found


def _uri(path: str) -> str:
    """Where a file of the repository is on the site, as MkDocs names sources."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    if path == "README.md":
        return "index.md"
    if path.endswith(".md") and "/" not in path:
        return path
    return f"source/{path}.md" if _text(path) is not None else f"source/{path}"


def _origin(uri: str) -> str:
    """The other way round: path in the repository of a page of the site."""
    if uri == "index.md":
        return "README.md"
    if uri.startswith("source/"):
        return uri.removeprefix("source/").removesuffix(".md")
    return (
        uri if (ROOT / uri).exists() and "/" not in uri else f"docs/{uri}" if not uri.startswith("commands/") else uri
    )


@cache
def _text(path: str) -> str | None:
    """What a page of the site shows of a file or folder; None if it is no text, or too much."""
    file = ROOT / path
    if file.is_dir():
        return "\n".join(
            f"- `{child.name}`" for child in sorted(file.iterdir()) if not child.name.startswith((".", "_"))
        )
    if file.suffix == ".md":
        return file.read_text("utf-8")
    if file.suffix not in LANGUAGES and "." in file.name:
        return None
    content = file.read_text("utf-8")
    return None if len(content) > SHOWN else f"````{LANGUAGES.get(file.suffix, 'text')}\n{content}\n````"


def _added(path: str, config: MkDocsConfig) -> File:
    text, uri = _text(path), _uri(path)
    if text is None:
        return File.generated(config, uri, abs_src_path=str(ROOT / path))
    head = UNFOUND if uri.startswith("source/") else ""
    if not path.endswith(".md"):
        head += f"# `{path}`\n\n"
    return File.generated(config, uri, content=head + text)
