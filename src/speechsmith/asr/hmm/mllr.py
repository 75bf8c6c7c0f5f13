"""Maximum likelihood linear regression: a few affine maps that move all Gaussians, also those that were never heard.

The adapted mean is W xi, with xi = [1, mu] and one W for each stream of each regression class. Classes form a tree of
levels, the whole codebook set at the root; a codebook takes the map of its deepest class that was heard long enough.

Leggetter & Woodland, "Maximum likelihood linear regression for speaker adaptation of continuous density hidden Markov
models", Computer Speech & Language 9, 1995; trees of classes: Gales, "The generation and use of regression class trees
for MLLR adaptation", 1996.
"""

import numpy as np

from speechsmith.asr.hmm.model import Floats, Integers, TiedMixtures
from speechsmith.asr.hmm.statistics import Statistics


def adapted_means(
    model: TiedMixtures, statistics: Statistics, classes: Integers, *, least_frames: float = 1000.0
) -> Floats:
    """The means of the model, moved by the map of each codebook's class.

    Args: classes: (L, C) the class of each codebook on every level, coarse to fine; least_frames: how many frames a
        class needs for a map of its own. Too few even on the first level: the means stay.
    Returns: (C, F, K, D).
    """
    moved = np.array(model.means, np.float64)
    frames = statistics.occupancy[:, 0].sum(axis=1)  # (C,) the streams see the same frames
    for level in classes:
        for one in np.unique(level):
            members = np.flatnonzero(level == one)
            if frames[members].sum() < least_frames:
                continue
            for stream in range(model.means.shape[1]):
                means, variances = (
                    array[members, stream].reshape(-1, array.shape[-1]) for array in (model.means, model.variances)
                )
                transform = mean_transform(
                    statistics.occupancy[members, stream].reshape(-1),
                    statistics.first[members, stream].reshape(means.shape),
                    means,
                    variances,
                )
                moved[members, stream] = (means @ transform[:, 1:].T + transform[:, 0]).reshape(
                    moved[members, stream].shape
                )
    return moved


def mean_transform(occupancy: Floats, first: Floats, means: Floats, variances: Floats) -> Floats:
    """The affine map W that makes the data likeliest when every mean mu becomes W [1, mu].

    Args: occupancy (M,); first (M, D), sum_t gamma_m(t) x_t; means, variances (M, D) of the unadapted model.
    Returns: (D, D + 1); column 0 is the shift. Directions that the data say nothing about stay as they are.
    """
    M, D = means.shape
    xi = np.concatenate([np.ones((M, 1)), means], axis=1)  # (M, D+1)
    precisions = 1.0 / variances  # (M, D)
    # Row i of W solves  G_i w_i = z_i  with
    #   G_i = sum_m gamma_m / sigma2_mi  xi_m xi_m^T      z_i = sum_m first_mi / sigma2_mi  xi_m
    scaled = (occupancy[:, None] * precisions).T[:, :, None] * xi  # (D, M, D+1)
    G = scaled.transpose(0, 2, 1) @ xi  # (D, D+1, D+1)
    z = (first * precisions).T @ xi  # (D, D+1)
    # A breath of the identity map, so that G has full rank:  (G_i + e I) w_i = z_i + e identity_i
    e = 1e-8 * np.trace(G, axis1=1, axis2=2) / (D + 1) + 1e-12  # (D,)
    identity = np.eye(D, D + 1, k=1)
    solved: Floats = np.linalg.solve(G + e[:, None, None] * np.eye(D + 1), (z + e[:, None] * identity)[..., None])
    return solved[..., 0]
