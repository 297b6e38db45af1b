"""Sidecars as photo programs read them, new and completed."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from blurmap.culling import sidecar, xmp
from blurmap.culling.trash import plan_trash
from blurmap.photos.shots import Neighbours
from tests.culling.test_filing import row as filed_row

LIGHTROOM = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmp:Rating="{rating}"><dc:subject><rdf:Bag><rdf:li>holiday</rdf:li></rdf:Bag></dc:subject></rdf:Description>
</rdf:RDF></x:xmpmeta>"""


def row(path: Path, verdict: str = "sharp") -> list[xmp.Property]:
    return sidecar.of_verdict(filed_row(path, verdict))


def values(text: bytes) -> dict[str, str]:
    description = ElementTree.fromstring(text).find(f".//{{{xmp.RDF}}}Description")
    assert description is not None
    return {name.split("}")[1]: value for name, value in description.attrib.items()}


def test_sidecars_are_written_merged_and_left_alone(tmp_path: Path) -> None:
    new = xmp.merged(None, row(tmp_path / "a.jpg", "motion"))
    assert new is not None
    assert values(new)["Rating"] == "1"
    assert values(new)["Label"] == "Yellow"
    assert values(new)["Reason"] == 'sharp <all> "over"'
    assert xmp.merged(new, row(tmp_path / "a.jpg", "motion")) is None
    rated = xmp.merged(LIGHTROOM.format(rating=5).encode(), row(tmp_path / "a.jpg"))
    assert rated is not None
    assert values(rated)["Rating"] == "5"  # a person gave it
    assert b"holiday" in rated
    unrated = xmp.merged(LIGHTROOM.format(rating=0).encode(), row(tmp_path / "a.jpg"))
    assert unrated is not None
    assert values(unrated)["Rating"] == "3"
    for wrong in (b"no xml", b"<a/>", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'):
        with pytest.raises(ValueError, match="it "):
            xmp.merged(wrong, row(tmp_path / "a.jpg"))


def test_a_damaged_sidecar_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "a.xmp").write_text("damaged")
    written, problems = sidecar.write_sidecars(sidecar.verdict_properties([filed_row(tmp_path / "a.jpg")]))
    assert (written, len(problems)) == (0, 1)
    assert (tmp_path / "a.xmp").read_text() == "damaged"


def test_a_shot_has_one_sidecar_where_adobe_looks_for_it(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.dng", "b.dng", "c.jpg", "d.jpg", "d.png", "d.xmp"):
        (tmp_path / name).touch()
    named = (("a.dng", "motion"), ("a.jpg", "sharp"), ("b.dng", "sharp"), ("c.jpg", "sharp"), ("d.jpg", "sharp"),
             ("d.png", "sharp"))  # fmt: skip
    rows = [filed_row(tmp_path / name, verdict) for name, verdict in named]
    assert sidecar.write_sidecars(sidecar.verdict_properties(rows)) == (5, [])
    names = sorted(path.name for path in tmp_path.glob("*.xmp"))
    assert names == ["a.xmp", "b.xmp", "c.jpg.xmp", "d.jpg.xmp", "d.png.xmp", "d.xmp"]
    assert values((tmp_path / "a.xmp").read_bytes())["Verdict"] == "sharp"  # the JPEG decides
    assert (tmp_path / "d.xmp").read_bytes() == b""  # of which of the two?


FOREIGN = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?><!-- mine -->
<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<r:Description r:about="" xmlns:foo="https://foo.example/" xmlns:xap="http://ns.adobe.com/xap/1.0/"
 xmlns:xmp="https://other.example/" foo:text="two&#10;lines" xap:Rating="0" xmp:kept="yes"/></r:RDF></x:xmpmeta>
<?xpacket end="w"?>"""


def test_what_is_not_ours_stays_as_it_is(tmp_path: Path) -> None:
    text = xmp.merged(FOREIGN, row(tmp_path / "a.jpg"))
    assert text is not None
    for part in (b'foo:text="two&#10;lines"', b'xap:Rating="3"', b'xap:Label="Green"', b'xmp:kept="yes"', b"<!-- mine"):
        assert part in text
    assert text.count(b"<?xpacket") == 2
    assert b"ns0" not in text
    assert values(text)["Verdict"] == "sharp"
    assert b".invalid" not in text
    assert xmp.merged(text, row(tmp_path / "a.jpg")) is None


def test_choices_are_flags_that_programs_know(tmp_path: Path) -> None:
    rejected = xmp.merged(LIGHTROOM.format(rating=5).encode(), sidecar.of_choice("reject"))
    assert rejected is not None
    expected = {"Rating": "-1", "Label": "Red", "pick": "-1", "good": "False", "PickLabel": "1", "Choice": "reject"}
    assert expected.items() <= values(rejected).items()
    assert b"http://www.digikam.org/ns/1.0/" in rejected
    assert b"http://ns.adobe.com/xmp/1.0/DynamicMedia/" in rejected
    kept = xmp.merged(rejected, sidecar.of_choice("keep"))  # on second thoughts
    assert kept is not None
    expected = {"Rating": "3", "Label": "Green", "pick": "1", "good": "True", "PickLabel": "3", "Choice": "keep"}
    assert expected.items() <= values(kept).items()
    rated = xmp.merged(LIGHTROOM.format(rating=5).encode(), sidecar.of_choice("keep"))
    assert rated is not None
    assert values(rated)["Rating"] == "5"  # a person gave it


@pytest.mark.parametrize(
    ("owner", "other"),
    [("IMG_1.heic", "IMG_1.heic.jpg"), ("a.jpg", "a.jpg.jpg"), ("a.JPG", "a.jpg.png"), ("a.CR2", "a.CR2.jpg"),
     ("clip.mp4", "clip.mp4.jpg"), ("a.jpg", "a.jpg.dng")],
)  # fmt: skip
def test_a_sidecar_is_of_the_file_that_has_its_whole_name(tmp_path: Path, owner: str, other: str) -> None:
    """``IMG_1.heic.xmp`` is that of ``IMG_1.heic``, and not the common one of what was made of it."""
    for name in (owner, other):
        (tmp_path / name).touch()
    common = (tmp_path / other).with_suffix(".xmp")
    common.write_text(LIGHTROOM.format(rating=4))
    before = common.read_bytes()
    neighbours = Neighbours()
    assert sidecar.sidecars(tmp_path / other, neighbours) == []
    assert plan_trash({tmp_path / other: "reject"})[0] == [tmp_path / other]
    wanted = {tmp_path / other: sidecar.of_choice("reject")}
    assert sidecar.write_sidecars(wanted) == (1, [])
    assert common.read_bytes() == before
    assert (tmp_path / f"{other}.xmp").exists()
    (tmp_path / owner).unlink()  # then it is of the only one that there is
    assert sidecar.sidecars(tmp_path / other, Neighbours())[0] == common
    (tmp_path / owner).mkdir()  # a folder has no sidecar
    assert sidecar.sidecars(tmp_path / other, Neighbours())[0] == common
