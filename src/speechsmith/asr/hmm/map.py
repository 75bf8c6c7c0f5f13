"""Maximum a posteriori estimates: the model as a prior worth `tau` frames, moved by what was heard.

A Gaussian that was heard often follows the audio, one that was never heard stays. With gamma the occupancy, x-bar and
s2 the statistics of a Gaussian, mu_0, sigma2_0, w_0 the prior:

    mu     = (tau mu_0 + sum gamma x) / (tau + sum gamma)
    sigma2 = (tau [sigma2_0 + (mu - mu_0)^2] + sum gamma (x - mu)^2) / (tau + sum gamma)
    w_k    = (tau w_0k + sum gamma_k) / (tau + sum_j sum gamma_j)

Gauvain & Lee, "Maximum a posteriori estimation for multivariate Gaussian mixture observations of Markov chains", IEEE
Transactions on Speech and Audio Processing 2, 1994; weights of tied mixtures: Huo, Chan & Lee, "Bayesian adaptive
learning of the parameters of hidden Markov model for speech recognition", the same 3, 1995; a prior from the level
above: Shinoda & Lee, "A structural Bayes approach to speaker adaptation", the same 9, 2001.
"""

import numpy as np

from speechsmith.asr.hmm.model import Floats, Integers
from speechsmith.asr.hmm.statistics import Statistics

VARIANCE_FLOOR = 1e-4  # the decoder's own


def map_means(prior: Floats, statistics: Statistics, tau: float) -> Floats:
    """Args: prior (C, F, K, D); tau: frames that the prior is worth; infinite keeps it. Returns: (C, F, K, D)."""
    if np.isinf(tau):
        return prior
    return (tau * prior + statistics.first) / (tau + statistics.occupancy[..., None])


def map_variances(prior: Floats, prior_means: Floats, means: Floats, statistics: Statistics, tau: float) -> Floats:
    """Variances about the adapted means.

    Args: prior (C, F, K, D) variances, which were about prior_means; means: the adapted ones; tau: frames that the
        prior is worth; infinite keeps it. Returns: (C, F, K, D).
    """
    if np.isinf(tau):
        return prior
    gamma = statistics.occupancy[..., None]
    # sum gamma (x - mu)^2 = sum gamma x^2 - 2 mu sum gamma x + mu^2 sum gamma
    scatter = statistics.second - 2 * means * statistics.first + means**2 * gamma
    spread = tau * (prior + (means - prior_means) ** 2)
    return np.maximum((spread + scatter) / (tau + gamma), VARIANCE_FLOOR)


def map_weights(prior: Floats, counts: Floats, tau: float) -> Floats:
    """Args: prior (S, F, K) that sums to one over K; counts (S, F, K); tau in frames. Returns: (S, F, K)."""
    if np.isinf(tau):
        return prior
    weights = tau * prior + counts
    normalized: Floats = weights / weights.sum(axis=2, keepdims=True)
    return normalized


def shared_weights(prior: Floats, counts: Floats, codebook_of: Integers, tau: float) -> Floats:
    """Weights in which all senones of a codebook move alike: what the codebook says of a senone that nobody spoke.

    A Gaussian that was heard r times as often as the senones' weights expect gets r times the weight in each of them:

        r_ck = (tau + sum_s sum gamma_sk) / (tau + sum_s n_s w_0sk)       n_s = sum_k sum gamma_sk

    Args: prior (S, F, K) that sums to one over K; counts (S, F, K); codebook_of (S,); tau in frames of one Gaussian,
        infinite keeps the prior. Returns: (S, F, K), a prior for `map_weights`.
    """
    if np.isinf(tau):
        return prior
    moved = np.array(prior)
    for codebook in np.unique(codebook_of):
        members = np.flatnonzero(codebook_of == codebook)
        frames = counts[members].sum(axis=2, keepdims=True)  # (m, F, 1)
        expected = (frames * prior[members]).sum(axis=0)  # (F, K)
        moved[members] *= (tau + counts[members].sum(axis=0)) / (tau + expected)
    normalized: Floats = moved / moved.sum(axis=2, keepdims=True)
    return normalized
