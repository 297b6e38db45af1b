"""Photos of one moment: found by time and likeness, ranked by what is sharp in them."""
