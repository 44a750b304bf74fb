"""How photons are drawn, the same on every backend: from counters, so that a cell's noise depends on nothing else.

Philox 4x32-10 (Salmon et al., SC 2011, doi:10.1145/2063384.2063405) with the scan's seed as key turns the counter
`(row, channel, view, 0)` of a cell into four words of 32 bits. The first makes a normal number z by the inverse of its
distribution function; the last two make a uniform number of 53 bits, used where photons are few:

    z = sign sqrt(2) erfinv(1 - 2 t),   t = ((w0 >> 1) + 1/2) 2^-32,   sign from the lowest bit of w0
    u = ((w2 >> 5) 2^26 + (w3 >> 6) + 1/2) 2^-53

From `NORMAL_FROM` expected photons m on, a Cornish-Fisher expansion of the first three cumulants of photons and
electronics (standard deviation s) stands for their sum, `N = m + sqrt(V) z + m / (6 V) (z^2 - 1)`, `V = m + s^2`.
Below, the photons are the smallest count whose Poisson distribution function reaches u, and the electronics add s z.
"""

NORMAL_FROM = 50.0  # photons from which a skewed normal stands for the Poisson distribution

# erfinv(x) / x as polynomials in w = -ln(1 - x^2), highest power first (Giles, GPU Computing Gems 2, 2011, ch. 10):
# in w - 2.5 where w < 5, in sqrt(w) - 3 beyond.
ERFINV_SPLIT = 5.0
ERFINV_CENTRE = (
    2.81022636e-08,
    3.43273939e-07,
    -3.5233877e-06,
    -4.39150654e-06,
    0.00021858087,
    -0.00125372503,
    -0.00417768164,
    0.246640727,
    1.50140941,
)
ERFINV_TAIL = (
    -0.000200214257,
    0.000100950558,
    0.00134934322,
    -0.00367342844,
    0.00573950773,
    -0.0076224613,
    0.00943887047,
    1.00167406,
    2.83297682,
)
