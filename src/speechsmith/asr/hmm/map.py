"""Maximum a posteriori estimates: the model as a prior worth `tau` frames, moved by what was heard.

A Gaussian that was heard often follows the audio, one that was never heard stays. With gamma the occupancy, x-bar and
s2 the statistics of a Gaussian, mu_0, sigma2_0, w_0 the prior:

    mu     = (tau mu_0 + sum gamma x) / (tau + sum gamma)
    sigma2 = (tau [sigma2_0 + (mu - mu_0)^2] + sum gamma (x - mu)^2) / (tau + sum gamma)
    w_k    = (tau w_0k + sum gamma_k) / (tau + sum_j sum gamma_j)

Gauvain & Lee, "Maximum a posteriori estimation for multivariate Gaussian mixture observations of Markov chains", IEEE
Transactions on Speech and Audio Processing 2, 1994; weights of tied mixtures: Huo, Chan & Lee, "Bayesian adaptive
learning of the parameters of hidden Markov model for speech recognition", the same 3, 1995.
"""

import numpy as np

from speechsmith.asr.hmm.model import Floats
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
