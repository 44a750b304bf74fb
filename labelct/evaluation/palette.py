"""The colours of structures: the same in pictures, in the files beside a mask and in those that viewers read."""

from collections.abc import Mapping
from colorsys import hsv_to_rgb

PALETTE = ("#35d07f", "#ffb000", "#4aa8ff", "#ff5c8a", "#b58cff", "#ffe14d", "#3fd7e0", "#ff8a4c", "#9ad14b", "#f29be0")
GOLDEN = 0.618033988749895  # turns of the hue by the golden ratio lie far apart, however many there are


def colour(number: int) -> str:
    """Return the colour of the structure `number`, counted from 0, as `#rrggbb`; the first ten are chosen by eye."""
    if number < len(PALETTE):
        return PALETTE[number]
    hue, cycle = number * GOLDEN % 1, number // len(PALETTE)
    rgb = hsv_to_rgb(hue, 0.55 + 0.25 * (cycle % 2), 0.95)
    return "#" + "".join(f"{round(255 * part):02x}" for part in rgb)


def colours(labels: Mapping[str, int]) -> dict[int, str]:
    """Return the colour of each label value, `#rrggbb`.

    Args:
        labels: Label value by name; the order of the values decides.
    """
    return {value: colour(number) for number, value in enumerate(sorted(labels.values()))}


def rgb(text: str) -> tuple[int, int, int]:
    """Return red, green and blue from 0 to 255 of `#rrggbb`."""
    red, green, blue = (int(text[at : at + 2], 16) for at in (1, 3, 5))
    return red, green, blue
