"""The commands ``blurmap train ...`` and ``blurmap export``: every part of the model ``paper``, rebuilt from photos."""

from pathlib import Path
from typing import Annotated, Any

import typer

Data = Annotated[Path, typer.Option(help="Folder with the data.", show_default=False)]
RunFolder = Annotated[Path, typer.Option(help="Folder of the run: checkpoint and log.", show_default=False)]
Resume = Annotated[bool, typer.Option("--resume", help="Go on with the run in --out.")]
Seed = Annotated[int, typer.Option(help="Seed of all that is random.")]
Threads = Annotated[int | None, typer.Option(help="Cores to compute on.  [default: all]")]

train = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Train the parts of the model paper.")


@train.command()
def patches(
    data: Data,
    out: Annotated[Path, typer.Option(help="Folder for the patches.", show_default=False)],
    count: Annotated[int, typer.Option(help="Patches in all, half of them sharp.")] = 200_000,
    kernels: Annotated[int, typer.Option(help="Blur kernels per photo.")] = 8,
    linear: Annotated[bool, typer.Option(help="Blur in linear light instead of on the sRGB values.")] = False,
    workers: Annotated[int, typer.Option(help="Processes.")] = 2,
    resume: Resume = False,
    seed: Seed = 0,
) -> None:
    """Cut sharp and synthetically blurred 30 x 30 patches out of a folder of sharp photos."""
    from blurmap.training.patch_data import PatchSettings, make_patches

    settings = PatchSettings(count=count, kernels_per_photo=kernels, linear=linear, seed=seed)
    typer.echo(f"{make_patches(data, out, settings, workers, resume=resume)} patches in {out}")


@train.command()
def patch(
    data: Annotated[Path, typer.Option(help="Folder that 'train patches' wrote.", show_default=False)],
    out: RunFolder,
    epochs: Annotated[int, typer.Option(help="Passes over the patches.")] = 8,
    limit: Annotated[int | None, typer.Option(help="Use only that many patches.")] = None,
    resume: Resume = False,
    seed: Seed = 0,
    threads: Threads = None,
) -> None:
    """Train the patch network."""
    _torch(threads)
    from blurmap.training.train_patch import train_patch

    train_patch(data, out, epochs=epochs, seed=seed, resume=resume, limit=limit)


@train.command()
def image(
    data: Annotated[Path, typer.Option(help="Folder with image/ and gt/ (CUHK).", show_default=False)],
    out: RunFolder,
    epochs: Annotated[int, typer.Option(help="Passes over the photos.")] = 40,
    adversarial: Annotated[float, typer.Option(help="Weight of the adversarial term; 0 leaves it out.")] = 0.01,
    rate: Annotated[float, typer.Option(help="Adam's rate.")] = 2e-4,
    dropout: Annotated[float, typer.Option(help="Dropout in the first three layers up.")] = 0.5,
    batch: Annotated[int, typer.Option(help="Photos per step.")] = 4,
    init: Annotated[Path | None, typer.Option(help="Checkpoint whose weights to start from.")] = None,
    resume: Resume = False,
    seed: Seed = 0,
    threads: Threads = None,
) -> None:
    """Train the image network."""
    _torch(threads)
    from blurmap.training.train_image import train_image

    train_image(
        data, out, epochs=epochs, seed=seed, resume=resume, adversarial=adversarial, rate=rate, dropout=dropout,
        batch=batch, init=init,
    )  # fmt: skip


@train.command()
def fusion(
    data: Annotated[Path, typer.Option(help="Folder with image/ and gt/ (CUHK).", show_default=False)],
    weights: Annotated[Path, typer.Option(help="Folder that 'blurmap export' wrote.", show_default=False)],
) -> None:
    """Choose input sizes, calibration and lambda on the validation photos; writes them into paper.json."""
    from blurmap.training.fit_fusion import fit_fusion

    typer.echo(fit_fusion(data, weights))


def export(
    patch: Annotated[Path, typer.Option(help="Checkpoint patch.pt.", show_default=False)],
    image: Annotated[Path, typer.Option(help="Checkpoint image.pt.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder for the ONNX files and paper.json.", show_default=False)],
) -> None:
    """Write trained networks as the ONNX files that ship."""
    _torch(None)
    from blurmap.training.export import export_paper

    typer.echo(f"written {export_paper(patch, image, out)} and the ONNX files beside it")


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
