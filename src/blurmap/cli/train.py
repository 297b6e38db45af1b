"""The commands ``blurmap train ...`` and ``blurmap export ...``: every network of the models, rebuilt from photos."""

from pathlib import Path
from typing import Annotated, Any

import typer

Data = Annotated[Path, typer.Option(help="Folder with the data.", show_default=False)]
Cuhk = Annotated[Path, typer.Option(help="Folder with image/ and gt/ (CUHK).", show_default=False)]
Sharp = Annotated[Path, typer.Option(help="Folder of sharp photos.", show_default=False)]
Init = Annotated[Path | None, typer.Option(help="Checkpoint whose weights to start from.")]
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
    data: Cuhk,
    sharp: Sharp,
    out: RunFolder,
    epochs: Annotated[int, typer.Option(help="Passes over the labelled photos.")] = 26,
    sizes: Annotated[
        str, typer.Option(help="Sides of the views, each for an equal part.")
    ] = "256,256,256,256,352,352,352",
    shares: Annotated[
        str, typer.Option(help="Synthetic photos per labelled one; likewise.")
    ] = ".5,.5,.5,.5,.25,.25,.25",
    synthetic: Annotated[int, typer.Option(help="Synthetic photos to make.")] = 4000,
    rate: Annotated[float, typer.Option(help="AdamW's highest rate.")] = 1.5e-3,
    encoder_rate: Annotated[float, typer.Option(help="The same for the pretrained encoder.")] = 4e-4,
    motion_copies: Annotated[
        str, typer.Option(help="Times a motion photo comes in an epoch; likewise.")
    ] = "2,2,2,2,1,1,1",
    strength: Annotated[float, typer.Option(help="Of the disturbances of the views, 0 to 1.")] = 1.0,
    init: Init = None,
    resume: Resume = False,
    seed: Seed = 0,
    threads: Threads = None,
) -> None:
    """Train the network of the model default: makes the synthetic photos first."""
    _torch(threads)
    from blurmap.training.default import train_default

    train_default(
        data, sharp, out, epochs=epochs, sizes=tuple(map(int, sizes.split(","))),
        shares=tuple(map(float, shares.split(","))), synthetic=synthetic, rate=rate, encoder_rate=encoder_rate,
        motion_copies=tuple(map(int, motion_copies.split(","))), strength=strength, init=init, seed=seed, resume=resume,
    )  # fmt: skip


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
    from blurmap.training.data.patches import PatchSettings, make_patches

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
    from blurmap.training.patch import train_patch

    train_patch(data, out, epochs=epochs, seed=seed, resume=resume, limit=limit)


@train.command()
def image(
    data: Cuhk,
    out: RunFolder,
    epochs: Annotated[int, typer.Option(help="Passes over the photos.")] = 40,
    adversarial: Annotated[float, typer.Option(help="Weight of the adversarial term; 0 leaves it out.")] = 0.01,
    rate: Annotated[float, typer.Option(help="Adam's rate.")] = 2e-4,
    dropout: Annotated[float, typer.Option(help="Dropout in the first three layers up.")] = 0.5,
    batch: Annotated[int, typer.Option(help="Photos per step.")] = 4,
    init: Init = None,
    resume: Resume = False,
    seed: Seed = 0,
    threads: Threads = None,
) -> None:
    """Train the image network."""
    _torch(threads)
    from blurmap.training.image import train_image

    train_image(
        data, out, epochs=epochs, seed=seed, resume=resume, adversarial=adversarial, rate=rate, dropout=dropout,
        batch=batch, init=init,
    )  # fmt: skip


@train.command()
def fusion(
    data: Cuhk,
    weights: Annotated[Path, typer.Option(help="Folder that 'blurmap export' wrote.", show_default=False)],
) -> None:
    """Choose input sizes, calibration and lambda on the validation photos; writes them into paper.json."""
    from blurmap.training.fusion import fit_fusion

    typer.echo(fit_fusion(data, weights))


@train.command()
def verdict(
    data: Cuhk,
    sharp: Sharp,
    weights: Annotated[Path, typer.Option(help="Folder that 'blurmap export default' wrote.", show_default=False)],
) -> None:
    """Fit the verdict on photos that were kept out of training; writes it into default.json and default-int8.json."""
    _torch(None)
    from blurmap.training.verdict import fit_verdict

    typer.echo(f"balanced accuracy of the verdicts, cross-validated, at least {fit_verdict(data, sharp, weights):.3f}")


@export.command("default")
def export_default(
    checkpoint: Annotated[
        list[Path], typer.Option(help="Checkpoint default.pt; given twice: the mean of both.", show_default=False)
    ],
    data: Cuhk,
    out: Annotated[Path, typer.Option(help="Folder for the ONNX and JSON files.", show_default=False)],
) -> None:
    """Write default and default-int8; working size and calibration are chosen on the validation photos."""
    _torch(None)
    from blurmap.training.export_default import export_default as write

    typer.echo(write(checkpoint, data, out))


@export.command("paper")
def export_paper(
    patch: Annotated[Path, typer.Option(help="Checkpoint patch.pt.", show_default=False)],
    image: Annotated[Path, typer.Option(help="Checkpoint image.pt.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Folder for the ONNX files and paper.json.", show_default=False)],
) -> None:
    """Write the two networks of the model paper."""
    _torch(None)
    from blurmap.training.export import export_paper as write

    typer.echo(f"written {write(patch, image, out)} and the ONNX files beside it")


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
