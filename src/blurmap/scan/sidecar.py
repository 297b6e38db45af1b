"""XMP sidecars: the verdict as a rating and a colour label, as Lightroom, digiKam and darktable read them.

Adobe, "XMP specification part 1" (2012), sections 7 and 8: ``xmp:Rating`` is 0 to 5 or -1 (rejected), ``xmp:Label`` a
text. What else a sidecar holds stays as it is, names of its namespaces included; a rating or label that a person gave
is not replaced unless asked for. There is one sidecar per shot.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from xml.dom import minidom
from xml.parsers.expat import ExpatError

from blurmap.files import write_file
from blurmap.scan.names import local_path, written
from blurmap.scan.shots import Neighbours, named_raw
from blurmap.scan.table import Row

RATINGS = {"sharp": ("3", "Green"), "selective": ("4", "Blue"), "defocused": ("1", "Red"), "motion": ("1", "Yellow")}
X, RDF, XMP = "adobe:ns:meta/", "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://ns.adobe.com/xap/1.0/"
OURS = "https://github.com/blurmap/blurmap/ns/1.0/"
XMLNS = "http://www.w3.org/2000/xmlns/"
EMPTY = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="{X}"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>""".encode()
WHITE = {9: "\ue009", 10: "\ue00a", 13: "\ue00d"}  # tab and line ends, and what stands for them meanwhile
LARGEST = 50_000_000  # bytes


def sidecars(photo: Path, neighbours: Neighbours) -> list[Path]:
    """The sidecars that are there for a photo's shot."""
    shot = neighbours.shot(photo)
    own = [path.with_name(path.name + ".xmp") for path in shot]
    common = photo.with_suffix(".xmp")  # of the shot, where no other photo claims it
    names = own if neighbours.others(photo) and not any(map(named_raw, shot)) else [common, *own]
    return [path for path in names if path.exists()]


def sidecar_path(photo: Path, neighbours: Neighbours) -> Path:
    """The one that is there; else ``NAME.xmp`` for a shot with a RAW (Adobe), ``NAME.EXT.xmp`` for other photos."""
    there = sidecars(photo, neighbours)
    if there:
        return there[0]
    raw = any(map(named_raw, neighbours.shot(photo)))
    return photo.with_suffix(".xmp") if raw else photo.with_name(photo.name + ".xmp")


def write_sidecars(rows: Iterable[Row], *, replace: bool = False) -> tuple[int, list[str]]:
    """Write or complete the sidecar of each local shot without an error; returns how many, and what went wrong."""
    written_count, problems, neighbours = 0, [], Neighbours()
    done: set[Path] = set()
    good = {local: row for row in rows if not row["error"] and row["verdict"] and (local := local_path(row["path"]))}
    for photo in good:
        if photo in done:
            continue
        shot = neighbours.shot(photo)
        done.update(shot)
        row = next(good[path] for path in shot if path in good)
        path = sidecar_path(photo, neighbours)
        try:
            text = merged(path.read_bytes() if path.exists() else None, row, replace=replace)
            if text is not None:
                write_file(path, lambda file, text=text: file.write(text), overwrite=True)  # type: ignore[misc]
                written_count += 1
        except (OSError, ValueError) as error:
            problems.append(f"{written(path)}: left as it is ({error})")
    return written_count, problems


def merged(existing: bytes | None, row: Row, *, replace: bool = False) -> bytes | None:
    """The sidecar's new content, or None where nothing changes.

    Raises
    ------
    ValueError
        If what is there is not XMP that can be completed.
    """
    if existing is not None and (len(existing) > LARGEST or b"<!DOCTYPE" in existing or b"<!ENTITY" in existing):
        raise ValueError("it has a document type or is too large, and is not trusted")
    try:
        document = minidom.parseString(existing or EMPTY)
    except ExpatError as error:
        raise ValueError(f"it is not XML: {error}") from None
    descriptions = document.getElementsByTagNameNS(RDF, "Description")
    if not descriptions:
        raise ValueError("it has no rdf:Description")
    rating, label = RATINGS[row["verdict"]]
    changes = [
        _set(descriptions, XMP, "xmp", "Rating", rating, replace),
        _set(descriptions, XMP, "xmp", "Label", label, replace),
        _set(descriptions, OURS, "blurmap", "Verdict", row["verdict"], True),
        _set(descriptions, OURS, "blurmap", "Reason", row["reason"], True),
    ]
    if existing is not None and not any(changes):
        return None
    return _as_text(document)


def _as_text(document: minidom.Document) -> bytes:
    """The document without an XML declaration, as sidecars are; line ends within attributes stay what they are."""
    for element in document.getElementsByTagName("*"):
        for attribute in element.attributes.values():
            attribute.value = attribute.value.translate(WHITE)
    text = "\n".join(node.toxml() for node in document.childNodes) + os.linesep
    for character, stand_in in WHITE.items():  # before Python 3.13 they were written as they are, and read as spaces
        text = text.replace(stand_in, f"&#{character};")
    return text.encode()


def _set(descriptions: list[minidom.Element], space: str, prefix: str, name: str, value: str, replace: bool) -> bool:
    """Set a property where it is, as an attribute or an element, or as an attribute of the first description.

    Returns whether anything has changed.
    """
    for description in descriptions:
        if (attribute := description.getAttributeNodeNS(space, name)) is not None:
            before = attribute.value
            if replace or before in ("", "0"):
                attribute.value = value
            return bool(before != attribute.value)
        for child in description.childNodes:
            if (child.namespaceURI, child.localName) == (space, name):
                before = "".join(node.data for node in child.childNodes if node.nodeType == node.TEXT_NODE)
                if before == value or not (replace or not before.strip("0 \r\n\t")):
                    return False
                for node in list(child.childNodes):
                    child.removeChild(node)
                text = minidom.Text()
                text.data = value
                child.appendChild(text)
                return True
    first = descriptions[0]
    first.setAttributeNS(space, f"{_prefix(first, space, prefix)}:{name}", value)
    return True


def _prefix(element: minidom.Element, space: str, wanted: str) -> str:
    """A prefix that stands for a namespace at an element: one that is declared, or a new declaration's."""
    declared: dict[str, str] = {}
    node: minidom.Node | None = element
    while isinstance(node, minidom.Element):
        for attribute in node.attributes.values():
            if attribute.namespaceURI == XMLNS and attribute.prefix == "xmlns":
                declared.setdefault(attribute.localName, attribute.value)
        node = node.parentNode
    for prefix, address in declared.items():
        if address == space:
            return prefix
    prefix = wanted
    while prefix in declared:
        prefix += "_"
    element.setAttributeNS(XMLNS, f"xmlns:{prefix}", space)
    return prefix
