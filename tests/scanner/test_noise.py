import math

import pytest
from scipy.special import erfinv

from labelct.scanner.noise import ERFINV_CENTRE, ERFINV_SPLIT, ERFINV_TAIL
from tests.scanner.philox import philox


@pytest.mark.parametrize("x", [1e-3, 0.3, 0.9, 0.99, 0.9999, 1 - 1e-7])
def test_coefficients_are_those_of_the_inverse_error_function(x):
    w = -math.log(1 - x * x)
    series, at = (ERFINV_CENTRE, w - 2.5) if w < ERFINV_SPLIT else (ERFINV_TAIL, math.sqrt(w) - 3)
    value = 0.0
    for coefficient in series:
        value = value * at + coefficient
    assert value * x == pytest.approx(float(erfinv(x)), rel=2e-6)


def test_the_reference_generator_gives_its_authors_known_answers():
    """`kat_vectors` of Random123: zeros, ones, digits of pi."""
    known = {
        ((0, 0, 0, 0), (0, 0)): (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
        ((2**32 - 1,) * 4, (2**32 - 1,) * 2): (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0)): (
            0xD16CFE09,
            0x94FDCCEB,
            0x5001E420,
            0x24126EA1,
        ),
    }
    for (counter, key), words in known.items():
        assert philox(counter, key) == words
