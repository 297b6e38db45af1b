"""Trains the image network on labelled photos: cross-entropy plus a weighted conditional adversarial loss.

Purohit, Shah and Rajagopalan (ICIP 2018), section 2.2. ``blurmap train image`` calls this.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits
from torch.utils.data import DataLoader, Dataset

from blurmap.evaluation.boundaries import boundary_f, regions
from blurmap.evaluation.dataset import Dataset as LabelledSet
from blurmap.evaluation.dataset import open_dataset
from blurmap.training.checkpoint import Stateful, WeightAverage
from blurmap.training.data.augment import random_view
from blurmap.training.loop import train
from blurmap.training.networks.image_network import Discriminator, ImageNetwork
from blurmap.training.recipes import ImageRecipe
from blurmap.training.start import starting_image_weights


class Views(Dataset[tuple[Tensor, Tensor]]):
    """Random views of labelled photos; view i of an epoch is the same however often the run is killed and resumed.

    An epoch has a view of each photo, and ``recipe.motion_copies`` of each of those whose numbers are in ``motion``.
    """

    def __init__(
        self,
        photos: list[NDArray[np.uint8]],
        masks: list[NDArray[np.bool_]],
        motion: list[int],
        recipe: ImageRecipe,
        seed: int,
    ) -> None:
        self.photos, self.masks, self.seed = photos, masks, seed
        self.size, self.batch = recipe.size, recipe.batch
        first = [(photo, 0) for photo in range(len(photos))]
        self.drawn = first + [(photo, copy) for copy in range(1, recipe.motion_copies) for photo in motion]
        self.epoch = self.first = 0

    def start(self, epoch: int, first: int) -> None:
        """Make the order of ``epoch`` and skip the ``first`` views, which were already trained on."""
        self.epoch, self.first = epoch, first
        whole = len(self.drawn) // self.batch * self.batch
        self.order = np.random.default_rng([self.seed, epoch]).permutation(len(self.drawn))[:whole]

    def __len__(self) -> int:
        return len(self.order) - self.first

    def __getitem__(self, i: int) -> tuple[Tensor, Tensor]:
        photo, copy = self.drawn[self.order[self.first + i]]
        random = np.random.default_rng([self.seed, self.epoch, photo, 1 + copy])
        view, soft = random_view(self.photos[photo], self.masks[photo], self.size, random)
        return network_input(view), torch.from_numpy(soft.astype(np.float32)[None] / 255.0)


def network_input(photo: NDArray[np.uint8]) -> Tensor:
    """H x W x 3 uint8 to 3 x H x W float32 in [-1, 1]."""
    return torch.from_numpy(photo.transpose(2, 0, 1).astype(np.float32) / 127.5 - 1.0)


def train_image(
    data: Path,
    out: Path,
    recipe: ImageRecipe,
    *,
    seed: int = 0,
    resume: bool = False,
    init: str | None = None,
    workers: int = 1,
    save_every: int = 50,
) -> Path:
    """Train the image network; returns the path of its checkpoint ``out/image.pt``.

    Parameters
    ----------
    data : Path
        A set of labelled photos (see ``blurmap.evaluation.dataset``).
    out : Path
        Folder of the run.
    recipe : ImageRecipe
    seed, resume, save_every
        See ``blurmap.training.loop.train``.
    init : str, optional
        ``paper`` (the shipped weights) or the path of a checkpoint: what to start from, for fine-tuning and ablations.
    workers : int
        Processes that prepare views.

    Raises
    ------
    FileExistsError
        If ``out`` holds a run and ``resume`` is false.
    """
    torch.manual_seed(seed)
    network = ImageNetwork(recipe.filters, recipe.depth, recipe.dropout)
    labelled = open_dataset(data)
    if init is not None:
        starting_image_weights(network, init)
    trainer = ImageTrainer(network, recipe, labelled, seed, workers)
    return train(trainer, out, resume=resume, save_every=save_every)


class ImageTrainer:
    """A ``blurmap.training.loop.Trainer`` of ``ImageNetwork``, with its discriminator if there is one."""

    name = "image"

    def __init__(self, network: ImageNetwork, recipe: ImageRecipe, data: LabelledSet, seed: int, workers: int) -> None:
        self.network: ImageNetwork = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.recipe, self.epochs, self.workers = recipe, recipe.epochs, workers
        self.average = WeightAverage(network, 0.999)
        self.optimiser = torch.optim.Adam(network.parameters(), recipe.rate, betas=(0.5, 0.999))
        self.parts: dict[str, Stateful] = {"network": network, "optimiser": self.optimiser}
        self.discriminator: Discriminator | None = None
        if recipe.adversarial > 0:
            self.discriminator = Discriminator(recipe.filters)
            self.discriminator.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            self.discriminator_optimiser = torch.optim.Adam(
                self.discriminator.parameters(), recipe.rate, betas=(0.5, 0.999)
            )
            self.parts |= {
                "discriminator": self.discriminator, "discriminator_optimiser": self.discriminator_optimiser,
            }  # fmt: skip
        names = data.names("train")
        self.settings: dict[str, Any] = {**asdict(recipe), "seed": seed, "photos": {data.name: len(names)}}
        photos = [data.photo(name) for name in track(names, "reading training photos")]
        motion = [i for i, name in enumerate(names) if data.type(name) == "motion"]
        self.views = Views(photos, [data.mask(name) for name in names], motion, recipe, seed)
        self.validation = read_validation(data, recipe.size)

    def batches(self, epoch: int, first: int) -> "DataLoader[tuple[Tensor, Tensor]]":
        self.network.train()
        self.views.start(epoch, first * self.recipe.batch)
        # its own generator: a loader draws a seed, which would move the dropout of a resumed run
        return DataLoader(self.views, self.recipe.batch, num_workers=self.workers, generator=torch.Generator())

    def rate(self, epoch: float) -> float:
        # Pix2Pix lets the rate fall from half on; with few epochs most of the gain comes while it falls
        return min(1.0, (1.0 - epoch / self.epochs) / self.recipe.falling)

    def step(self, batch: tuple[Tensor, Tensor]) -> dict[str, float]:
        photo, target = batch
        photo = photo.contiguous(memory_format=torch.channels_last)
        with self._half_precision():
            logits = self.network(photo)
        logits = logits.float()
        loss = binary_cross_entropy_with_logits(logits, target)
        losses = {"loss": loss.item()}
        if self.discriminator:
            fooled, of_discriminator = self._adversarial_step(photo, logits.sigmoid(), target)
            losses |= {"generator": fooled.item(), **of_discriminator}
            loss = loss + self.recipe.adversarial * fooled
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        self.average.update(self.network)
        return losses

    def _half_precision(self) -> torch.autocast:
        return torch.autocast("cpu", torch.bfloat16, enabled=self.recipe.bfloat16)

    def _adversarial_step(self, photo: Tensor, fake: Tensor, target: Tensor) -> tuple[Tensor, dict[str, float]]:
        """A step of the discriminator; returns the generator's adversarial loss, and what to log of the discriminator.

        Either loss is log 2 where the discriminator cannot tell the maps apart. It only learns while its own is above
        ``recipe.discriminator_loss``: one that always wins teaches the generator nothing.
        """
        assert self.discriminator is not None
        real_map, fake_map = as_segmentation(target), as_segmentation(fake)
        with self._half_precision():
            real, false = self.discriminator(photo, real_map), self.discriminator(photo, fake_map.detach())
        real, false = real.float(), false.float()
        loss = 0.5 * (
            # one-sided smoothing (Salimans et al. 2016): never quite sure of a labelled map
            binary_cross_entropy_with_logits(real, torch.full_like(real, self.recipe.real_label))
            + binary_cross_entropy_with_logits(false, torch.zeros_like(false))
        )
        right = 0.5 * ((real > 0).float().mean() + (false <= 0).float().mean())
        learns = loss.item() > self.recipe.discriminator_loss
        if learns:
            self.discriminator_optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            self.discriminator_optimiser.step()
        self.discriminator.requires_grad_(False)  # the generator's backward pass needs no gradients of these weights
        with self._half_precision():
            false = self.discriminator(photo, fake_map)
        self.discriminator.requires_grad_(True)
        false = false.float()
        fooled = binary_cross_entropy_with_logits(false, torch.ones_like(false))
        return fooled, {"discriminator": loss.item(), "told_apart": right.item(), "learns": float(learns)}

    def validate(self, network: nn.Module) -> dict[str, float]:
        return validate(network, self.validation)


def as_segmentation(blur_map: Tensor) -> Tensor:
    """A map in [0, 1] as its segmentation, -1 or 1, with the gradient of the map (straight through).

    Labels are nearly binary, and a drawn map is as soft as the network is unsure: shown as they are, a discriminator
    tells them apart by that alone (Luc, Couprie, Chintala and Verbeek 2016, section 3.2, meet the same). So it sees
    shapes only.
    """
    hard = (blur_map > 0.5).to(blur_map.dtype)
    return (hard + blur_map - blur_map.detach()) * 2 - 1


Validation = list[tuple[str, Tensor, NDArray[np.bool_]]]  # type of blur, network input, mask


def read_validation(data: LabelledSet, size: int) -> Validation:
    """Validation photos resized to ``size`` x ``size`` as network inputs, with their masks at that size."""
    validation: Validation = []
    for name in data.names("val"):
        photo = Image.fromarray(data.photo(name)).resize((size, size), Image.Resampling.BILINEAR)
        mask = Image.fromarray(data.mask(name)).resize((size, size), Image.Resampling.NEAREST)
        validation.append((data.type(name), network_input(np.asarray(photo)), np.asarray(mask)))
    return validation


@torch.no_grad()
def validate(network: nn.Module, validation: Validation) -> dict[str, float]:
    """Accuracy on the validation photos per type of blur, and what the mask's shape is like, at the network's size."""
    figures: dict[str, list[float]] = {}
    for kind, photo, mask in validation:
        answer = network(photo[None])[0, 0].numpy() > 0
        for name, value in (
            (kind, float((answer == mask).mean())), ("boundary_f", boundary_f(answer, mask)),
            ("stray_regions", regions(answer, mask)[1]),
        ):  # fmt: skip
            figures.setdefault(name, []).append(value)
    return {name: round(float(np.mean(values)), 4) for name, values in figures.items()}
