"""How likely a word is right, given its posterior: a calibration that is learned from words known to be right or wrong.

A decoder's posterior p orders words well but is too sure of itself. With x = logit(p), p clipped to [1e-4, 1 - 1e-4],

    P(right | p) = sigmoid(a x + b)

keeps the order (a >= 0) and is a probability. slope a = 1 and intercept b = 0 change nothing but the extremes.

Platt, "Probabilistic outputs for support vector machines and comparisons to regularized likelihood methods", 1999.
Lin, Lin & Weng, "A note on Platt's probabilistic outputs for support vector machines", Machine Learning 68, 2007.
"""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Doubles: TypeAlias = NDArray[np.float64]

CLIP = 1e-4
_ROUNDS = 100
_RIDGE = 1e-9  # keeps the Hessian regular where all words have one posterior
_SHORTEST_STEP = 1e-10
_CONVERGED = 1e-8


@dataclass(frozen=True, slots=True)
class Calibration:
    """`slope` a and `intercept` b of P(right | p) = sigmoid(a logit(p) + b)."""

    slope: float
    intercept: float

    @classmethod
    def read(cls, path: Path) -> "Calibration":
        """The calibration of a JSON file, `{"slope": a, "intercept": b}`.

        Raises: OSError: it cannot be read. ValueError: it is something else.
        """
        stored = json.loads(path.read_text(encoding="utf-8"))
        try:
            found = cls(float(stored["slope"]), float(stored["intercept"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"{path.name} has no slope and intercept: {error!r}") from error
        if not (math.isfinite(found.slope) and math.isfinite(found.intercept)):
            raise ValueError(f"{path.name} has a slope or an intercept that is no finite number")
        return found

    def write(self, path: Path) -> None:
        """Write the file that `read` reads."""
        path.write_text(json.dumps(asdict(self)) + "\n", encoding="utf-8")


def calibrate(posterior: float, calibration: Calibration) -> float:
    """The probability, in [0, 1], that a word of this posterior is right."""
    return float(_sigmoid(calibration.slope * _logit(np.float64(posterior)) + calibration.intercept))


def fit(posteriors: ArrayLike, right: ArrayLike) -> Calibration:
    """The likeliest calibration of N words, by Newton's method with steps that are halved until they help.

    The targets are not 1 and 0 but what a uniform prior leaves of them after N1 right and N0 wrong words,

        t = (N1 + 1) / (N1 + 2) for a right word,   t = 1 / (N0 + 2) for a wrong one,

    so that words which are all right, or which the posterior separates perfectly, give finite numbers. Where a greater
    posterior meant fewer right words, the slope is 0 and the intercept the logit of the mean target.

    Args: posteriors (N,) in [0, 1]; right (N,) of booleans.
    Raises: ValueError: no words, or not one truth for each posterior.
    """
    p, truth = np.asarray(posteriors, np.float64), np.asarray(right, np.bool_)
    if p.ndim != 1 or p.shape != truth.shape or not len(p):
        raise ValueError(f"posteriors and truths must be of one length and at least one: {p.shape}, {truth.shape}")
    n_right = int(truth.sum())
    t = np.where(truth, (n_right + 1) / (n_right + 2), 1 / (len(truth) - n_right + 2))  # (N,)
    design = np.stack([_logit(p), np.ones(len(p))], axis=1)  # (N, 2)
    level = float(_logit(t.mean()))
    slope, intercept = _newton(design, t, np.array([0.0, level]))
    return Calibration(float(slope), float(intercept)) if slope > 0 else Calibration(0.0, level)


def _newton(design: Doubles, t: Doubles, theta: Doubles) -> Doubles:
    """(2,) the least of F(theta) = sum_i log(1 + exp(z_i)) - t_i z_i with z = design @ theta."""
    cost = _cost(design, t, theta)
    for _ in range(_ROUNDS):
        q = _sigmoid(design @ theta)
        gradient = design.T @ (q - t)
        if np.abs(gradient).max() < _CONVERGED * len(t):
            break
        hessian = (design * (q * (1.0 - q))[:, None]).T @ design + _RIDGE * np.eye(2)
        direction = -np.linalg.solve(hessian, gradient)
        step = 1.0
        while step > _SHORTEST_STEP and _cost(design, t, theta + step * direction) >= cost:
            step /= 2.0
        if step <= _SHORTEST_STEP:
            break
        theta = theta + step * direction
        cost = _cost(design, t, theta)
    return theta


def _cost(design: Doubles, t: Doubles, theta: Doubles) -> float:
    z = design @ theta
    return float(np.sum(np.logaddexp(0.0, z) - t * z))


def _logit(p: Doubles | np.float64) -> Doubles:
    clipped = np.clip(p, CLIP, 1.0 - CLIP)
    return np.asarray(np.log(clipped) - np.log1p(-clipped))


def _sigmoid(z: Doubles | np.float64) -> Doubles:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * np.asarray(z))))  # overflows nowhere
