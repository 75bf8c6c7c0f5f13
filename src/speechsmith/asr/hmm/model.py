"""Phonetically tied mixtures: every base phone has a codebook of Gaussians, every state its own weights over it.

A senone s (a cluster of triphone states) has a density for each of F independent feature streams; the streams multiply:

    b_s(x) = prod_f sum_k w_sfk N(x_f; mu_cfk, diag sigma2_cfk)        c = the codebook of s

Symbols: C codebooks, F streams, K Gaussians in each, D values in a stream, S senones, T frames.

Lee, Kawahara, Takeda & Shikano, "A new phonetic tied-mixture model for efficient decoding", ICASSP 2000.
"""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.floating[Any]]
Integers: TypeAlias = NDArray[np.integer[Any]]

_TINY = 1e-30  # what a mixture is worth at least: far from every Gaussian float32 would underflow to log 0


@dataclass(frozen=True, slots=True, eq=False)
class TiedMixtures:
    """The densities of an acoustic model.

    means, variances: (C, F, K, D), diagonal covariances. weights: (S, F, K), which sum to one over K.
    codebook_of: (S,) the codebook of each senone.
    """

    means: Floats
    variances: Floats
    weights: Floats
    codebook_of: Integers

    def __post_init__(self) -> None:
        """Raises: ValueError: the shapes do not belong together."""
        shape = self.means.shape
        senones = len(self.codebook_of)
        if len(shape) != 4 or self.variances.shape != shape or self.weights.shape != (senones, *shape[1:3]):
            raise ValueError(
                f"means {shape}, variances {self.variances.shape} and weights {self.weights.shape} of {senones} "
                "senones do not belong to one model."
            )

    def log_gaussians(self, codebook: int, features: Floats) -> Floats:
        """log N(x_tf; mu_cfk, sigma2_cfk) of one codebook c.

        Args: features: (T, F, D). Returns: (F, T, K), in the precision of `features`.
        """
        kind = features.dtype
        means, variances = self.means[codebook], self.variances[codebook]  # (F, K, D)
        precisions = 1.0 / variances
        # log N = -1/2 [ sum_d (x_d^2 / s2_d - 2 x_d mu_d / s2_d + mu_d^2 / s2_d) + sum_d log (2 pi s2_d) ]
        constants = (means**2 * precisions + np.log(2 * np.pi * variances)).sum(axis=2)  # (F, K)
        linear = (means * precisions).astype(kind).transpose(0, 2, 1)  # (F, D, K)
        square = (-0.5 * precisions).astype(kind).transpose(0, 2, 1)  # (F, D, K)
        x = np.ascontiguousarray(features.transpose(1, 0, 2))  # (F, T, D)
        log_density: Floats = x @ linear + (x * x) @ square - (0.5 * constants).astype(kind)[:, None, :]
        return log_density  # (F, T, K)

    def score(self, features: Floats, senones: Integers) -> Floats:
        """log b_s(x_t) for some senones.

        Args: features: (T, F, D); senones: (n,). Returns: (T, n), in the precision of `features`.
        """
        scores = np.empty((len(features), len(senones)), features.dtype)
        codebooks = self.codebook_of[senones]
        for codebook in np.unique(codebooks):
            members = np.flatnonzero(codebooks == codebook)
            log_n = self.log_gaussians(int(codebook), features)  # (F, T, K)
            highest = log_n.max(axis=2, keepdims=True)  # (F, T, 1)
            weights = self.weights[senones[members]].transpose(1, 2, 0).astype(features.dtype)  # (F, K, m)
            mixed = np.exp(log_n - highest) @ weights  # (F, T, m)
            scores[:, members] = (np.log(mixed + features.dtype.type(_TINY)) + highest).sum(axis=0)
        return scores

    def score_path(self, features: Floats, senones: Integers) -> Floats:
        """log b_{s_t}(x_t) along a path.

        Args: features: (T, F, D); senones: (T,). Returns: (T,), in the precision of `features`.
        """
        scores = np.empty(len(features), features.dtype)
        codebooks = self.codebook_of[senones]
        for codebook in np.unique(codebooks):
            frames = np.flatnonzero(codebooks == codebook)
            seen, column = np.unique(senones[frames], return_inverse=True)
            scores[frames] = self.score(features[frames], seen)[np.arange(len(frames)), column]
        return scores
