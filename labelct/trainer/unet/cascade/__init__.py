"""A second 3-D U-Net on a finer grid, for small organs, in boxes around what the first one found of them."""
