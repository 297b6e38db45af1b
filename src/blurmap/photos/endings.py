"""Endings of photos' names: one list for all that looks through folders, of all that is read."""

from blurmap.photos.camera_raw import RAW_ENDINGS

HEIC_ENDINGS = frozenset({".heic", ".heif", ".hif"})
PHOTO_ENDINGS = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo",
    ".insp", ".jps", ".thm",  # JPEGs: of cameras that see all around, of two lenses, beside videos
    ".png", ".apng", ".webp", ".gif", ".bmp", ".dib", ".avif", ".avifs", ".jxl",
    ".tif", ".tiff", ".btf", ".tf8",
    ".jp2", ".j2k", ".j2c", ".jpc", ".jpf", ".jpx",
    ".ppm", ".pgm", ".pbm", ".pnm", ".pfm",
    *HEIC_ENDINGS, *RAW_ENDINGS,
})  # fmt: skip
