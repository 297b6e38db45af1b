"""What a scan says of one photo: its row and its preview, whatever is wrong with the photo."""

import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from blurmap.bursts.traces import Trace, make_trace
from blurmap.errors import PhotoError, in_words
from blurmap.fields import Row
from blurmap.imaging.resizing import fit, resize_map
from blurmap.models import Model
from blurmap.photos.capture import captured
from blurmap.photos.photo import open_described
from blurmap.photos.sources import Source
from blurmap.scanning.masks import keep_mask, mask_path
from blurmap.scanning.pictures import keep_picture, picture_path, wants_picture
from blurmap.scanning.previews import Preview, make_preview, subject_place

MASK_SIDE = 1024  # pixels, long side of the masks that are kept


@dataclass(frozen=True)
class Inspection:
    """One photo's row; its preview and trace where it could be decoded; what went wrong beside it, in a sentence."""

    row: Row
    preview: Preview | None = None
    trace: Trace | None = None
    problem: str | None = None


def inspect(model: Model, photo: Source, masks: Path | None = None, pictures: Path | None = None) -> Inspection:
    """Look at a photo; whatever is wrong with it is in the ``error`` of its row.

    Parameters
    ----------
    model : Model
    photo : Source
    masks : Path, optional
        Folder to keep its mask in.
    pictures : Path, optional
        Folder to keep a large picture of it in, where browsers do not show it.
    """
    started, name = time.perf_counter(), os.path.basename(photo.path)
    row, preview, trace = photo.row(model.name, model.weights), None, None
    problems: list[str | None] = []
    try:
        content = photo.read()
        row["bytes"] = photo.size if photo.size is not None else len(content)
        image, row["format"] = open_described(content, name)
        row["taken"], row["camera"] = captured(content, name)
        result = model.detect(image)
        record = result.record()
        preview = make_preview(result.seen, result.maps, subject_place(result))
        if row["taken"]:
            trace = make_trace(result.seen, result.maps)
        if masks:
            mask = resize_map(result.maps.mask.astype(np.float32), fit(result.seen.shape, MASK_SIDE)) > 0.5
            problems.append(keep_mask(mask, mask_path(masks, photo.path)))
        if pictures and wants_picture(row):
            problems.append(keep_picture(result.seen, picture_path(pictures, row)))
        row |= record
    except PhotoError as error:
        row["error"] = str(error)
    except MemoryError:
        row["error"] = f"{name}: there is not enough memory for it"
    except OSError as error:
        row["error"] = f"{name}: {in_words(error).lower()}"
    except Exception as error:
        # one photo of a million may set off a fault of ours or of a library: it has its row, and the scan goes on
        row["error"] = f"{name}: cannot be looked at ({in_words(error)})"
    row["seconds"] = round(time.perf_counter() - started, 4)
    return Inspection(row, preview, trace, "; ".join(filter(None, problems)) or None)
