"""Endings of photos' names: one list for all that looks through folders."""

from blurmap.photos.camera_raw import RAW_ENDINGS

HEIC_ENDINGS = frozenset({".heic", ".heif", ".hif"})
PHOTO_ENDINGS = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".png", ".webp", ".tif", ".tiff", ".bmp", ".gif", ".avif", ".avifs",
    ".jp2", ".j2k", ".jxl", *HEIC_ENDINGS, *RAW_ENDINGS,
})  # fmt: skip
