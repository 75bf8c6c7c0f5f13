"""Densities of full-band speech, as telephone speech would have them: without learning from any.

The features are cepstra, a cosine transform C of N log energies e, one for each band of a filter bank, liftered by L:

    c = L C e        e ~ C^T L^-1 c        (C has orthonormal rows)

Of a telephone the upper bands have no energy: they are the same in every frame, and what is the same in every frame is
taken off with the cepstral mean. With M = diag(1 for a band that is heard, else 0) the features become

    c' = A c        A = L C M C^T L^-1

and, the map being linear, so do their differences in time. A Gaussian of c is one of c' with

    mu' = A mu        Sigma' = A Sigma A^T, of which the diagonal is kept

The bands between are approximate, since few cepstra tell only the outline of e. Word error rate of the packaged model
on the training parts, and of a model that is used as it is:

    telephone prompts         71.3 -> 57.5 %    in less time, since fewer states stay alive
    telephone digits          98.0 -> 92.0 %

Davis & Mermelstein, "Comparison of parametric representations for monosyllabic word recognition in continuously spoken
sentences", IEEE Transactions on Acoustics, Speech and Signal Processing 28, 1980; for what is missing: Cooke et al.,
"Robust automatic speech recognition with missing and unreliable acoustic data", Speech Communication 34, 2001.
"""

from dataclasses import dataclass, replace

import numpy as np

from speechsmith.asr.hmm.model import Floats, TiedMixtures

EDGE = 4000.0  # Hz


@dataclass(frozen=True, slots=True)
class FilterBank:
    """`bands` triangles, evenly apart in mel between two frequencies in Hz, and the strength of the lifter, 0 for none.

    A band reaches from the center of the one before to the center of the next.
    """

    bands: int
    lowest: float
    highest: float
    lifter: int

    def ends(self) -> Floats:
        """(N,) Hz: where each band ends."""
        low, high = (2595 * np.log10(1 + edge / 700) for edge in (self.lowest, self.highest))
        return np.asarray(700 * (10 ** (np.linspace(low, high, self.bands + 2)[2:] / 2595) - 1))

    def cepstra(self, count: int) -> Floats:
        """(D, N) L C: from log energies to so many liftered cepstra."""
        order = np.arange(count)
        cosines = np.cos(np.pi * order[:, None] * (np.arange(self.bands) + 0.5) / self.bands)
        cosines *= np.where(order[:, None] == 0, np.sqrt(1 / self.bands), np.sqrt(2 / self.bands))
        return np.asarray(self._weights(count)[:, None] * cosines)

    def energies(self, count: int) -> Floats:
        """(N, D) C^T L^-1: from liftered cepstra to the outline of the log energies."""
        return np.asarray((self.cepstra(count) / np.square(self._weights(count))[:, None]).T)

    def _weights(self, count: int) -> Floats:
        if not self.lifter:
            return np.ones(count)
        return np.asarray(1 + self.lifter / 2 * np.sin(np.pi * np.arange(count) / self.lifter))


def telephone_map(bank: FilterBank, count: int) -> Floats:
    """(D, D) A for so many cepstra: of the bands that a telephone cuts, in whole or in part, nothing is left."""
    heard = (bank.ends() <= EDGE).astype(np.float64)
    return bank.cepstra(count) @ (heard[:, None] * bank.energies(count))


def through_telephone(mixtures: TiedMixtures, bank: FilterBank) -> TiedMixtures:
    """The densities of telephone speech; the same where the filter bank ends below EDGE."""
    A = telephone_map(bank, mixtures.means.shape[-1])
    return replace(mixtures, means=mixtures.means @ A.T, variances=mixtures.variances @ np.square(A).T)
