"""Many results side by side in a notebook."""

from collections.abc import Iterable
from itertools import count

from blurmap.errors import PhotoError
from blurmap.result import BlurMap
from blurmap.showing import encoded, figure


class Gallery:
    """What ``gallery`` gives: notebooks show it. Only small pictures are kept."""

    def __init__(self, figures: list[str]) -> None:
        self._figures = figures

    def __len__(self) -> int:
        return len(self._figures)

    def __repr__(self) -> str:
        return f"<Gallery of {len(self)} photos: shown by notebooks>"

    def _repr_html_(self) -> str:
        return f"<div>{''.join(self._figures)}</div>"


def gallery(
    results: Iterable[BlurMap | PhotoError], names: Iterable[object] | None = None, *, side: int = 240
) -> Gallery:
    """Show many results side by side: overlay, verdict and reason of each.

    Parameters
    ----------
    results : iterable of BlurMap or PhotoError
        Such as [`blurmap.detect`][] of a list gives, errors as values too. They are let go one by one.
    names : iterable, optional
        What the photos are called, one each; numbers from 1 if not given.
    side : int
        Long side of the pictures in pixels.

    Raises
    ------
    ValueError
        If there are more results than names, or fewer.
    """
    named = zip(results, names, strict=True) if names is not None else zip(results, count(1), strict=False)
    return Gallery([_figure(result, str(name), side) for result, name in named])


def _figure(result: BlurMap | PhotoError, name: str, side: int) -> str:
    if isinstance(result, PhotoError):
        return figure(None, f"{name}: cannot be read", str(result))
    title, text = result.caption()
    return figure(encoded(result.overlay(side), "JPEG", side), f"{name}: {title}", text)
