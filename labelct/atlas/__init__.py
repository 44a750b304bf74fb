"""Whole anatomies brought onto the few organs of a label map."""
