"""Sidecars as photo programs read them, new and completed."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from blurmap.scan import sidecar
from tests.scan.test_filing import row

LIGHTROOM = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmp:Rating="{rating}"><dc:subject><rdf:Bag><rdf:li>holiday</rdf:li></rdf:Bag></dc:subject></rdf:Description>
</rdf:RDF></x:xmpmeta>"""


def values(text: bytes) -> dict[str, str]:
    description = ElementTree.fromstring(text.split(b"?>", 1)[1]).find(f".//{{{sidecar.RDF}}}Description")
    assert description is not None
    return {name.split("}")[1]: value for name, value in description.attrib.items()}


def test_sidecars_are_written_merged_and_left_alone(tmp_path: Path) -> None:
    new = sidecar.merged(None, row(tmp_path / "a.jpg", "motion"))
    assert new is not None
    assert values(new)["Rating"] == "1"
    assert values(new)["Label"] == "Yellow"
    assert values(new)["Reason"] == 'sharp <all> "over"'
    assert sidecar.merged(new, row(tmp_path / "a.jpg", "motion")) is None
    rated = sidecar.merged(LIGHTROOM.format(rating=5).encode(), row(tmp_path / "a.jpg"))
    assert rated is not None
    assert values(rated)["Rating"] == "5"  # a person gave it
    assert b"holiday" in rated
    unrated = sidecar.merged(LIGHTROOM.format(rating=0).encode(), row(tmp_path / "a.jpg"))
    assert unrated is not None
    assert values(unrated)["Rating"] == "3"
    for wrong in (b"no xml", b"<a/>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'):
        with pytest.raises(ValueError, match="it "):
            sidecar.merged(wrong, row(tmp_path / "a.jpg"))


def test_a_damaged_sidecar_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "a.xmp").write_text("damaged")
    written, problems = sidecar.write_sidecars([row(tmp_path / "a.jpg")])
    assert (written, len(problems)) == (0, 1)
    assert (tmp_path / "a.xmp").read_text() == "damaged"
