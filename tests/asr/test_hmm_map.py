"""MAP: worked by hand, and its two ends: a prior worth nothing, and one worth everything."""

from dataclasses import replace

import numpy as np
import pytest

from speechsmith.asr.hmm import Statistics, TiedMixtures, map_means, map_variances, map_weights, shared_weights

MODEL = TiedMixtures(
    means=np.zeros((1, 1, 2, 1)),
    variances=np.ones((1, 1, 2, 1)),
    weights=np.array([[[0.5, 0.5]]]),
    codebook_of=np.array([0]),
)


def heard() -> Statistics:
    """Ten frames in the first of two Gaussians: five at 1 and five at 3."""
    zero = Statistics.zero(MODEL)
    return replace(
        zero,
        occupancy=np.array([[[10.0, 0.0]]]),
        first=np.array([[[[20.0], [0.0]]]]),
        second=np.array([[[[50.0], [0.0]]]]),
        weights=np.array([[[10.0, 0.0]]]),
    )


def test_a_mean_lies_between_the_prior_and_the_speech():
    means = map_means(MODEL.means, heard(), tau=10.0)

    assert means[0, 0, :, 0].tolist() == [1.0, 0.0]  # (10 * 0 + 20) / (10 + 10), and what was not heard


def test_a_variance_has_the_spread_of_the_speech_and_the_way_that_the_mean_went():
    means = map_means(MODEL.means, heard(), tau=10.0)

    variances = map_variances(MODEL.variances, MODEL.means, means, heard(), tau=10.0)

    # (10 * (1 + 1^2) + 5 * (1 - 1)^2 + 5 * (3 - 1)^2) / (10 + 10)
    assert variances[0, 0, :, 0].tolist() == [2.0, 1.0]


def test_a_weight_moves_to_what_was_heard():
    weights = map_weights(MODEL.weights, heard().weights, tau=10.0)

    assert weights[0, 0].tolist() == [0.75, 0.25]  # (5 + 10) / 20 and (5 + 0) / 20


def test_a_prior_worth_nothing_leaves_the_speech_alone():
    means = map_means(MODEL.means, heard(), tau=1e-12)
    variances = map_variances(MODEL.variances, MODEL.means, means, heard(), tau=1e-12)

    assert means[0, 0, 0, 0] == pytest.approx(2.0)
    assert variances[0, 0, 0, 0] == pytest.approx(1.0)


def test_an_infinite_prior_stays():
    tau = float("inf")

    assert map_means(MODEL.means, heard(), tau) is MODEL.means
    assert map_variances(MODEL.variances, MODEL.means, MODEL.means, heard(), tau) is MODEL.variances
    assert map_weights(MODEL.weights, heard().weights, tau) is MODEL.weights


def test_a_variance_never_falls_below_the_decoders_floor():
    one_value = replace(heard(), second=np.array([[[[40.0], [0.0]]]]))  # ten frames at 2 exactly

    variances = map_variances(MODEL.variances, MODEL.means, np.full((1, 1, 2, 1), 2.0), one_value, tau=1e-12)

    assert variances[0, 0, 0, 0] == pytest.approx(1e-4)


def test_a_senone_that_nobody_spoke_follows_the_others_of_its_codebook():
    prior = np.array([[[0.5, 0.5]], [[0.8, 0.2]], [[0.8, 0.2]]])
    counts = np.array([[[9.0, 1.0]], [[0.0, 0.0]], [[0.0, 0.0]]])

    weights = shared_weights(prior, counts, np.array([0, 0, 1]), tau=5.0)

    # Heard 9 and 1 where 5 and 5 were expected: r = (5 + 9) / (5 + 5) = 1.4 and (5 + 1) / (5 + 5) = 0.6
    np.testing.assert_allclose(weights[0, 0], [0.7, 0.3])
    np.testing.assert_allclose(weights[1, 0], [1.12 / 1.24, 0.12 / 1.24])
    np.testing.assert_allclose(weights[2, 0], [0.8, 0.2])  # another codebook


def test_speech_that_is_as_expected_changes_no_weight():
    prior = np.array([[[0.5, 0.5]], [[0.8, 0.2]]])

    weights = shared_weights(prior, 10.0 * prior, np.array([0, 0]), tau=1.0)

    np.testing.assert_allclose(weights, prior)
