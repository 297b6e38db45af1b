"""Recipes: all that is chosen about a training, by name. The commands ``blurmap train ... --recipe NAME`` take them."""

from dataclasses import dataclass, replace
from itertools import accumulate


@dataclass(frozen=True)
class Phase:
    """A stretch of epochs of the training of ``default``.

    Attributes
    ----------
    epochs : int
    size : int
        Side of the square views in pixels, a multiple of 32.
    short_side : int or None
        Views are no squares but of this short side, a multiple of 32, and lie or stand as their photo does, so that
        the network sees photos as it will when it is asked: in proportion, and most of them at once.
    least_share : float
        Smallest share of a side of the photo that a view shows.
    labelled : tuple of float
        Share of each set of labelled photos that an epoch goes through, in the order the sets are given; 1 for more.
    sharp : float
        Share of the sharp photos that an epoch goes through, as they are.
    synthetic, composites : float
        Synthetic photos and composites per labelled photo of an epoch.
    motion_copies : int
        How often the labelled photos with motion blur, of which there are few, come in an epoch.
    strength : float
        Strength of the disturbances of the views, 0 to 1.
    rates : (float, float)
        Share of the highest rate at the beginning and at the end; half a cosine in between.
    frozen : bool
        The stem and the first three blocks of the encoder stay as they are, which saves a fifth of a step.
    """

    epochs: int
    size: int = 320
    short_side: int | None = None
    least_share: float = 0.5
    labelled: tuple[float, ...] = ()
    sharp: float = 0.0
    synthetic: float = 0.28
    composites: float = 0.0
    motion_copies: int = 1
    strength: float = 0.6
    rates: tuple[float, float] = (1.0, 0.0)
    frozen: bool = False


@dataclass(frozen=True)
class CloseUpRecipe:
    """How the network of close-ups is trained.

    Attributes
    ----------
    count, epochs, batch : int
        Close-ups to make, how often each is seen, and how many a step takes.
    rate, encoder_rate : float
        Highest rates of AdamW for what is new and for the pretrained encoder.
    decay : float
        How much of the average of the weights stays at each step.
    """

    count: int = 26000
    epochs: int = 6
    batch: int = 32
    rate: float = 2e-3
    encoder_rate: float = 7e-4
    decay: float = 0.998


@dataclass(frozen=True)
class DefaultRecipe:
    """How ``default`` is trained.

    Attributes
    ----------
    phases : tuple of Phase
    encoder : {"lite0", "lite2"}
    rate, encoder_rate : float
        Highest rates of AdamW for the decoder and for the pretrained encoder.
    batch : int
        Views per step.
    synthetic, composites : int
        Synthetic photos and composites to make.
    pasted : float
        Share of the labelled photos' views that a sharp subject of another photo is laid over.
    decay : float
        How much of the average of the weights stays at each step.
    stochastic_depth : float
        Share of the photos for which the last block of the encoder is left out in training; earlier ones less often.
    warm_up : int
        Steps in which the rate rises.
    everything : bool
        Train on the photos of ``val`` too: for weights that ship, when all choices are made; the log's figures on val
        mean nothing then.
    choosing : bool
        Leave the photos of the split ``choose`` out of ``train`` and validate on them too: to compare recipes.
    """

    phases: tuple[Phase, ...]
    encoder: str = "lite2"
    rate: float = 1e-3
    encoder_rate: float = 3e-4
    batch: int = 8
    synthetic: int = 2600
    composites: int = 0
    pasted: float = 0.15
    decay: float = 0.998
    stochastic_depth: float = 0.0
    warm_up: int = 200
    everything: bool = False
    choosing: bool = False

    @property
    def epochs(self) -> int:
        return sum(phase.epochs for phase in self.phases)

    @property
    def sharp(self) -> bool:
        """Whether sharp photos are trained on as they are."""
        return any(phase.sharp for phase in self.phases)

    def phase(self, epoch: int) -> tuple[Phase, int]:
        """The phase that an epoch is in, and the epoch with which that begins."""
        for phase, end in zip(self.phases, accumulate(phase.epochs for phase in self.phases), strict=True):
            if epoch < end:
                return phase, end - phase.epochs
        raise ValueError(f"the recipe has {self.epochs} epochs, there is none of number {epoch}")


@dataclass(frozen=True)
class ImageRecipe:
    """How the image network of ``paper`` is trained.

    Attributes
    ----------
    epochs : int
    adversarial : float
        Weight of the adversarial term beside the cross-entropy; 0.01 is Pix2Pix's lambda of 100, 0 leaves it out.
    discriminator_loss : float
        The discriminator only learns while its loss is above this; log 2 is chance.
    real_label : float
        What the discriminator is to say of a labelled map; below 1, so that it is never quite sure.
    rate, batch, size : float, int, int
        Adam's rate (beta1 0.5), views per step, their side in pixels.
    dropout : float
        Probability of dropout in the first three layers up.
    falling : float
        Share of the training in which the rate falls linearly to zero.
    filters, depth : int
        Filters of every layer; number of layers down.
    motion_copies : int
        How often the photos with motion blur, of which there are few, come in an epoch.
    bfloat16 : bool
        Convolutions in bfloat16: half the time on processors that have it.
    """

    epochs: int = 60
    adversarial: float = 0.0
    discriminator_loss: float = 0.6
    real_label: float = 0.9
    rate: float = 2e-4
    batch: int = 4
    size: int = 256
    dropout: float = 0.15
    falling: float = 0.8
    filters: int = 64
    depth: int = 8
    motion_copies: int = 1
    bfloat16: bool = True


@dataclass(frozen=True)
class PatchRecipe:
    """How the patch network of ``paper`` is trained.

    Attributes
    ----------
    epochs : int
    rate : float
        AdamW's highest; half a cosine to zero.
    batch : int
    limit : int or None
        Use only that many patches of each part, for quick comparisons.
    filters : (int, int, int)
        Filters of its layers.
    """

    epochs: int = 8
    rate: float = 1e-3
    batch: int = 128
    limit: int | None = None
    filters: tuple[int, int, int] = (32, 64, 128)


@dataclass(frozen=True)
class PatchSettings:
    """What decides the patches; kept in ``settings.json`` so that a resumed run cannot mix two kinds.

    Attributes
    ----------
    count : int
        Patches in all, half of them sharp.
    kernels_per_photo : int
    entropy : float
        Least entropy of the grey values in bits: flatter patches are not taken.
    linear : bool
        Blur in linear light instead of on the sRGB values.
    seed : int
    sides : tuple of int
        Long sides that a photo is brought down to before it is blurred, one drawn for each kernel.
    noise : float
        Standard deviation of the strongest noise, of values in [0, 1].
    quality : (int, int)
        Range of the JPEG quality.
    """

    count: int = 200_000
    kernels_per_photo: int = 8
    entropy: float = 4.5
    linear: bool = False
    seed: int = 0
    sides: tuple[int, ...] = (640,)
    noise: float = 0.015
    quality: tuple[int, int] = (70, 98)


@dataclass(frozen=True)
class PaperRecipe:
    """How all of ``paper`` is trained: its patches and its two networks."""

    patches: PatchSettings
    patch: PatchRecipe
    image: ImageRecipe


MIXED = Phase(10, motion_copies=2, rates=(1.0, 0.35))
CALM = Phase(4, 384, labelled=(1.0, 0.5), synthetic=0.25, strength=0.3, rates=(0.5, 0.0), frozen=True)
# photos as they are asked for later, in proportion and most of each at once; sharp ones among them
IN_PROPORTION = Phase(13, 448, 320, 0.65, (1.0, 0.5), 0.35, 0.15, motion_copies=2, strength=0.35, rates=(0.6, 0.0))

# stronger disturbances, more subjects pasted and blocks left out: the twelve epochs must not learn photos by heart
SOUP_IN_PROPORTION = replace(IN_PROPORTION, epochs=12, least_share=0.55, strength=0.6, rates=(0.6, 0.02))
SOUP_SQUARES = Phase(
    12, 352, labelled=(1.0, 1.0), sharp=0.4, synthetic=0.3, motion_copies=2, strength=1.0, rates=(0.8, 0.02)
)
SOUP_CUHK = Phase(12, 448, 320, 0.6, (1.0, 0.25), 0.15, 0.15, strength=0.5, rates=(0.6, 0.02))
SOUP = DefaultRecipe((SOUP_IN_PROPORTION,), synthetic=1500, pasted=0.3, stochastic_depth=0.1, batch=16)

# CUHK's convention alone, and what follows from physics: scenes put together of sharp photos and objects
CUHK_ONLY = Phase(3, 320, sharp=0.2, synthetic=0.13, motion_copies=2, strength=0.8, rates=(0.6, 0.02))
PHYSICS = DefaultRecipe(
    (Phase(8, 320, sharp=0.2, synthetic=0.15, composites=0.6, strength=0.8, rates=(0.6, 0.02)),),
    synthetic=500, composites=2400, pasted=0.2, stochastic_depth=0.1, warm_up=100,
)  # fmt: skip

DEFAULT_RECIPES = {
    "cuhk": DefaultRecipe((CUHK_ONLY,), synthetic=500, stochastic_depth=0.1),
    "physics": PHYSICS,
    # from ImageNet: what lite2.pt had seen (15 epochs), and then the same as "further"
    "imagenet": DefaultRecipe((Phase(15, motion_copies=2, strength=1.0, rates=(1.5, 0.3)), MIXED, CALM)),
    # from weights that are trained already: all sources mixed, then mostly labelled photos, little disturbed
    "further": DefaultRecipe((MIXED, CALM)),
    # from the shipped weights, or from any after "further"
    "in-proportion": DefaultRecipe((IN_PROPORTION,), synthetic=1500),
    # three ways on, each with views and sources of its own; what ships is the mean of what the first two gave
    "soup-proportion": replace(SOUP, phases=(SOUP_IN_PROPORTION,)),
    "soup-squares": replace(SOUP, phases=(SOUP_SQUARES,), pasted=0.15),
    "soup-cuhk": replace(SOUP, phases=(SOUP_CUHK,), pasted=0.4, stochastic_depth=0.15),
    # a few dozen photos of one's own, from the shipped weights
    "fine-tune": DefaultRecipe(
        (Phase(12, labelled=(1.0,), synthetic=0.0, strength=0.3, rates=(0.3, 0.0), frozen=True),),
        synthetic=0,
        warm_up=20,
    ),
}
IMAGE_RECIPES = {"image": ImageRecipe(epochs=90, adversarial=0.01, motion_copies=2)} | {
    # the same epochs and views without the adversarial term and with it, by weight
    f"adversarial-{weight:g}": ImageRecipe(epochs=40, adversarial=weight)
    for weight in (0.0, 0.003, 0.01, 0.03, 0.1)
}
PATCH_RECIPES = {"patch": PatchRecipe()}
PATCHES = {
    "patches": PatchSettings(),
    "linear": PatchSettings(linear=True),
    # as photos are: seen at several sizes, grainier and more compressed, flatter patches too
    "photos": PatchSettings(entropy=3.5, sides=(640, 480, 320), noise=0.04, quality=(40, 98)),
}
PAPER_RECIPES = {
    "paper": PaperRecipe(PATCHES["patches"], PATCH_RECIPES["patch"], IMAGE_RECIPES["image"]),
    # minutes instead of hours, to see that all of it works
    "quick": PaperRecipe(
        PatchSettings(count=2000, kernels_per_photo=4), PatchRecipe(epochs=2, filters=(8, 8, 16)),
        ImageRecipe(epochs=1, adversarial=0.01, filters=8),
    ),
}  # fmt: skip

CLOSE_UP_RECIPES = {"close-up": CloseUpRecipe()}
