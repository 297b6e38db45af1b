"""Random training views for the model ``default``: crops of labelled and synthetic photos, then disturbed."""

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter
from torch import Tensor
from torch.utils.data import Dataset

from blurmap.maps import DEFOCUS, MOTION, SHARP, UNKNOWN
from blurmap.training.data.augment import as_jpeg, jitter, random_box
from blurmap.training.recipes import Phase

Labelled = tuple[NDArray[np.uint8], NDArray[np.uint8]]  # photo H x W x 3, kind H x W


class BlurViews(Dataset[tuple[Tensor, Tensor]]):
    """The views of an epoch: of labelled photos, set by set, of synthetic ones and of composites.

    An item is a view (3 x H x W uint8) and its labels (3 x H x W uint8: blurred, motion, known; 0 to 255).
    View i of an epoch is the same however often the run is killed and resumed.

    Parameters
    ----------
    labelled : list of list of (H x W x 3 uint8, H x W uint8)
        Photos and kinds of each set.
    sharp : list of the same
        Photos that are sharp all over.
    synthetic, composites : list of the same
    batch, seed : int
        An epoch holds whole batches.
    pasted : float
        Share of the labelled photos' views that the sharp subject of another is laid over.
    """

    def __init__(
        self,
        labelled: list[list[Labelled]],
        sharp: list[Labelled],
        synthetic: list[Labelled],
        composites: list[Labelled],
        batch: int,
        seed: int,
        pasted: float,
    ) -> None:
        real = [photo for photos in labelled for photo in photos] + sharp
        self.photos, self.sizes = real + synthetic + composites, [len(photos) for photos in labelled]
        self.synthetic = len(synthetic)
        self.stands = np.array([kind.shape[0] > kind.shape[1] for _, kind in self.photos])
        self.real, self.batch, self.seed, self.pasted = len(real), batch, seed, pasted
        self.motion = np.array([i for i, (_, kind) in enumerate(real) if kind.max() == MOTION], int)
        self.subjects = [
            i for i, (_, kind) in enumerate(real) if kind.max() == DEFOCUS and 0.03 < (kind == SHARP).mean() < 0.6
        ]
        self.epoch = self.first = 0

    def start(self, phase: Phase, epoch: int, first: int) -> None:
        """Make the order of ``epoch`` and skip the ``first`` views, which were already trained on."""
        self.epoch, self.first, self.phase = epoch, first, phase
        random = np.random.default_rng([self.seed, epoch])
        chosen, begin = [np.tile(self.motion, phase.motion_copies - 1)], 0
        for i, size in enumerate(self.sizes):
            share = phase.labelled[i] if i < len(phase.labelled) else 1.0
            chosen.append(begin + random.permutation(size)[: round(share * size)])
            begin += size
        labelled, composites = sum(map(len, chosen)), self.real + self.synthetic
        chosen.append(begin + random.permutation(self.real - begin)[: round(phase.sharp * (self.real - begin))])
        chosen.append(self.real + random.permutation(self.synthetic)[: round(phase.synthetic * labelled)])
        drawn = random.permutation(len(self.photos) - composites)[: round(phase.composites * labelled)]
        chosen.append(composites + drawn)
        order = random.permutation(np.concatenate(chosen))
        # a batch is of one shape
        groups = [order] if phase.short_side is None else [order[self.stands[order]], order[~self.stands[order]]]
        batches = [group[: len(group) // self.batch * self.batch].reshape(-1, self.batch) for group in groups]
        self.order = random.permutation(np.concatenate(batches)).ravel()

    def __len__(self) -> int:
        return len(self.order) - self.first

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        place = self.first + i
        random = np.random.default_rng([self.seed, self.epoch, place, 1])  # by place: copies get views of their own
        index = int(self.order[place])
        long, short = self.phase.size, self.phase.short_side or self.phase.size
        shape = (long, short) if self.stands[index] else (short, long)
        strength, least_share = self.phase.strength, self.phase.least_share
        view, labels = blur_view(*self.photos[index], shape, random, strength, least_share)
        if index < self.real and self.subjects and random.random() < self.pasted:
            other = self.photos[self.subjects[random.integers(len(self.subjects))]]
            view, labels = pasted(view, labels, *blur_view(*other, shape, random, strength, least_share))
        return torch.from_numpy(view.transpose(2, 0, 1).copy()), torch.from_numpy(labels.transpose(2, 0, 1).copy())


def pasted(
    view: NDArray[np.uint8], labels: NDArray[np.uint8], other: NDArray[np.uint8], other_labels: NDArray[np.uint8]
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """What is sharp in ``other`` laid over ``view``; arrays as ``blur_view`` returns them."""
    sharp = (other_labels[..., 0] < 128).astype(np.float32)
    # labels are a few pixels off: stay inside, then feather
    cover = np.clip((gaussian_filter(sharp, 1.5) - 0.6) / 0.3, 0, 1)[..., None]
    mixed = other * cover + view * (1 - cover)
    over = np.concatenate([labels[..., :2] * (1 - cover), np.maximum(labels[..., 2:], 255 * cover)], 2)
    return (mixed + 0.5).astype(np.uint8), (over + 0.5).astype(np.uint8)


def blur_view(
    photo: NDArray[np.uint8],
    kind: NDArray[np.uint8],
    shape: tuple[int, int],
    random: np.random.Generator,
    strength: float = 1.0,
    least_share: float = 0.5,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """A random crop of a photo, ``least_share`` to all of each side, as H x W = ``shape``.

    ``strength`` in [0, 1] scales how often it is disturbed: detours, JPEG, turns, colours. What is no square keeps its
    proportions, nearly.

    Returns
    -------
    view : H x W x 3 uint8
    labels : H x W x 3 uint8
        Shares under each pixel, 0 to 255: blurred, blurred by motion, known.
    """
    (height, width), square = shape, shape[0] == shape[1]
    box = random_box(kind.shape, random, least_share, None if square else 0.1)
    image = Image.fromarray(photo)
    # softness from upscaling must not decide, so some views come by way of fewer pixels; not so few that all is blurred
    if random.random() < 0.3 * strength:
        lower = random.uniform(0.75 if (kind == kind[0, 0]).all() else 0.5, 1.0)
        small = (max(round(width * lower), 8), max(round(height * lower), 8))
        image = image.resize(small, Image.Resampling.BILINEAR, box=box)
        image = image.resize((width, height), Image.Resampling.BICUBIC)
    else:
        filters = (Image.Resampling.BILINEAR, Image.Resampling.BOX, Image.Resampling.BICUBIC)
        image = image.resize((width, height), filters[random.integers(3)], box=box)
    shares = np.stack([(kind == DEFOCUS) | (kind == MOTION), kind == MOTION, kind != UNKNOWN], 2).astype(np.uint8)
    labels = np.asarray(
        Image.fromarray(shares * np.uint8(255)).resize((width, height), Image.Resampling.BILINEAR, box=box)
    )
    if random.random() < 0.25 * strength:
        image = as_jpeg(image, int(random.integers(35, 95)))
    view = np.asarray(image)
    if random.random() < 0.5:
        view, labels = view[:, ::-1], labels[:, ::-1]
    if random.random() < 0.15 * strength:
        view, labels = view[::-1], labels[::-1]
    if square and random.random() < 0.25 * strength:
        view, labels = view.swapaxes(0, 1), labels.swapaxes(0, 1)
    return jitter(view, random) if random.random() < strength else np.ascontiguousarray(view), labels
