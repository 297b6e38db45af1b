"""Trains the network of ``default`` on labelled and synthetic photos. ``blurmap train default`` calls this."""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, interpolate
from torch.utils.data import DataLoader

from blurmap.evaluation.dataset import CHOOSING, Dataset, open_dataset
from blurmap.imaging.resizing import fit_multiple, resize_photo
from blurmap.maps import SHARP, UNKNOWN
from blurmap.photos.photo import read_photo
from blurmap.training.checkpoint import Stateful, WeightAverage, check_settings, load_checkpoint
from blurmap.training.data.blur_views import BlurViews
from blurmap.training.data.composites import make_composites, object_photos
from blurmap.training.data.partial_blur import make_partial_blur, read_partial_blur, sharp_photos
from blurmap.training.loop import train
from blurmap.training.networks.blur_network import BLURRED, CENTRE, MOTION, SPREAD, BlurNetwork
from blurmap.training.recipes import DefaultRecipe
from blurmap.training.start import starting_weights

TYPE_WEIGHT, COARSE_WEIGHT, IOU_WEIGHT = 0.3, 0.3, 0.5
VALIDATION_SIDE = 448  # pixels, long side
FROZEN_BLOCKS = 3


def train_default(
    data: Sequence[Path],
    sharp: Path | None,
    out: Path,
    recipe: DefaultRecipe,
    *,
    init: str = "imagenet",
    seed: int = 0,
    resume: bool = False,
    partial: Path | None = None,
    objects: Path | None = None,
    composites: Path | None = None,
    save_every: int = 50,
    workers: int = 1,
    device: str = "cpu",
) -> Path:
    """Train the network; returns the path of its checkpoint ``out/default.pt``. ``out/start.pt`` is what it began from.

    Parameters
    ----------
    data : sequence of Path
        Sets of labelled photos (see ``blurmap.evaluation.dataset``); the first has the subjects of synthetic photos.
    sharp : Path or None
        Folder of sharp photos, for the synthetic ones; those of the split ``sharp_val`` are only validated on. Not
        needed where the recipe makes no synthetic photos.
    out : Path
        Folder of the run.
    recipe : DefaultRecipe
    init : str
        ``imagenet`` (the encoder's published weights), ``default`` (the shipped weights), ``none``, or the path of a
        checkpoint, whose averaged weights are taken.
    seed : int
        Seed of all that is random.
    resume : bool
        Go on with the run in ``out``.
    partial : Path, optional
        Folder of the synthetic photos, made if they are not there; ``out/partial`` if not given.
    objects, composites : Path, optional
        Folder of photos with the masks of objects, for composites; folder of the composites, made if they are not
        there; ``out/composites`` if not given.
    save_every, workers : int
        Steps between checkpoints; processes that make views.
    device : str
        PyTorch's name of what computes; on ``cuda`` in bfloat16, and a resumed run is the same but for rounding.

    Raises
    ------
    FileNotFoundError, ValueError
        If a labelled photo, the sharp photos or the weights to begin from are missing: before anything is made.
    FileExistsError
        If ``out`` holds a run and ``resume`` is false.
    """
    torch.manual_seed(seed)
    if (out / f"{DefaultTrainer.name}.pt").is_file() and not resume:
        raise FileExistsError(f"{out} holds a run: give --resume to go on with it, or another --out")
    sets = [open_dataset(folder) for folder in data]
    held_out = check_inputs(sets, sharp, recipe, objects)
    network = BlurNetwork(recipe.encoder)
    starting_weights(network, init)
    trainer = DefaultTrainer(network, recipe, sets, sharp, held_out, seed, workers, device)
    if resume and (kept := out / f"{trainer.name}.pt").is_file():
        check_settings(kept, load_checkpoint(kept), trainer.settings)  # before photos are made for nothing
    made, put_together = partial or out / "partial", composites or out / "composites"
    if recipe.synthetic and sharp:
        make_partial_blur(sets[0], sharp, made, recipe.synthetic, seed, max(workers, 1))
    if recipe.composites and sharp and objects:
        make_composites(sharp, objects, put_together, recipe.composites, seed, max(workers, 1))
    trainer.mix(made, put_together)
    if not resume:
        out.mkdir(parents=True, exist_ok=True)
        state = {"average": network.state_dict(), "settings": json.dumps(trainer.settings)}
        torch.save(state, out / "start.pt")  # the mean with what was before is often the best: see `export`
    return train(trainer, out, resume=resume, save_every=save_every)


def check_inputs(
    sets: list[Dataset], sharp: Path | None, recipe: DefaultRecipe, objects: Path | None = None
) -> tuple[Path, ...]:
    """Raise ValueError for what would fail after hours of work; returns the sharp photos that are only validated on."""
    names = [s.name for s in sets]
    if len(set(names)) < len(names):
        raise ValueError(f"two sets have the same name ({', '.join(names)}): rename a folder")
    if recipe.composites:
        if objects is None:
            raise ValueError("the recipe takes objects for composites: give a folder of them (--objects)")
        object_photos(objects)
    if not recipe.synthetic and not recipe.sharp and not recipe.composites:
        return held_out_photos(sharp) if sharp else ()
    if sharp is None:
        raise ValueError("the recipe takes sharp photos: give a folder of them (--sharp)")
    sharp_photos(sharp)
    if not recipe.synthetic:
        return held_out_photos(sharp)
    if not any(sets[0].type(name) == "defocus" for name in sets[0].names("train")):
        raise ValueError(f"{sets[0].folder} has no photos with defocus: they are the subjects of synthetic photos")
    return held_out_photos(sharp)


def held_out_photos(sharp: Path) -> tuple[Path, ...]:
    """The sharp photos of ``sharp_val``; none in a folder of one's own."""
    try:
        return sharp_photos(sharp, held_out=True)
    except ValueError:
        return ()


class DefaultTrainer:
    """A ``blurmap.training.loop.Trainer`` of ``BlurNetwork``; reads the labelled photos when it is made."""

    name = "default"

    def __init__(
        self,
        network: BlurNetwork,
        recipe: DefaultRecipe,
        sets: list[Dataset],
        sharp: Path | None,
        held_out: tuple[Path, ...],
        seed: int,
        workers: int,
        device: str,
    ) -> None:
        self.network: BlurNetwork = network.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        network.encoder.set_stochastic_depth(recipe.stochastic_depth)
        self.device = torch.device(device)
        self.recipe, self.epochs, self.seed, self.workers = recipe, recipe.epochs, seed, workers
        encoder = list(network.encoder.parameters())
        others = [p for name, p in network.named_parameters() if not name.startswith("encoder.")]
        groups = [{"params": encoder, "lr": recipe.encoder_rate}, {"params": others, "lr": recipe.rate}]
        self.optimiser = torch.optim.AdamW(groups, weight_decay=0.02)
        self.parts: dict[str, Stateful] = {"network": network, "optimiser": self.optimiser}
        self.average = WeightAverage(network, recipe.decay)
        self.names = {s.name: s.names("train") + (s.names("val") if recipe.everything else []) for s in sets}
        if recipe.choosing:
            self.names[sets[0].name] = sorted(set(self.names[sets[0].name]) - set(sets[0].names(CHOOSING)))
        photos = {name: len(names) for name, names in self.names.items()}
        self.settings: dict[str, Any] = {**asdict(recipe), "seed": seed, "photos": photos}
        # some seconds and 1.5 GB for two thousand photos
        self.validation = read_validation(sets, held_out, choosing=recipe.choosing)
        self.labelled = [
            [(s.photo(name), s.kind(name)) for name in track(self.names[s.name], f"reading {s.name}")] for s in sets
        ]

        whole = [read_photo(path) for path in sharp_photos(sharp)] if recipe.sharp and sharp else []
        self.sharp = [(photo, np.full(photo.shape[:2], SHARP, np.uint8)) for photo in whole]

    def mix(self, partial: Path, composites: Path) -> None:
        """Read the synthetic photos and the composites, and take views of them, of the sharp and the labelled ones."""
        synthetic = [read_partial_blur(partial, i) for i in range(self.recipe.synthetic)]
        put_together = [read_partial_blur(composites, i) for i in range(self.recipe.composites)]
        self.views = BlurViews(
            self.labelled, self.sharp, synthetic, put_together, self.recipe.batch, self.seed, self.recipe.pasted
        )

    def batches(self, epoch: int, first: int) -> "DataLoader[tuple[Tensor, Tensor]]":
        phase, _ = self.recipe.phase(epoch)
        self.network.train()
        for part in (self.network.encoder.stem, *self.network.encoder.blocks[:FROZEN_BLOCKS]):
            part.requires_grad_(not phase.frozen).train(not phase.frozen)
        self.views.start(phase, epoch, first * self.recipe.batch)
        # its own generator, so that a resumed run goes on as if it had not been stopped
        return DataLoader(
            self.views, self.recipe.batch, num_workers=self.workers, generator=torch.Generator(),
            pin_memory=self.device.type == "cuda",
        )  # fmt: skip

    def rate(self, epoch: float) -> float:
        phase, begin = self.recipe.phase(min(int(epoch), self.epochs - 1))
        high, low = phase.rates
        share = low + (high - low) * 0.5 * (1 + math.cos(math.pi * (epoch - begin) / phase.epochs))
        risen = (self.average.steps + 1) / self.recipe.warm_up if self.recipe.warm_up else 1.0
        return min(1.0, risen) * share

    def step(self, batch: tuple[Tensor, Tensor]) -> dict[str, float]:
        view, labels = (x.to(self.device, non_blocking=True) for x in batch)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            fine, coarse = (x.float() for x in self.network.with_coarse(network_input(view)))
        loss = blur_loss(fine, labels, IOU_WEIGHT) + COARSE_WEIGHT * blur_loss(coarse, labels, 0.0)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimiser.step()
        self.average.update(self.network)
        return {"loss": loss.item()}

    def validate(self, network: nn.Module) -> dict[str, float]:
        return validate(network, self.validation)


def blur_loss(logits: Tensor, labels: Tensor, iou_weight: float) -> Tensor:
    """Cross-entropy, the soft IoU loss of both classes, and the cross-entropy of the type on blurred pixels.

    ``logits`` N x 2 x h x w are brought to the size of ``labels`` (N x 3 x H x W uint8: blurred, motion, known).
    """
    logits = interpolate(logits, labels.shape[2:], mode="bilinear", align_corners=False)
    blurred, motion, known = (labels.float() / 255).unbind(1)
    known = (known > 0.99).float()
    p = logits[:, BLURRED].sigmoid()
    loss = (known * binary_cross_entropy_with_logits(logits[:, BLURRED], blurred, reduction="none")).mean()
    area = known.sum((1, 2)) + 1
    if iou_weight:
        for answer, truth in ((p, blurred), (1 - p, 1 - blurred)):
            both, either = (known * answer * truth).sum((1, 2)), (known * (answer + truth - answer * truth)).sum((1, 2))
            present = ((known * truth).sum((1, 2)) > 0.01 * area).float()  # nothing to overlap with in a whole photo
            loss = loss + iou_weight * (present * (1 - both / (either + 1))).mean()
    share = motion / blurred.clamp(min=1e-3)
    types = binary_cross_entropy_with_logits(logits[:, MOTION], share.clamp(max=1), reduction="none")
    return loss + TYPE_WEIGHT * (known * blurred * types).mean()


def network_input(pixels: Tensor) -> Tensor:
    """N x 3 x H x W uint8 to what the network takes."""
    return (pixels.contiguous(memory_format=torch.channels_last).float() - CENTRE) / SPREAD


Validation = list[tuple[str, Tensor, NDArray[np.uint8]]]


def read_validation(sets: list[Dataset], held_out: tuple[Path, ...], *, choosing: bool = False) -> Validation:
    """Subset, network input and kinds of the sets' validation photos and of the sharp photos kept out of training.

    With ``choosing`` those of the first set's split ``choose`` too.
    """
    photos = [(f"{s.name} {s.type(name)}", s.photo(name), s.kind(name)) for s in sets for name in s.names("val")]
    for name in sets[0].names(CHOOSING) if choosing else ():
        photos.append((f"choose {sets[0].type(name)}", sets[0].photo(name), sets[0].kind(name)))
    for path in held_out:
        photo = read_photo(path)
        photos.append(("sharp", photo, np.zeros(photo.shape[:2], np.uint8)))
    views = (resize_photo(x, fit_multiple(x.shape, VALIDATION_SIDE)).transpose(2, 0, 1).copy() for _, x, _ in photos)
    return [(s, torch.from_numpy(view), k) for (s, _, k), view in zip(photos, views, strict=True)]


@torch.no_grad()
def validate(network: nn.Module, validation: Validation) -> dict[str, float]:
    """Accuracy on each subset, and the share of truly blurred pixels with the right type."""
    accuracy: dict[str, list[float]] = {}
    device = next(network.parameters()).device
    for subset, photo, kind in validation:
        maps = network(network_input(photo[None].to(device)))
        logits = interpolate(maps, kind.shape, mode="bilinear")[0].cpu().numpy()
        truth, known = kind != SHARP, kind != UNKNOWN
        accuracy.setdefault(subset, []).append(float(((logits[BLURRED] > 0) == truth)[known].mean()))
        if (truth & known).any():
            moved = subset.endswith("motion")
            accuracy.setdefault("type", []).append(float(((logits[MOTION] > 0) == moved)[truth & known].mean()))
    return {subset: round(float(np.mean(values)), 4) for subset, values in accuracy.items()}
