"""What can go wrong that a user can mend, caught by class: every message says which file, what is wrong, what to do."""


class BlurmapError(Exception):
    """The root of blurmap's own errors."""


class PhotoError(BlurmapError):
    """A photo that cannot be used."""


class PhotoTooLarge(PhotoError):
    """A photo with more pixels than are allowed."""


class WeightsError(BlurmapError):
    """A weight file is missing or is not the one that was shipped."""


class TableError(BlurmapError):
    """A file that is not the table of a scan, or that a scan must not replace."""


class VideoError(BlurmapError):
    """A video that cannot be used."""
