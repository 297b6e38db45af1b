"""A file moved from one name to another, wherever a run before was stopped, and whoever else moves it at the same time.

What there is of the two names says how far the move has come, and what is to be done:

- only the old one: nothing has been done; the new name is made, then the old one is removed;
- both, and they are one move (two regular files of one content, or two links to one place): it was stopped in between;
  the old name is removed;
- both, and they are not: somebody has put another file there; nothing is done;
- only the new one: it is done, maybe by another run;
- neither: there is nothing to move.

So a name is only removed while the other is there; one that is gone when it is to be removed was removed by another.
"""

import errno
import os
from pathlib import Path

from blurmap.files import copy_file, same_content, sync_folder


def move_file(old: Path, new: Path, *, link: str | None = None, resume: bool = False) -> bool:
    """Move a file, or a link; what is at the new name already is not replaced.

    A link is moved as a link: it leads to the same file from where it is then.

    Parameters
    ----------
    old, new : Path
    link : str, optional
        What a link is to hold at its new name, to the letter.
    resume : bool
        Both names, where they are one move, are what was left of one; else the new name is another's.

    Returns
    -------
    bool
        False if it was done already.

    Raises
    ------
    FileExistsError
        If another file has the new name.
    FileNotFoundError
        If neither is there.
    """
    if not os.path.lexists(old):
        return _done_already(old, new)
    if os.path.lexists(new):
        if not (resume and are_one_move(old, new)):
            raise FileExistsError(f"{new} is there already")
        old.unlink(missing_ok=True)
        return True
    try:
        _make(old, new, link)
    except FileNotFoundError:
        if os.path.lexists(old):
            raise
        return _done_already(old, new)
    try:
        old.unlink()
    except FileNotFoundError:
        pass  # another run has removed it: the move is done, and the new name is the only one
    except OSError:  # such as a folder that may not be written to: nothing is moved
        if os.path.lexists(old):
            new.unlink()
        raise
    return True


def are_one_move(old: Path, new: Path) -> bool:
    """Whether two names, both there, are those of one move that was stopped, so that one of them can go."""
    if old.is_symlink() or new.is_symlink():
        return old.is_symlink() and new.is_symlink() and _leads_to(old) == _leads_to(new)
    if not is_one_file(old, new):
        return same_content(old, new)
    # two names in two folders; one name that is seen at two places has one link only
    return old.lstat().st_nlink > 1 and not os.path.samefile(old.parent, new.parent)


def is_one_file(one: Path, other: Path) -> bool:
    """Whether two names lead to one file: links of both kinds, and folders that are seen at two places."""
    return one.exists() and other.exists() and os.path.samefile(one, other)


def link_from(link: Path, place: Path) -> str:
    """What a link at ``place`` must hold to lead to where ``link`` leads."""
    held = os.readlink(link)
    if os.path.isabs(held):
        return held
    return os.path.relpath(link.parent.resolve() / held, place.parent.resolve())


def _done_already(old: Path, new: Path) -> bool:
    if os.path.lexists(new):
        return False
    raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(old))


def _make(old: Path, new: Path, link: str | None) -> None:
    """Make the new name; fails where it exists, which a rename would replace."""
    if old.is_symlink():
        new.symlink_to(link_from(old, new) if link is None else link)
    else:
        try:
            os.link(old, new, follow_symlinks=False)
        except (FileExistsError, FileNotFoundError):
            raise
        except OSError:  # another disk, or a file system without links
            copy_file(old, new)
    sync_folder(new.parent)  # before the old one goes


def _leads_to(link: Path) -> str:
    return os.path.normpath(link.parent.resolve() / os.readlink(link))
