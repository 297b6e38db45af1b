"""The commands ``blurmap train ...`` and ``blurmap export ...``: every network of the models, rebuilt from photos."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from blurmap.cli.console import say
from blurmap.models import DEFAULT
from blurmap.training.recipes import (
    CLOSE_UP_RECIPES,
    DEFAULT_RECIPES,
    IMAGE_RECIPES,
    PAPER_RECIPES,
    PATCH_RECIPES,
    PATCHES,
)

Recipe = TypeVar("Recipe")
Data = Annotated[Path, typer.Option(help="Folder with the data.", show_default=False)]
Labelled = Annotated[Path, typer.Option(help="Set of labelled photos: image/, gt/, photos.csv.", show_default=False)]
Sharp = Annotated[Path, typer.Option(help="Folder of sharp photos.", show_default=False)]
RunFolder = Annotated[Path, typer.Option(help="Folder of the run: checkpoint and log.", show_default=False)]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")]
Seed = Annotated[int, typer.Option(help="Seed of all that is random.")]
Threads = Annotated[int | None, typer.Option(help="Cores to compute on.  [default: all]")]

export = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Write trained networks as the ONNX files that ship."
)
train = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Train the model default, or the parts of the model paper."
)


@train.command()
def default(
    data: Annotated[
        list[Path],
        typer.Option(help="Set of labelled photos: image/, gt/, photos.csv. Repeat for more.", show_default=False),
    ],
    out: RunFolder,
    sharp: Annotated[Path | None, typer.Option(help="Folder of sharp photos, for the synthetic ones.")] = None,
    recipe: Annotated[
        str | None,
        typer.Option(
            help=f"One of {', '.join(DEFAULT_RECIPES)}.  [default: further; fine-tune with --init default, no --sharp]"
        ),
    ] = None,
    init: Annotated[
        str, typer.Option(help="imagenet, default (the shipped weights), none, or a checkpoint.")
    ] = "imagenet",
    partial: Annotated[
        Path | None, typer.Option(help="Folder of the synthetic photos.  [default: OUT/partial]")
    ] = None,
    objects: Annotated[
        Path | None, typer.Option(help="Folder of photos with the masks of objects, for composites: image/, object/.")
    ] = None,
    composites: Annotated[
        Path | None, typer.Option(help="Folder of the composites.  [default: OUT/composites]")
    ] = None,
    everything: Annotated[
        bool, typer.Option("--everything", help="Train on the photos of val too: for weights that ship.")
    ] = False,
    choosing: Annotated[
        bool, typer.Option("--choosing", help="Keep the split choose out of train: to compare recipes.")
    ] = False,
    resume: Resume = False,
    seed: Seed = 0,
    threads: Threads = None,
    workers: Annotated[int, typer.Option(help="Processes that make views.")] = 1,
) -> None:
    """Train the network of the model default: makes the synthetic photos and composites first.

    With --init default, weights that any command takes (--model OUT/weights) are written at the end. A GPU that
    PyTorch can use is used.
    """
    _torch(threads)
    from torch import cuda

    from blurmap.training.default import train_default
    from blurmap.training.fine_tuned import WEIGHTS, write_fine_tuned
    from blurmap.training.start import SHIPPED

    own = init == SHIPPED
    device = "cuda" if cuda.is_available() else "cpu"
    chosen = named(DEFAULT_RECIPES, recipe or ("fine-tune" if own and sharp is None else "further"))
    chosen = replace(chosen, everything=everything, choosing=choosing)
    checkpoint = train_default(
        data, sharp, out, chosen, init=init, seed=seed, resume=resume, partial=partial, objects=objects,
        composites=composites, workers=workers, device=device,
    )  # fmt: skip
    if own:
        folder = write_fine_tuned(checkpoint, data[0], out / WEIGHTS)
        say(f"to use the weights: blurmap detect PHOTO --model {folder}")
    else:
        say(f"next: blurmap export default --checkpoint {checkpoint} --data {data[0]} --out {out / WEIGHTS}")


@train.command()
def paper(
    data: Labelled,
    sharp: Sharp,
    out: Annotated[Path, typer.Option(help="Folder of the run; the weights go to OUT/weights.", show_default=False)],
    recipe: Annotated[str, typer.Option(help=f"One of {', '.join(PAPER_RECIPES)}.")] = "paper",
    resume: Resume = False,
    seed: Seed = 0,
    threads: Threads = None,
) -> None:
    """Train all of the model paper, in order: patches, patch network, image network, product, graph cut."""
    _torch(threads)
    from blurmap.training.paper import train_paper

    say(f"weights in {train_paper(data, sharp, out, named(PAPER_RECIPES, recipe), seed=seed, resume=resume)}")


@train.command()
def patches(
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for the patches.", show_default=False)],
    recipe: Annotated[str, typer.Option(help=f"One of {', '.join(PATCHES)}.")] = "patches",
    count: Annotated[int | None, typer.Option(help="Patches in all, half of them sharp.  [default: 200000]")] = None,
    kernels: Annotated[int | None, typer.Option(help="Blur kernels per photo.  [default: 8]")] = None,
    workers: Annotated[int, typer.Option(help="Processes.")] = 2,
    resume: Resume = False,
    seed: Seed = 0,
) -> None:
    """Cut sharp and synthetically blurred 30 x 30 patches out of a folder of sharp photos."""
    from blurmap.training.data.patches import make_patches

    settings = replace(named(PATCHES, recipe), seed=seed)
    settings = replace(settings, count=count or settings.count)
    settings = replace(settings, kernels_per_photo=kernels or settings.kernels_per_photo)
    say(f"{make_patches(data, out, settings, workers, resume=resume)} patches in {out}")


@train.command()
def patch(
    data: Annotated[Path, typer.Option(help="Folder that 'train patches' wrote.", show_default=False)],
    out: RunFolder,
    recipe: Annotated[str, typer.Option(help=f"One of {', '.join(PATCH_RECIPES)}.")] = "patch",
    resume: Resume = False,
    seed: Seed = 0,
    threads: Threads = None,
) -> None:
    """Train the patch network."""
    _torch(threads)
    from blurmap.training.patch import train_patch

    train_patch(data, out, named(PATCH_RECIPES, recipe), seed=seed, resume=resume)


@train.command()
def image(
    data: Labelled,
    out: RunFolder,
    recipe: Annotated[str, typer.Option(help=f"One of {', '.join(IMAGE_RECIPES)}.")] = "image",
    init: Annotated[
        str | None, typer.Option(help="paper (the shipped weights), or a checkpoint to start from.")
    ] = None,
    resume: Resume = False,
    seed: Seed = 0,
    threads: Threads = None,
) -> None:
    """Train the image network."""
    _torch(threads)
    from blurmap.training.image import train_image

    train_image(data, out, named(IMAGE_RECIPES, recipe), seed=seed, resume=resume, init=init)


@train.command()
def fusion(
    data: Labelled,
    weights: Annotated[Path, typer.Option(help="Folder that 'blurmap export' wrote.", show_default=False)],
) -> None:
    """Choose input sizes, calibration and lambda on the validation photos; writes them into paper.json."""
    from blurmap.evaluation.dataset import open_dataset
    from blurmap.training.fusion import fit_fusion

    say(str(fit_fusion(open_dataset(data), weights)))


@train.command()
def verdict(
    data: Annotated[
        list[Path], typer.Option(help="Set of partly blurred photos. Repeat for more.", show_default=False)
    ],
    sharp: Sharp,
    weights: Annotated[Path, typer.Option(help="Folder that 'blurmap export close-up' wrote.", show_default=False)],
    photos: Annotated[
        list[Path] | None, typer.Option(help="Folder of real photos with verdicts: they decide. Repeat for more.")
    ] = None,
    model: Annotated[str, typer.Option(help="Whose maps are judged.")] = DEFAULT,
) -> None:
    """Fit the verdict on photos that were kept out of training; writes it into verdict.json."""
    _torch(None)
    from blurmap.evaluation.dataset import open_dataset
    from blurmap.training.verdict import fit_verdict

    say(fit_verdict([open_dataset(folder) for folder in data], sharp, photos or [], weights, model))


@train.command("close-up")
def close_up(
    data: Labelled,
    sharp: Annotated[list[Path], typer.Option(help="Folder of sharp photos. Repeat for more.", show_default=False)],
    out: RunFolder,
    recipe: Annotated[str, typer.Option(help=f"One of {', '.join(CLOSE_UP_RECIPES)}.")] = "close-up",
    init: Annotated[str, typer.Option(help="imagenet, or a checkpoint of default, for its encoder.")] = "imagenet",
    resume: Resume = False,
    seed: Seed = 0,
    threads: Threads = None,
    workers: Annotated[int, typer.Option(help="Processes that make close-ups.")] = 2,
) -> None:
    """Train the network of close-ups, by which verdicts are passed: makes the close-ups first."""
    _torch(threads)
    from blurmap.evaluation.dataset import open_dataset
    from blurmap.training.close_up import train_close_up

    chosen = named(CLOSE_UP_RECIPES, recipe)
    path = train_close_up(open_dataset(data), sharp, out, chosen, init=init, seed=seed, resume=resume, workers=workers)
    say(f"next: blurmap export close-up --checkpoint {path} --out WEIGHTS, then blurmap train verdict")


@export.command("close-up")
def export_close_up(
    checkpoint: Annotated[Path, typer.Option(help="Checkpoint close-up.pt.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder for close-up.onnx and verdict.json.", show_default=False)],
) -> None:
    """Write the network of close-ups; the verdict is to be fitted anew then."""
    _torch(None)
    from blurmap.training.export import export_close_up as write

    say(f"written {write(checkpoint, out)} and the ONNX file beside it; next: blurmap train verdict")


@export.command("default")
def export_default(
    checkpoint: Annotated[
        list[Path], typer.Option(help="Checkpoint default.pt; given twice: the mean of both.", show_default=False)
    ],
    data: Labelled,
    out: Annotated[Path, typer.Option(help="Folder for the ONNX and JSON files.", show_default=False)],
    like: Annotated[
        Path | None, typer.Option(help="Earlier export whose choices are kept: for weights that were trained on val.")
    ] = None,
    side: Annotated[
        int | None, typer.Option(help="Working size: long side in pixels.  [default: chosen on val]")
    ] = None,
) -> None:
    """Write default and default-int8; working size and calibration are chosen on the validation photos."""
    _torch(None)
    from blurmap.evaluation.dataset import open_dataset
    from blurmap.training.export_default import export_default as write

    say(str(write(checkpoint, open_dataset(data), out, (side,) if side else None, like)))


@export.command("paper")
def export_paper(
    patch: Annotated[Path, typer.Option(help="Checkpoint patch.pt.", show_default=False)],
    image: Annotated[Path, typer.Option(help="Checkpoint image.pt.", show_default=False)],
    data: Labelled,
    out: Annotated[Path, typer.Option(help="Folder for the ONNX files and paper.json.", show_default=False)],
) -> None:
    """Write the two networks of the model paper."""
    _torch(None)
    from blurmap.evaluation.dataset import open_dataset
    from blurmap.training.export import export_paper as write

    say(f"written {write(patch, image, out, open_dataset(data))} and the ONNX files beside it")


def named(recipes: dict[str, Recipe], name: str) -> Recipe:
    if name not in recipes:
        raise ValueError(f"no recipe {name!r}; there is {', '.join(recipes)}")
    return recipes[name]


def _torch(threads: int | None) -> Any:
    try:
        import torch
    except ImportError:
        raise ImportError(
            "training needs PyTorch: install blurmap with its extra 'train', pip install '.[train]' in a clone"
        ) from None
    if threads is not None:
        torch.set_num_threads(threads)
    return torch
