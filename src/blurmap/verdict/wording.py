"""The reason of a verdict in words: every sentence that there is, in one place."""

from blurmap.verdict.details import ALL_OVER, Case, Details

GOOD_KINDS = {"defocus": "defocused", "motion": "blurred by motion", None: "blurred"}  # of a part of the frame
BAD_KINDS = {"defocus": "out of focus", "motion": "blurred by motion", None: "blurred"}  # of a photo


def sentence(details: Details) -> str:
    """One sentence that says why."""
    up_to = f"sharp up to {details.sharp_up_to} of its {details.long_side} pixels" if details.sharp_up_to else ""
    shaken = "slightly shaken: " if details.shaken else ""
    if details.case == "evenly sharp":
        return f"{shaken}evenly {up_to}"
    return f"{_case(details)}; {shaken}{up_to}" if up_to else _case(details)


def _case(details: Details) -> str:
    good, bad = GOOD_KINDS[details.kind], BAD_KINDS[details.kind]
    blurred, sharp = _share(details.blurred), f"{details.place}, {_share(details.sharp)} of the frame"
    where = f"{details.place}, " if details.place else ""
    plainly = f", {blurred} of the frame plainly" if details.blurred >= ALL_OVER else ""
    sentences: dict[Case, str] = {
        "sharp all over": "sharp all over",
        "plain ground": f"sharp where there is detail; a plain part, {where}{blurred} of the frame, has none",
        "part lost": f"sharp but for a part that is {good}, {where}{blurred} of the frame",
        "small parts": f"sharp in small parts; {blurred} of the frame is {good}",
        "area": f"sharp area, {sharp}; {blurred} is {good}",
        "subject": f"sharp subject, {sharp}; background {good}",
        "slightly blurred": f"slightly {bad} all over{plainly}",
        "blurred": f"{blurred} of the frame is {bad}",
        "nothing in focus": f"nothing in focus: {blurred} of the frame is {bad}",
    }
    return sentences[details.case]


def _share(of_the_frame: float) -> str:
    """In whole percent; "100%" is all of it and nothing less."""
    return f"{of_the_frame:.0%}" if of_the_frame in (0, 1) else f"{min(max(of_the_frame, 0.01), 0.99):.0%}"
