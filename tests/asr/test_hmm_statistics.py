"""Statistics: they are the sums of the textbook, they add and subtract, and EM with them never loses."""

import numpy as np
import pytest

from speechsmith.asr.hmm import (
    Statistics,
    TiedMixtures,
    accumulate,
    map_means,
    map_variances,
    map_weights,
)

RNG = np.random.default_rng(5)
FRAMES = 200


def a_model() -> TiedMixtures:
    weights = RNG.uniform(0.1, 1.0, (6, 3, 4))
    return TiedMixtures(
        RNG.normal(size=(2, 3, 4, 5)),
        RNG.uniform(0.5, 2.0, (2, 3, 4, 5)),
        weights / weights.sum(axis=2, keepdims=True),
        np.array([0, 0, 0, 1, 1, 1]),
    )


def heard(model: TiedMixtures, frames: int = FRAMES) -> tuple[Statistics, np.ndarray, np.ndarray]:
    features, senones = RNG.normal(size=(frames, 3, 5)) + 0.5, RNG.integers(0, 6, frames)
    statistics = Statistics.zero(model)
    accumulate(statistics, model, features, senones)
    return statistics, features, senones


def test_sums_are_those_of_a_loop_over_frames():
    model = a_model()
    statistics, features, senones = heard(model, frames=20)

    occupancy, first, second, weights = (np.zeros_like(getattr(statistics, n)) for n in FIELDS)
    for x, s in zip(features, senones, strict=True):
        c = model.codebook_of[s]
        for f in range(3):
            distance = ((x[f] - model.means[c, f]) ** 2 / model.variances[c, f]).sum(axis=1)
            joint = model.weights[s, f] * np.exp(-distance / 2) / np.sqrt(model.variances[c, f].prod(axis=1))
            gamma = joint / joint.sum()
            occupancy[c, f] += gamma
            first[c, f] += gamma[:, None] * x[f]
            second[c, f] += gamma[:, None] * x[f] ** 2
            weights[s, f] += gamma

    for name, expected in zip(FIELDS, (occupancy, first, second, weights), strict=True):
        np.testing.assert_allclose(getattr(statistics, name), expected, rtol=1e-9)
    assert statistics.frames == 20
    assert statistics.log_likelihood == pytest.approx(model.score_path(features, senones).sum())


FIELDS = ("occupancy", "first", "second", "weights")


def test_what_was_added_can_be_taken_away():
    model = a_model()
    (one, *_), (other, *_) = heard(model), heard(model)

    left = one + other - other

    for name in FIELDS:
        np.testing.assert_allclose(getattr(left, name), getattr(one, name), atol=1e-9)
    assert left.frames == FRAMES


def test_what_rounding_leaves_is_never_a_negative_count():
    model = a_model()
    one, *_ = heard(model)
    three = one + one + one

    left = three - one - one - one

    assert all((getattr(left, name) >= 0).all() for name in ("occupancy", "second", "weights"))


def test_a_file_gives_back_every_number_and_holds_no_pickle(tmp_path):
    model = a_model()
    statistics, *_ = heard(model)
    statistics.weights[2] = 0.0  # a senone that nobody spoke

    statistics.save(tmp_path / "some.npz")
    found = Statistics.load(tmp_path / "some.npz")

    for name in (*FIELDS, "frames", "log_likelihood"):
        np.testing.assert_array_equal(getattr(found, name), getattr(statistics, name))


def test_reestimation_never_makes_the_data_less_likely():
    model = a_model()
    statistics, features, senones = heard(model)
    before = statistics.log_likelihood

    for _ in range(5):
        means = map_means(model.means, statistics, 1e-9)
        model = TiedMixtures(
            means,
            map_variances(model.variances, model.means, means, statistics, 1e-9),
            map_weights(model.weights, statistics.weights, 1e-9),
            model.codebook_of,
        )
        statistics = Statistics.zero(model)
        accumulate(statistics, model, features, senones)
        assert statistics.log_likelihood >= before
        before = statistics.log_likelihood
