"""Models that leave their machine: a folder that needs no other one, where it comes from, and its card."""
