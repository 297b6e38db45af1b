"""What is said of a photo: every field once, with its type, unit, label and meaning.

Tables, JSON, the server's schema, the report's page and the pages of the documentation take their columns from
``FIELDS``. To add a field: a line here, and its value in [`blurmap.BlurMap.record`][] (or, if only a scan knows
it, in ``blurmap.scanning``).
"""

from dataclasses import dataclass
from typing import Any

Row = dict[str, Any]  # the fields of one photo by name; None where they are not known


@dataclass(frozen=True)
class Field:
    """A field of the record of a photo.

    Attributes
    ----------
    name : str
        Name of the column, the JSON key and the HTTP field.
    type : str
        Arrow's name of its type.
    label : str
        What people read on the report's page.
    meaning : str
        One sentence, Markdown.
    example : object
        A value of the photo ``cat.jpg``.
    unit : str
        "" for none.
    answer : bool
        Whether a model's answer has it; if not, only a scan (and what a command was given) knows it.
    shown : bool
        Whether the report's page holds it, to sort by and to take along.
    """

    name: str
    type: str
    label: str
    meaning: str
    example: Any = None
    unit: str = ""
    answer: bool = True
    shown: bool = True

    def sentence(self) -> str:
        """The meaning with its unit, as schemas and pages print it."""
        return self.meaning + (f" ({self.unit})" if self.unit else "")


def _of_file(name: str, kind: str, label: str, meaning: str, example: Any = None, unit: str = "") -> Field:
    return Field(name, kind, label, meaning, example, unit, answer=False)


FIELDS = (
    Field("path", "string", "path", "absolute path or URL of the file", "cat.jpg", answer=False, shown=False),
    _of_file("bytes", "int64", "file size", "size of the file", 42234, "bytes"),
    Field(
        "mtime", "double", "changed", "when the file was last changed", None, "seconds since 1970",
        answer=False, shown=False,
    ),
    _of_file("format", "string", "format", "format of the file: `JPEG`, `HEIF`, `RAW` and so on", "JPEG"),
    _of_file(
        "taken", "string", "taken",
        "when it was taken, from EXIF: `2026-11-25T09:00:01.250+01:00`, with milliseconds and offset if they are there",
    ),
    _of_file("camera", "string", "camera", "make and model, from EXIF"),
    Field("width", "int32", "width", "width of the upright photo", 451, "pixels"),
    Field("height", "int32", "height", "height of the upright photo", 300, "pixels"),
    Field(
        "verdict", "string", "verdict",
        "`sharp` all over; `selective`: sharp in a part, blur around it; `defocused`: nothing that matters is in "
        "focus; `motion`: shaken, or it moved; none where nothing could show blur: a lens cap, a plain wall",
        "selective",
    ),
    Field("confidence", "double", "confidence", "of the verdict, 0 to 1", 0.9954),
    Field(
        "reason", "string", "reason", "one sentence that says why",
        "sharp subject, centre, 63% of the frame; background defocused",
    ),
    Field("blurred", "double", "blurred", "share of the frame that is blurred, 0 to 1", 0.3715),
    Field("defocus", "double", "defocus", "share of the frame that is blurred by defocus, 0 to 1", 0.3715),
    Field("motion", "double", "motion", "share of the frame that is blurred by motion, 0 to 1", 0.0),
    Field(
        "subject", "list<int32>", "subject", "box of the largest sharp region: left, top, right, bottom",
        [12, 0, 399, 300], "pixels", shown=False,
    ),
    Field(
        "subject_sharpness", "double", "subject sharpness", "mean probability of being sharp in that region, 0 to 1",
        0.9212,
    ),
    Field(
        "sharp_size", "int32", "sharp size", "long side up to which the sharpest part looks sharp", 451, "pixels"
    ),
    Field("soft", "bool", "soft", "true of a good photo that is fine on a screen and soft at 100 %", False),
    Field(
        "model", "string", "model",
        "name of the model that answered: `default` unless `--model` says another", "default", shown=False,
    ),
    Field(
        "weights", "string", "weights", "sha256 of the model's weights and settings, hexadecimal", "5c1f...",
        shown=False,
    ),
    _of_file(
        "burst", "string", "burst",
        "photos of one moment have the same; empty for a photo alone",
    ),
    _of_file("rank", "int32", "rank in its burst", "1 for the best photo of a burst, the same for equals"),
    _of_file("error", "string", "error", "empty, or a sentence that says what is wrong with the photo"),
    Field(
        "seconds", "double", "seconds", "how long it took", 0.058, "seconds", answer=False, shown=False,
    ),
)  # fmt: skip
COLUMNS = tuple(field.name for field in FIELDS)  # of a table
ANSWERED = tuple(field.name for field in FIELDS if field.answer)  # of a model's answer
