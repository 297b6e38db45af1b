"""The judge of a model: the network of close-ups and what was fitted for the verdict, ``verdict.json``.

The same one judges by whatever maps: ``default``, ``default-int8``, and weights of one's own.
"""

from dataclasses import replace
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from blurmap.errors import WeightsError
from blurmap.focus.close_up import WIDTHS, CloseUp
from blurmap.focus.focus_map import FocusMap
from blurmap.focus.look import look
from blurmap.imaging.pyramid import Pyramid
from blurmap.maps import Maps
from blurmap.models.runtime import AUTO, Runtime
from blurmap.models.weights import Network, read_description
from blurmap.verdict.drawn import drawn
from blurmap.verdict.ground import nothing_to_judge_by, points_of_light
from blurmap.verdict.judge import Seen, Weights, judge
from blurmap.verdict.judgement import GOOD, NOTHING, Judgement
from blurmap.verdict.lettering import sharp_by_lettering
from blurmap.verdict.sharp_size import Sharpness, sharpness

VERDICT = "verdict"  # name of its JSON file
DOUBT = -0.5  # log odds that the photo looks soft: from these on, what its map calls sharp may be lettering


def verdict_description(folder: Traversable | None = None) -> dict[str, Any]:
    """``verdict.json`` of a folder of weights, or the installed one where the folder has none."""
    return read_description(VERDICT, own_folder(folder))


def own_folder(folder: Traversable | None) -> Traversable | None:
    return folder if folder is not None and (folder / f"{VERDICT}.json").is_file() else None


class Judge:
    """Loaded once; may be called from several threads.

    Parameters
    ----------
    folder : optional
        Where ``verdict.json`` and its ONNX file are; the installed ones where it has none.
    runtime : Runtime
        Provider and cores.
    weights : Weights, optional
        In place of those of ``verdict.json``, which are then not read: for a fit.

    Raises
    ------
    WeightsError
        If a weight file is missing or damaged, or of another version.
    """

    def __init__(
        self, folder: Traversable | None = None, runtime: Runtime = AUTO, weights: Weights | None = None
    ) -> None:
        description = verdict_description(folder)
        self.network = Network(description["files"]["close_up"], own_folder(folder), runtime)
        try:
            self.weights = weights or Weights.of(description["settings"])
        except (KeyError, ValueError):
            raise WeightsError(f"{VERDICT}.json: is of another blurmap; run 'blurmap train verdict' again") from None

    def __call__(self, photo: Pyramid, maps: Maps) -> Judgement:
        """Verdict, reason and sharp size of a photo from its maps; no verdict where nothing could show blur."""
        if nothing_to_judge_by(photo) and not drawn(photo):
            return NOTHING
        seen = self.seen(photo, maps)
        judgement = judge(seen, self.weights)
        if judgement.verdict not in GOOD and (points := points_of_light(photo)):
            return judge(replace(seen, points=points), self.weights)
        return judgement

    def seen(self, photo: Pyramid, maps: Maps) -> Seen:
        """What the verdict goes by; takes a few looks at the photo."""
        sharp, own = sharpness(self.close_ups, photo, maps), max(photo.shape)
        doubted = sharp.size < own or sharp.at_full_size > 0 or sharp.shake >= self.weights.shake_threshold
        if doubted and drawn(photo):
            sharp = Sharpness.of_drawing(own)
        lettered = sharp.soft_mean > DOUBT and sharp_by_lettering(self.close_ups, photo, maps)
        return Seen.of(photo, maps, sharp, lettered=lettered)

    def look(self, photo: Pyramid) -> FocusMap:
        """How wide the blur of a photo is everywhere, seen at its own pixels."""
        return look(self.close_ups, photo)

    def close_ups(self, crops: NDArray[np.uint8]) -> list[CloseUp]:
        """What is seen in N x H x W x 3 uint8 crops, H and W multiples of 16."""
        return [CloseUp(logits[: len(WIDTHS)], *logits[len(WIDTHS) :]) for logits in self.network(crops)]
