"""Does the blur matter? From maps to one answer for the whole photo."""
