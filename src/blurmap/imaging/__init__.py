"""Pixels: sizes, colours, kernels, and the arithmetic of probabilities."""
