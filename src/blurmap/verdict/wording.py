"""The reason of a verdict in words: every sentence that there is, in one place."""

from blurmap.verdict.details import ALL_OVER, Case, Details

GOOD_KINDS = {"defocus": "defocused", "motion": "blurred by motion", None: "blurred"}  # of a part of the frame
BAD_KINDS = {"defocus": "out of focus", "motion": "blurred by motion", None: "blurred"}  # of a photo


def sentence(details: Details) -> str:
    """One sentence that says why."""
    up_to = f"sharp up to {details.sharp_up_to} of its {details.long_side} pixels" if details.sharp_up_to else ""
    if details.shaken:
        up_to = f"slightly shaken: {up_to}" if up_to else "slightly shaken"
    return f"{_case(details)}; {up_to}" if up_to else _case(details)


def _case(details: Details) -> str:
    good, bad = GOOD_KINDS[details.kind], BAD_KINDS[details.kind]
    blurred, sharp = f"{details.blurred:.0%}", f"{details.place}, {details.sharp:.0%} of the frame"
    lost = f"{details.place}, {blurred}" if details.place else blurred
    plainly = f", {blurred} of the frame plainly" if details.blurred >= ALL_OVER else ""
    sentences: dict[Case, str] = {
        "sharp all over": "sharp all over",
        "part lost": f"sharp but for a part that is {good}, {lost} of the frame",
        "small parts": f"sharp in small parts; {blurred} of the frame is {good}",
        "area": f"sharp area, {sharp}; {blurred} is {good}",
        "subject": f"sharp subject, {sharp}; background {good}",
        "slightly blurred": f"slightly {bad} all over{plainly}",
        "blurred": f"{blurred} of the frame is {bad}",
        "nothing in focus": f"nothing in focus: {blurred} of the frame is {bad}",
    }
    return sentences[details.case]
