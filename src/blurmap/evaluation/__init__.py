"""Labelled photos, and the figures of an answer on them."""
