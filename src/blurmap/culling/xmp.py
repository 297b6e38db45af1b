"""The XML of an XMP sidecar: properties set in it, and all else left as it is, names of its namespaces included."""

import os
from dataclasses import dataclass
from typing import Any
from xml.dom import minidom
from xml.parsers.expat import ExpatError, ParserCreate

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


@dataclass(frozen=True)
class Property:
    """A property of a sidecar: takes the place of none, of "0" and of ``over``, or of anything if ``over`` is None."""

    space: str
    prefix: str
    name: str
    value: str
    over: tuple[str, ...] | None = ()


def merged(existing: bytes | None, properties: list[Property]) -> bytes | None:
    """The sidecar's new content, or None where nothing changes.

    Raises
    ------
    ValueError
        If what is there is not XMP that can be completed.
    """
    document, descriptions = _parsed(existing or EMPTY)
    changes = [_set(descriptions, wanted) for wanted in properties]
    if existing is not None and not any(changes):
        return None
    return _serialised(document)


def value_of(content: bytes, space: str, name: str) -> str | None:
    """What a sidecar says of a property, as an attribute or an element; raises ValueError where it is not XMP."""
    for description in _parsed(content)[1]:
        if (attribute := description.getAttributeNodeNS(space, name)) is not None:
            return str(attribute.value).strip()
        for child in description.childNodes:
            if (child.namespaceURI, child.localName) == (space, name):
                return _text_of(child).strip()
    return None


def _parsed(content: bytes) -> tuple[minidom.Document, list[minidom.Element]]:
    """The document, and its descriptions."""
    if len(content) > LARGEST or b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ValueError("it has a document type or is too large, and is not trusted")
    try:
        _check_depth(content)
        document = minidom.parseString(content)
    except (ExpatError, LookupError) as error:  # LookupError: an encoding that Python does not know
        raise ValueError(f"it is not XML: {error}") from None
    descriptions = document.getElementsByTagNameNS(RDF, "Description")
    if not descriptions:
        raise ValueError("it has no rdf:Description")
    return document, list(descriptions)


def _text_of(element: Any) -> str:
    return "".join(node.data for node in element.childNodes if node.nodeType == node.TEXT_NODE)


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
                before = _text_of(child)
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
