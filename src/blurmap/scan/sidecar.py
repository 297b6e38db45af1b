"""XMP sidecars: the verdict as a rating and a colour label, as Lightroom, digiKam and darktable read them.

Adobe, "XMP specification part 1" (2012), sections 7 and 8: ``xmp:Rating`` is 0 to 5 or -1 (rejected), ``xmp:Label`` a
text. What else a sidecar holds stays as it is; a rating or label that a person gave is not replaced unless asked for.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

from blurmap.files import write_file
from blurmap.scan.table import Row

RATINGS = {"sharp": ("3", "Green"), "selective": ("4", "Blue"), "defocused": ("1", "Red"), "motion": ("1", "Yellow")}
X, RDF, XMP = "adobe:ns:meta/", "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "http://ns.adobe.com/xap/1.0/"
OURS = "https://blurmap.invalid/ns/1.0/"
USUAL = {
    "x": X, "rdf": RDF, "xmp": XMP, "blurmap": OURS, "dc": "http://purl.org/dc/elements/1.1/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/", "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "lr": "http://ns.adobe.com/lightroom/1.0/", "digiKam": "http://www.digikam.org/ns/1.0/",
    "darktable": "http://darktable.sf.net/", "exif": "http://ns.adobe.com/exif/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/", "tiff": "http://ns.adobe.com/tiff/1.0/",
}  # fmt: skip
EMPTY = f'<x:xmpmeta xmlns:x="{X}"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about=""/></rdf:RDF></x:xmpmeta>'
LARGEST = 50_000_000  # bytes


def sidecar_path(photo: Path) -> Path:
    """``NAME.xmp`` (Lightroom) if that is there, else ``NAME.EXT.xmp`` (darktable, digiKam)."""
    lightroom = photo.with_suffix(".xmp")
    return lightroom if lightroom.exists() else photo.with_name(photo.name + ".xmp")


def write_sidecars(rows: Iterable[Row], *, replace: bool = False) -> tuple[int, list[str]]:
    """Write or complete the sidecar of each local photo without an error; returns how many, and what went wrong."""
    written, problems = 0, []
    for row in rows:
        if row["error"] or "://" in row["path"]:
            continue
        path = sidecar_path(Path(row["path"]))
        try:
            text = merged(path.read_bytes() if path.exists() else None, row, replace=replace)
            if text is not None:
                write_file(path, lambda file, text=text: file.write(text), overwrite=True)  # type: ignore[misc]
                written += 1
        except (OSError, ValueError) as error:
            problems.append(f"{path}: left as it is ({error})")
    return written, problems


def merged(existing: bytes | None, row: Row, *, replace: bool = False) -> bytes | None:
    """The sidecar's new content, or None where nothing changes.

    Raises
    ------
    ValueError
        If what is there is not XMP that can be completed.
    """
    if existing is not None and (len(existing) > LARGEST or b"<!DOCTYPE" in existing or b"<!ENTITY" in existing):
        raise ValueError("it has a document type or is too large, and is not trusted")
    for prefix, address in USUAL.items():
        ElementTree.register_namespace(prefix, address)
    try:
        builder = ElementTree.TreeBuilder(insert_comments=True, insert_pis=True)
        root = ElementTree.fromstring(existing or EMPTY, ElementTree.XMLParser(target=builder))
    except ElementTree.ParseError as error:
        raise ValueError(f"it is not XML: {error}") from None
    description = root.find(f".//{{{RDF}}}Description")
    if description is None:
        raise ValueError("it has no rdf:Description")
    before = ElementTree.tostring(root)
    rating, label = RATINGS[row["verdict"]]
    _set(root, description, XMP, "Rating", rating, replace)
    _set(root, description, XMP, "Label", label, replace)
    _set(root, description, OURS, "Verdict", row["verdict"], replace=True)
    _set(root, description, OURS, "Reason", row["reason"], replace=True)
    after = ElementTree.tostring(root)
    if existing is not None and after == before:
        return None
    packet = b'<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
    return packet + after + b'\n<?xpacket end="w"?>' + os.linesep.encode()


def _set(
    root: ElementTree.Element, description: ElementTree.Element, space: str, name: str, value: str, replace: bool
) -> None:
    """Set a property where it is, as an attribute or an element of any description, or as an attribute of the first."""
    tag = f"{{{space}}}{name}"
    for element in root.iter(f"{{{RDF}}}Description"):
        if tag in element.attrib:
            if replace or element.attrib[tag] in ("", "0"):
                element.set(tag, value)
            return
        child = element.find(tag)
        if child is not None:
            if replace or not (child.text or "").strip("0 "):
                child.text = value
            return
    description.set(tag, value)
