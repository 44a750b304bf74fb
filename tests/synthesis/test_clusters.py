from __future__ import annotations

import numpy as np
import pytest
from sklearn.cluster import KMeans

from labelct.synthesis.clusters import k_means

LEVELS = np.arange(-200.0, 400.0)


def histogram(*clusters: tuple[float, float, int]) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    values = np.clip(np.rint(np.concatenate([rng.normal(mean, sd, n) for mean, sd, n in clusters])), -200, 399)
    return values, np.bincount((values + 200).astype(int), minlength=len(LEVELS))


def test_separated_clusters_are_those_of_scikit_learn() -> None:
    values, counts = histogram((-100, 15, 3000), (40, 12, 2000), (250, 30, 500))
    first = np.array([-150.0, 0.0, 300.0])
    theirs = KMeans(3, init=first[:, None], n_init=1, tol=0).fit(values[:, None]).cluster_centers_.ravel()
    assert k_means(LEVELS, counts, first) == pytest.approx(np.sort(theirs), abs=1e-9)


@pytest.mark.parametrize("first", [[-120.0, 60.0, 390.0], [-199.0, 60.0, 70.0]])
def test_every_centre_is_the_mean_of_what_is_nearest_to_it(first: list[float]) -> None:
    values, counts = histogram((-100, 15, 3000), (40, 12, 2000))
    centres = k_means(LEVELS, counts, first)
    nearest = np.abs(values[:, None] - centres).argmin(axis=1)
    for number in np.unique(nearest):
        assert centres[number] == pytest.approx(values[nearest == number].mean(), abs=0.5)


def test_a_cluster_that_nothing_is_nearest_to_stays_where_it_began() -> None:
    _, counts = histogram((-100, 5, 1000), (40, 5, 1000))
    assert k_means(LEVELS, counts, [-100.0, 40.0, 390.0])[2] == 390.0
    assert k_means(LEVELS, np.zeros(len(LEVELS), int), [-100.0, 50.0]).tolist() == [-100.0, 50.0]


def test_no_two_centres_change_places() -> None:
    _, counts = histogram((-100, 40, 3000), (40, 60, 2000))
    centres = k_means(LEVELS, counts, np.linspace(-150, 300, 7))
    assert (np.diff(centres) > 0).all()
