"""What a verdict is: the words, and the answer of a whole photo."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from blurmap.verdict.details import Details

Verdict = Literal["sharp", "selective", "defocused", "motion"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
UNJUDGED = "unjudged"  # in counts: photos that can be read and have no verdict
GOOD: tuple[Verdict, ...] = ("sharp", "selective")  # worth keeping; the others are bad


@dataclass(frozen=True)
class Judgement:
    """What a person wants to know of a photo.

    Attributes
    ----------
    verdict : {"sharp", "selective", "defocused", "motion"} or None
        Sharp in the whole frame; sharp in a part, with blur around it; nothing that matters in focus; shaken or moved.
        None where nothing in the photo could show blur; the others but ``reason`` are then None too.
    confidence : float in [0, 1], or None
        Probability of the verdict, by the regression that was fitted on photos kept out of training.
    reason : str
        One sentence.
    subject : (left, top, right, bottom) in pixels of the photo, or None
        Box of the largest sharp region; None where nothing is sharp.
    subject_sharpness : float in [0, 1]
        Mean probability of being sharp within that region; 0 where there is none.
    sharp_size : int or None
        Long side in pixels up to which the sharpest part looks sharp.
    soft : bool or None
        A good photo that is fine on a screen and soft at 100 %.
    details : Details, optional
        What the reason says, as figures: for programs, which should not read sentences.
    """

    verdict: Verdict | None
    confidence: float | None
    reason: str
    subject: tuple[int, int, int, int] | None
    subject_sharpness: float | None
    sharp_size: int | None
    soft: bool | None = False
    details: "Details | None" = None


NOTHING = Judgement(None, None, "no detail to judge by", None, None, None, None)
