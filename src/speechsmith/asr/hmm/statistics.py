"""What adaptation has to know of the audio: sums over frames, which add and subtract.

For each stream f of frame x_t in senone s with codebook c, the posterior of Gaussian k is

    gamma_tfk = w_sfk N(x_tf; mu_cfk, sigma2_cfk) / sum_j w_sfj N(x_tf; mu_cfj, sigma2_cfj)

and the statistics are

    occupancy_cfk = sum_t gamma        first_cfk  = sum_t gamma x
    weights_sfk   = sum_t gamma        second_cfk = sum_t gamma x^2

Sums of different utterances add; so what a part of the data contributed can be taken away again, and whatever shares
the work, adding the shares in a fixed order gives the same bytes.

Dempster, Laird & Rubin, "Maximum likelihood from incomplete data via the EM algorithm", Journal of the Royal
Statistical Society B 39, 1977.
"""

from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from speechsmith.asr.hmm.model import Floats, Integers, TiedMixtures

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Statistics:
    """Sufficient statistics, all float64.

    occupancy: (C, F, K). first, second: (C, F, K, D). weights: (S, F, K). frames: (), how many were seen.
    log_likelihood: (), the sum over frames of log b_s(x_t) under the model that the posteriors came from.
    """

    occupancy: Doubles
    first: Doubles
    second: Doubles
    weights: Doubles
    frames: Doubles
    log_likelihood: Doubles

    @classmethod
    def zero(cls, model: TiedMixtures) -> "Statistics":
        """What no audio at all contributes."""
        shape = model.means.shape
        arrays = (np.zeros(size) for size in (shape[:3], shape, shape, model.weights.shape, (), ()))
        return cls(*arrays)

    def __add__(self, other: "Statistics") -> "Statistics":
        return Statistics(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def __sub__(self, other: "Statistics") -> "Statistics":
        """Take away a part that was added before; what rounding leaves below zero of a count is zero."""
        less = {field.name: getattr(self, field.name) - getattr(other, field.name) for field in fields(self)}
        for name in ("occupancy", "second", "weights", "frames"):
            less[name] = np.maximum(less[name], 0.0)
        return Statistics(**less)

    def save(self, path: Path) -> None:
        """Write an .npz file without pickled objects; of `weights` only the senones that were heard."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        heard = np.flatnonzero(self.weights.any(axis=(1, 2)))
        arrays |= {"weights": self.weights[heard], "heard": heard, "senones": len(self.weights)}
        with path.open("wb") as file:
            np.savez(file, **arrays)

    @classmethod
    def load(cls, path: Path) -> "Statistics":
        """Raises: OSError; ValueError or KeyError when it is not such a file."""
        with np.load(path, allow_pickle=False) as stored:
            arrays = {field.name: stored[field.name] for field in fields(cls)}
            weights = np.zeros((int(stored["senones"]), *arrays["weights"].shape[1:]))
            weights[stored["heard"]] = arrays["weights"]
        return cls(**arrays | {"weights": weights})


def accumulate(into: Statistics, model: TiedMixtures, features: Floats, senones: Integers) -> None:
    """Add an aligned utterance to `into`, in place.

    Args: features (T, F, D); senones (T,) the senone of each frame; model: where the posteriors come from.
    """
    codebooks = model.codebook_of[senones]
    for codebook in np.unique(codebooks):
        of_it = np.flatnonzero(codebooks == codebook)
        seen, row = np.unique(senones[of_it], return_inverse=True)
        x = features[of_it].transpose(1, 0, 2).astype(np.float64)  # (F, t, D)
        joint = model.log_gaussians(int(codebook), features[of_it]).astype(np.float64)  # (F, t, K)
        # joint_tfk = log [ w_sfk N(x_tf; mu_cfk, sigma2_cfk) ];  sum_k exp joint = b_sf(x_t)
        joint += np.log(np.maximum(model.weights[seen], 1e-12)).transpose(1, 0, 2)[:, row]
        highest = joint.max(axis=2, keepdims=True)
        gamma = np.exp(joint - highest)
        total = gamma.sum(axis=2, keepdims=True)
        gamma /= total
        into.log_likelihood[...] += float((highest + np.log(total)).sum())
        into.occupancy[codebook] += gamma.sum(axis=1)
        into.first[codebook] += gamma.transpose(0, 2, 1) @ x  # (F, K, D)
        into.second[codebook] += gamma.transpose(0, 2, 1) @ (x * x)
        membership = np.zeros((len(seen), len(of_it)))
        membership[row, np.arange(len(of_it))] = 1.0
        into.weights[seen] += (membership @ gamma).transpose(1, 0, 2)  # (n, F, K)
    into.frames[...] += len(senones)
