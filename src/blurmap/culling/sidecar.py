"""XMP sidecars: verdicts and choices as ratings, labels and flags, as Lightroom, digiKam and darktable read them.

Adobe, "XMP specification part 1" (2012), sections 7 and 8: ``xmp:Rating`` is 0 to 5 or -1 (rejected), ``xmp:Label`` a
text; part 2: ``xmpDM:good``. Lightroom's flag is ``xmpDM:pick`` (1, 0, -1), digiKam's ``digiKam:PickLabel`` (1
rejected, 2 pending, 3 accepted). What else a sidecar holds stays as it is, names of its namespaces included; a rating
or label that a person gave is not replaced unless asked for. There is one sidecar per shot.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from xml.dom import minidom
from xml.parsers.expat import ExpatError, ParserCreate

from blurmap.fields import Row
from blurmap.files import write_bytes
from blurmap.photos.names import local_path, written
from blurmap.photos.shots import Neighbours, named_raw

RATINGS = {"sharp": ("3", "Green"), "selective": ("4", "Blue"), "defocused": ("1", "Red"), "motion": ("1", "Yellow")}
X, RDF, XMP = "adobe:ns:meta/", "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://ns.adobe.com/xap/1.0/"
XMP_DM, DIGIKAM = "http://ns.adobe.com/xmp/1.0/DynamicMedia/", "http://www.digikam.org/ns/1.0/"
OURS = "https://github.com/blurmap/blurmap/ns/1.0/"
XMLNS = "http://www.w3.org/2000/xmlns/"
EMPTY = f"""<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="{X}"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta>
<?xpacket end="w"?>""".encode()
DEEPEST = 100  # elements within each other; those of editors have 10
WHITE = {9: "\ue009", 10: "\ue00a", 13: "\ue00d"}  # tab and line ends, and what stands for them meanwhile
LARGEST = 50_000_000  # bytes


def sidecars(photo: Path, neighbours: Neighbours) -> list[Path]:
    """The sidecars that are there for a photo's shot."""
    shot = neighbours.shot(photo)
    own = [path.with_name(path.name + ".xmp") for path in shot]
    common = photo.with_suffix(".xmp")  # of the shot, where no other photo claims it
    names = own if neighbours.others(photo) and not any(map(named_raw, shot)) else [common, *own]
    return [path for path in names if os.path.lexists(path)]  # also where a name is too long


def sidecar_path(photo: Path, neighbours: Neighbours) -> Path:
    """The one that is there; else ``NAME.xmp`` for a shot with a RAW (Adobe), ``NAME.EXT.xmp`` for other photos."""
    there = sidecars(photo, neighbours)
    if there:
        return there[0]
    raw = any(map(named_raw, neighbours.shot(photo)))
    return photo.with_suffix(".xmp") if raw else photo.with_name(photo.name + ".xmp")


@dataclass(frozen=True)
class Property:
    """A property of a sidecar: takes the place of none, of "0" and of ``over``, or of anything if ``over`` is None."""

    space: str
    prefix: str
    name: str
    value: str
    over: tuple[str, ...] | None = ()


def of_verdict(row: Row, *, replace: bool = False) -> list[Property]:
    """What a verdict says: a rating and a label, which with ``replace`` take the place of a person's own."""
    rating, label = RATINGS[row["verdict"]]
    over = None if replace else ()
    return [
        Property(XMP, "xmp", "Rating", rating, over),
        Property(XMP, "xmp", "Label", label, over),
        Property(OURS, "blurmap", "Verdict", row["verdict"], None),
        Property(OURS, "blurmap", "Reason", row["reason"], None),
    ]


def of_choice(choice: str) -> list[Property]:
    """What a choice says: the flags of Lightroom and digiKam, and a rating and label.

    A kept photo keeps the rating and label that a person gave, but for -1 (rejected) and the label of a rejection.
    """
    keep = choice == "keep"
    rating, label = ("3", "Green") if keep else ("-1", "Red")
    return [
        Property(XMP, "xmp", "Rating", rating, ("-1",) if keep else None),
        Property(XMP, "xmp", "Label", label, ("Red",) if keep else ("Green",)),
        Property(XMP_DM, "xmpDM", "pick", "1" if keep else "-1", None),
        Property(XMP_DM, "xmpDM", "good", "True" if keep else "False", None),
        Property(DIGIKAM, "digiKam", "PickLabel", "3" if keep else "1", None),
        Property(OURS, "blurmap", "Choice", choice, None),
    ]


def write_sidecars(
    wanted: dict[Path, list[Property]], note: Callable[[Path, bytes | None, bytes], None] = lambda path, old, new: None
) -> tuple[int, list[str]]:
    """Write or complete the sidecar of each photo's shot; returns how many, and what went wrong.

    Parameters
    ----------
    wanted : dict
        Properties by local photo; of the files of a shot those of the one that decides are taken.
    note : callable
        Called before a sidecar is written, with its path, what it holds (None if it is not there) and will hold.
    """
    written_count, problems, neighbours = 0, [], Neighbours()
    done: set[Path] = set()
    for photo in wanted:
        if photo in done:
            continue
        shot = neighbours.shot(photo)
        done.update(shot)
        properties = next(wanted[path] for path in shot if path in wanted)
        path = photo
        try:
            path = sidecar_path(photo, neighbours)
            before = path.read_bytes() if path.exists() else None
            text = merged(before, properties)
            if text is not None:
                note(path, before, text)
                write_bytes(path, text, overwrite=True)
                written_count += 1
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            problems.append(f"{written(path)}: left as it is ({str(reason).lower()})")
    return written_count, problems


def verdict_properties(rows: Iterable[Row], *, replace: bool = False) -> dict[Path, list[Property]]:
    """What the sidecars of local photos without an error are to say of their verdicts."""
    good = {local: row for row in rows if not row["error"] and row["verdict"] and (local := local_path(row["path"]))}
    return {photo: of_verdict(row, replace=replace) for photo, row in good.items()}


def merged(existing: bytes | None, properties: list[Property]) -> bytes | None:
    """The sidecar's new content, or None where nothing changes.

    Raises
    ------
    ValueError
        If what is there is not XMP that can be completed.
    """
    if existing is not None and (len(existing) > LARGEST or b"<!DOCTYPE" in existing or b"<!ENTITY" in existing):
        raise ValueError("it has a document type or is too large, and is not trusted")
    try:
        _check_depth(existing or EMPTY)
        document = minidom.parseString(existing or EMPTY)
    except (ExpatError, LookupError) as error:  # LookupError: an encoding that Python does not know
        raise ValueError(f"it is not XML: {error}") from None
    descriptions = document.getElementsByTagNameNS(RDF, "Description")
    if not descriptions:
        raise ValueError("it has no rdf:Description")
    changes = [_set(descriptions, wanted) for wanted in properties]
    if existing is not None and not any(changes):
        return None
    return _serialised(document)


def _check_depth(content: bytes) -> None:
    """Raise ValueError for XML that is nested too deeply to be written again: a call of a function per level."""
    depth, parser = 0, ParserCreate()

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise ValueError(f"it has more than {DEEPEST} elements within each other")

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.Parse(content, True)


def _serialised(document: minidom.Document) -> bytes:
    """The document without an XML declaration, as sidecars are; line ends within attributes stay what they are."""
    for element in document.getElementsByTagName("*"):
        for attribute in element.attributes.values():
            attribute.value = attribute.value.translate(WHITE)
    text = "\n".join(node.toxml() for node in document.childNodes) + os.linesep
    for character, stand_in in WHITE.items():  # before Python 3.13 they were written as they are, and read as spaces
        text = text.replace(stand_in, f"&#{character};")
    return text.encode()


def _set(descriptions: list[minidom.Element], wanted: Property) -> bool:
    """Set a property where it is, as an attribute or an element, or as an attribute of the first description.

    Returns whether anything has changed.
    """
    for description in descriptions:
        if (attribute := description.getAttributeNodeNS(wanted.space, wanted.name)) is not None:
            before = attribute.value
            if _may_replace(before, wanted):
                attribute.value = wanted.value
            return bool(before != attribute.value)
        for child in description.childNodes:
            if (child.namespaceURI, child.localName) == (wanted.space, wanted.name):
                before = "".join(node.data for node in child.childNodes if node.nodeType == node.TEXT_NODE)
                if before == wanted.value or not _may_replace(before, wanted):
                    return False
                for node in list(child.childNodes):
                    child.removeChild(node)
                text = minidom.Text()
                text.data = wanted.value
                child.appendChild(text)
                return True
    first = descriptions[0]
    prefix = _prefix(first, wanted.space, wanted.prefix)
    first.setAttributeNS(wanted.space, f"{prefix}:{wanted.name}", wanted.value)
    return True


def _may_replace(before: str, wanted: Property) -> bool:
    return wanted.over is None or before.strip() in ("", "0", *wanted.over)


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
