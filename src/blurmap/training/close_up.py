"""Fits the logits of a close-up: a regression on what the trained network sees in sharp, defocused and shaken ones.

The maps tell kinds of blur that people mark; of a shake of three pixels nobody marks anything, but the features that
the network has learnt for the maps know it from defocus, and both from sharpness.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch.utils.data import DataLoader

from blurmap.training.data.close_ups import CloseUps
from blurmap.training.default import network_input
from blurmap.training.networks.blur_network import CLOSE_UP, BlurNetwork
from blurmap.training.verdict import fit_regression

COUNT = 9000
SHRINKAGE = 3e-3  # of weights of standardised statistics


@torch.no_grad()
def fit_close_up(network: BlurNetwork, sharp: Path, count: int = COUNT, seed: int = 0, workers: int = 2) -> None:
    """Fit ``network.close_up``; everything else of the network stays.

    Parameters
    ----------
    network : BlurNetwork
        Trained.
    sharp : Path
        Folder of sharp photos.
    count, seed, workers : int
        Close-ups to make, by which seed, and in how many processes.
    """
    network.eval()
    seen: list[NDArray[np.float64]] = []
    kinds: list[NDArray[np.int_]] = []
    views = DataLoader(CloseUps(sharp, count, seed), batch_size=8, num_workers=workers)
    for pixels, kind in track(views, "close-ups"):
        statistics = network.statistics(network_input(pixels))
        seen.append(statistics.flatten(1).double().numpy())
        kinds.append(kind.numpy())
    x = np.concatenate(seen)
    mean, deviation = x.mean(0), x.std(0) + 1e-3
    fitted = fit_regression((x - mean) / deviation, np.concatenate(kinds), 1 - np.eye(CLOSE_UP), SHRINKAGE)
    weight = fitted[:, :-1] / deviation
    network.close_up.weight.copy_(torch.from_numpy(weight)[..., None, None])
    assert network.close_up.bias is not None
    network.close_up.bias.copy_(torch.from_numpy(fitted[:, -1] - weight @ mean))
