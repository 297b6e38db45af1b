"""Videos: the sharpest frame of every window."""
