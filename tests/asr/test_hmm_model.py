"""Tied mixtures: densities worked by hand, and that a path's score is that of its senones."""

import numpy as np
import pytest

from speechsmith.asr.hmm import TiedMixtures

RNG = np.random.default_rng(7)


def a_model(codebooks=3, streams=2, gaussians=4, length=5, senones=7) -> TiedMixtures:
    weights = RNG.uniform(0.1, 1.0, (senones, streams, gaussians))
    return TiedMixtures(
        RNG.normal(size=(codebooks, streams, gaussians, length)),
        RNG.uniform(0.5, 2.0, (codebooks, streams, gaussians, length)),
        weights / weights.sum(axis=2, keepdims=True),
        RNG.integers(0, codebooks, senones),
    )


def test_a_mixture_of_two_gaussians_has_the_density_of_the_textbook():
    model = TiedMixtures(
        means=np.array([[[[0.0], [2.0]]]]),
        variances=np.array([[[[1.0], [4.0]]]]),
        weights=np.array([[[0.25, 0.75]]]),
        codebook_of=np.array([0]),
    )

    (score,) = model.score(np.array([[[1.0]]]), np.array([0]))[0]

    # N(1; 0, 1) = e^(-1/2) / sqrt(2 pi) = 0.241971, N(1; 2, 4) = e^(-1/8) / sqrt(8 pi) = 0.176033
    assert score == pytest.approx(np.log(0.25 * 0.241971 + 0.75 * 0.176033), abs=1e-5)


def test_streams_multiply():
    model = a_model(streams=2)
    features = RNG.normal(size=(6, 2, 5))
    alone = [
        TiedMixtures(model.means[:, [f]], model.variances[:, [f]], model.weights[:, [f]], model.codebook_of)
        for f in (0, 1)
    ]

    both = model.score(features, np.arange(7))

    parts = [one.score(features[:, [f]], np.arange(7)) for f, one in enumerate(alone)]
    np.testing.assert_allclose(both, parts[0] + parts[1], rtol=1e-10)


def test_the_score_of_a_path_is_that_of_its_senones():
    model, features = a_model(), RNG.normal(size=(20, 2, 5))
    path = RNG.integers(0, 7, 20)

    scores = model.score_path(features, path)

    np.testing.assert_allclose(scores, model.score(features, np.arange(7))[np.arange(20), path], rtol=1e-12)


def test_single_precision_is_enough_far_from_every_gaussian():
    model, features = a_model(), RNG.normal(size=(10, 2, 5)) * 30

    coarse = model.score(features.astype(np.float32), np.arange(7))

    assert coarse.dtype == np.float32
    np.testing.assert_allclose(coarse, model.score(features, np.arange(7)), rtol=1e-4)


def test_arrays_of_different_models_are_refused():
    model = a_model()

    with pytest.raises(ValueError, match="do not belong to one model"):
        TiedMixtures(model.means, model.variances[:, :1], model.weights, model.codebook_of)
