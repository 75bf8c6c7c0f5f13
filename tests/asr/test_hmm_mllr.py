"""MLLR: it finds the map that moved the means, and classes with little speech take that of a larger one."""

import numpy as np

from speechsmith.asr.hmm import Statistics, TiedMixtures, adapted_means, mean_transform

RNG = np.random.default_rng(3)
TRUE = np.array([[0.5, 1.0, 0.0, 0.0], [-1.0, 0.0, 2.0, 0.0], [0.0, 0.0, 0.3, 1.0]])  # shift | map


def test_finds_the_map_that_moved_the_means():
    means = RNG.normal(size=(50, 3))
    occupancy = RNG.uniform(1, 9, size=50)
    moved = means @ TRUE[:, 1:].T + TRUE[:, 0]

    found = mean_transform(occupancy, occupancy[:, None] * moved, means, RNG.uniform(0.1, 0.5, (50, 3)))

    np.testing.assert_allclose(found, TRUE, atol=1e-5)


def test_a_shift_is_found_when_one_gaussian_alone_was_heard():
    means = np.array([[1.0, 2.0], [5.0, 5.0]])

    found = mean_transform(np.array([10.0, 0.0]), np.array([[20.0, 10.0], [0.0, 0.0]]), means, np.ones((2, 2)))

    np.testing.assert_allclose(means[0] @ found[:, 1:].T + found[:, 0], [2.0, 1.0], atol=1e-5)


def test_without_speech_the_map_is_the_identity():
    found = mean_transform(np.zeros(4), np.zeros((4, 3)), RNG.normal(size=(4, 3)), np.ones((4, 3)))

    np.testing.assert_allclose(found, np.eye(3, 4, k=1), atol=1e-12)


def a_model(codebooks: int) -> TiedMixtures:
    shape = (codebooks, 1, 30, 3)
    weights = np.full((codebooks, 1, 30), 1 / 30)
    return TiedMixtures(RNG.normal(size=shape), np.full(shape, 0.3), weights, np.arange(codebooks))


def shifted(model: TiedMixtures, shifts, frames) -> Statistics:
    """Statistics of speech whose codebooks are shifted, each heard for so many frames."""
    statistics = Statistics.zero(model)
    statistics.occupancy[...] = np.array(frames)[:, None, None] / 30
    statistics.first[...] = (model.means + np.array(shifts)[:, None, None, None]) * statistics.occupancy[..., None]
    return statistics


def test_a_class_with_enough_speech_has_a_map_of_its_own_and_others_share():
    model = a_model(3)
    statistics = shifted(model, shifts=[1.0, 1.0, -1.0], frames=[3000.0, 10.0, 3000.0])
    classes = np.array([[0, 0, 0], [0, 0, 1], [0, 1, 2]])  # all; two and one; each

    moved = adapted_means(model, statistics, classes, least_frames=1000.0) - model.means

    np.testing.assert_allclose(moved[0], 1.0, atol=1e-4)
    np.testing.assert_allclose(moved[1], 1.0, atol=1e-4)  # 10 frames: the map of codebooks 0 and 1
    np.testing.assert_allclose(moved[2], -1.0, atol=1e-4)


def test_the_means_stay_when_there_is_too_little_speech_for_any_map():
    model = a_model(2)
    statistics = shifted(model, shifts=[1.0, 1.0], frames=[10.0, 10.0])

    moved = adapted_means(model, statistics, np.array([[0, 0]]), least_frames=1000.0)

    np.testing.assert_array_equal(moved, model.means)
