"""Small pictures of the photos of a scan, kept beside its table so that a report need not decode them again."""

import io
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from PIL import Image

from blurmap.imaging.pyramid import Pyramid
from blurmap.imaging.resizing import fit
from blurmap.maps import DEFOCUS, MOTION, Maps
from blurmap.result import TINTS

SIDE = 192  # pixels, long side
ALPHA = 150  # of the tint, of 255

Preview = tuple[bytes, bytes | None]  # JPEG of the photo, PNG of the tint that is laid over it


def make_preview(photo: Pyramid, maps: Maps | None = None) -> Preview:
    """The photo and, from its maps (probability of blur, and of motion where blurred), the tint of its blur."""
    shape = fit(photo.shape, SIDE)
    thumbnail = io.BytesIO()
    Image.fromarray(photo.resized(shape)).save(thumbnail, "JPEG", quality=75)
    if maps is None:
        return thumbnail.getvalue(), None
    kind = maps.kind if maps.kind is not None else DEFOCUS * maps.mask
    tint = Image.fromarray(kind, "P").resize((shape[1], shape[0]), Image.Resampling.NEAREST)
    tint.putpalette([0, 0, 0, *TINTS[DEFOCUS].tolist(), *TINTS[MOTION].tolist()])
    picture = io.BytesIO()
    tint.save(picture, "PNG", transparency=bytes([0, ALPHA, ALPHA]), bits=2)
    return thumbnail.getvalue(), picture.getvalue()


class Previews:
    """An SQLite file ``TABLE.previews``: whole after a kill, but for the last few."""

    def __init__(self, table: Path) -> None:
        self.path = table.with_name(table.name + ".previews")
        self._base = sqlite3.connect(self.path)
        self._base.execute("pragma journal_mode = wal")
        self._base.execute("create table if not exists previews (path text primary key, photo blob, tint blob)")
        self._unsaved = 0

    def add(self, path: str, preview: Preview) -> None:
        self._base.execute("insert or replace into previews values (?, ?, ?)", (path, *preview))
        self._unsaved += 1
        if self._unsaved >= 50:
            self._base.commit()
            self._unsaved = 0

    def get(self, path: str) -> Preview | None:
        row: Preview | None = self._base.execute("select photo, tint from previews where path = ?", (path,)).fetchone()
        return row

    def keep_only(self, paths: Iterable[str]) -> None:
        """Forget the previews of other photos."""
        wanted = set(paths)
        gone = [(path,) for (path,) in self._base.execute("select path from previews") if path not in wanted]
        self._base.executemany("delete from previews where path = ?", gone)

    def close(self) -> None:
        self._base.commit()
        self._base.execute("pragma journal_mode = delete")  # leaves one file
        self._base.close()
