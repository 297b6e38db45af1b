"""How well the look at focus measures blur, on real focal stacks whose blur was measured; writes focus.json.

    python benchmarks/focus.py --stacks STACKS [--windows 9 13 15 17 31] [--every 1]

STACKS holds SCENE/NN.jpg and SCENE/NN_w.png, the standard deviation of the blur in eighths of a pixel, 255 = unknown.
The network of close-ups answers for each cell from what is in it and from the mean of its surroundings; ``--windows``
tries other sizes of these (cells; 15 ships), beside a mean over all of the photo ("all"), as in versions before.
``seconds`` are of 12 megapixels, decoded, the median of three: on an idle machine.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper
from output import EXAMPLES, conditions, options, write_figures
from PIL import Image
from rich.progress import track
from scipy.stats import rankdata, spearmanr

from blurmap.focus.close_up import CELL, SHARP_WIDTH, WIDTHS, CloseUp, widths
from blurmap.focus.look import look, over_tiles
from blurmap.imaging.pyramid import Pyramid
from blurmap.models.judging import Judge, verdict_description
from blurmap.models.runtime import AUTO
from blurmap.models.weights import network_content
from blurmap.photos.photo import read_photo

ALL = 10_001  # cells: more than any photo has
FLOOR = 0.5  # pixels: what is narrower is sharp, and no octave of it counts
LEAST = 20  # cells of known width in a frame
Floats = NDArray[np.float64]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stacks", type=Path, required=True, help="Folder of focal stacks.")
    parser.add_argument("--windows", type=int, nargs="*", default=[], help="Other surroundings to try, in cells.")
    parser.add_argument("--every", type=int, default=1, help="Look at each so-manieth frame.")
    options(parser)
    arguments = parser.parse_args()
    judge = Judge()
    frames = sorted(path for path in arguments.stacks.glob("*/*.jpg"))[:: arguments.every][: arguments.limit]
    tried = {"ships": judge.close_ups} | {
        "all" if cells == ALL else str(cells): other_window(cells)
        for cells in ([*arguments.windows, ALL] if arguments.windows else [])
    }
    coffee = np.asarray(read_photo(EXAMPLES / "coffee.jpg"))
    large = Pyramid(Image.fromarray(np.tile(coffee, (8, 7, 1))[:3000, :4000]))
    seconds = []
    for _ in range(3):
        started = time.perf_counter()
        judge.look(large)
        seconds.append(time.perf_counter() - started)
    rows = {name: measured(frames, close_ups_of, name) for name, close_ups_of in tried.items()}
    write_figures(
        "focus",
        {"run": conditions("default", frames=len(frames)), "seconds": float(np.median(seconds)), "windows": rows},
        arguments.figures,
    )


def measured(frames: list[Path], close_ups_of: Callable[..., list[CloseUp]], name: str) -> dict[str, Any]:
    """Figures over all cells of known width, and means over scenes with their standard errors."""
    softness, blurred, known_share, by_scene = [], [], [], dict[str, list[tuple[float, float]]]()
    for path in track(frames, f"window {name}"):
        photo = read_photo(path)
        seen = over_tiles(close_ups_of, photo)
        true = true_widths(path, seen.motion.shape)
        known = ~np.isnan(true)
        if known.sum() < LEAST:
            continue
        focus = look(close_ups_of, Pyramid(Image.fromarray(photo)))
        wide = CELL // 8 * np.arange(max(seen.motion.shape))  # of two cells of the map one of the network's
        guess = focus.width[np.ix_(wide[: known.shape[0]], wide[: known.shape[1]])]
        told = focus.known[np.ix_(wide[: known.shape[0]], wide[: known.shape[1]])]
        softness.append(np.log2(widths(seen.wider))[known])
        blurred.append(true[known] > SHARP_WIDTH)
        known_share.append(told[known])
        octaves = np.abs(np.log2(np.maximum(guess[known], FLOOR) / np.maximum(true[known], FLOOR)))
        rank = spearmanr(guess[known], true[known]).statistic if np.ptp(true[known]) > 0 else np.nan
        by_scene.setdefault(path.parent.name, []).append((float(np.median(octaves)), float(rank)))
    octaves, ranks = (
        np.array([np.nanmean([frame[i] for frame in scene]) for scene in by_scene.values()]) for i in (0, 1)
    )
    return {
        "cells": sum(map(len, blurred)), "scenes": len(by_scene),
        "auc": area(np.concatenate(softness), np.concatenate(blurred)),
        "octaves": float(np.nanmean(octaves)), "octaves_error": error(octaves),
        "rank": float(np.nanmean(ranks)), "rank_error": error(ranks),
        "known": float(np.concatenate(known_share).mean()),
    }  # fmt: skip


def true_widths(path: Path, cells: tuple[int, ...]) -> Floats:
    """Median of what was measured in each of the network's cells, in pixels; NaN where less than half is known."""
    eighths = np.asarray(Image.open(path.with_name(path.stem + "_w.png")), np.float64)
    rows, columns = min(cells[0], eighths.shape[0] // CELL), min(cells[1], eighths.shape[1] // CELL)
    tiles = eighths[: rows * CELL, : columns * CELL].reshape(rows, CELL, columns, CELL).swapaxes(1, 2)
    cell = np.where(tiles == 255, np.nan, tiles).reshape(rows, columns, -1)
    enough = (~np.isnan(cell)).mean(2) > 0.5
    true = np.full((rows, columns), np.nan)
    true[enough] = np.nanmedian(cell[enough], 1) / 8
    whole = np.full(cells, np.nan)
    whole[:rows, :columns] = true
    return whole


def area(scores: Floats, positive: NDArray[np.bool_]) -> float:
    """Area under the ROC curve: the chance that a blurred cell has a higher score than one that is not."""
    n = int(positive.sum())
    return float((rankdata(scores)[positive].sum() - n * (n + 1) / 2) / (n * (len(positive) - n)))


def error(values: Floats) -> float:
    return float(np.nanstd(values, ddof=1) / np.sqrt((~np.isnan(values)).sum()))


def other_window(cells: int) -> Callable[[NDArray[np.uint8]], list[CloseUp]]:
    """The network with surroundings of so many cells."""
    network = onnx.load_from_string(network_content(verdict_description()["files"]["close_up"]))
    for node in network.graph.node:
        if node.op_type == "AveragePool":
            sizes = [1 if side == 1 else cells for side in kept(node, "kernel_shape")]
            pads = [side // 2 for side in sizes]
            del node.attribute[:]
            node.attribute.extend([
                helper.make_attribute("kernel_shape", sizes), helper.make_attribute("pads", [*pads, *pads]),
                helper.make_attribute("count_include_pad", 0), helper.make_attribute("strides", [1, 1]),
            ])  # fmt: skip
    session = AUTO.session(network.SerializeToString())

    def close_ups_of(pixels: NDArray[np.uint8]) -> list[CloseUp]:
        (logits,) = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(pixels)})
        return [CloseUp(of[: len(WIDTHS)], *of[len(WIDTHS) :]) for of in logits]

    return close_ups_of


def kept(node: onnx.NodeProto, name: str) -> list[int]:
    return list(next(attribute.ints for attribute in node.attribute if attribute.name == name))


if __name__ == "__main__":
    main()
