"""What a model can do beside saying where a photo is blurred."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Capabilities:
    """What a model says of itself; who wants more than [`blurmap.detect`][] asks here first.

    Attributes
    ----------
    types : bool
        It tells defocus from motion: ``kind``, ``fractions``.
    verdicts : bool
        It passes verdicts on whole photos: ``verdict``, ``reason``, ``sharp_size`` and so on.
    close_ups : bool
        It takes crops as they are, many at once: ``blurred(photos)``, which videos are looked through with.
    steps : bool
        It gives the map of each of its steps: ``stages(photo)``.
    """

    types: bool = False
    verdicts: bool = False
    close_ups: bool = False
    steps: bool = False

    @property
    def gives(self) -> str:
        """What its answers hold, in words."""
        return "probability, mask" + (", type of blur" if self.types else "") + (", verdict" if self.verdicts else "")
