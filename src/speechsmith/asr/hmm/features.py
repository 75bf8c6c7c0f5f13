"""From cepstra to the features of the model: mean normalization and two differences in time, as the decoder does it.

Stream 0 is the cepstrum c without its mean, stream 1 how it moves, stream 2 how that moves:

    d(t)  = c(t+2) - c(t-2)
    dd(t) = [c(t+3) - c(t-1)] - [c(t+1) - c(t-3)]

Before the first and after the last frame the nearest one is repeated.

Furui, "Speaker-independent isolated word recognition using dynamic features of speech spectrum", IEEE Transactions on
Acoustics, Speech and Signal Processing 34, 1986.
"""

import numpy as np

from speechsmith.asr.hmm.model import Floats

_REACH = 3  # frames that the second difference looks to either side


def cepstral_sum(cepstra: Floats) -> tuple[Floats, int]:
    """The sum of the frames that the mean is taken over, and their number. Args: cepstra (T, D). Returns: (D,), n.

    Frames of negative energy c_0 < 0 are left out: the decoder takes them for digital silence.
    """
    heard = cepstra[cepstra[:, 0] >= 0]
    return heard.sum(axis=0, dtype=np.float64), len(heard)


def streams(cepstra: Floats) -> Floats:
    """The three streams of an utterance, normalized by its own cepstral mean.

    Args: cepstra (T, D). Returns: (T, 3, D) float32. No frame with c_0 >= 0: no mean is taken off.
    """
    total, count = cepstral_sum(cepstra)
    c = (cepstra - total / max(count, 1)).astype(np.float32)  # (T, D)
    frames = len(c)
    padded = np.pad(c, ((_REACH, _REACH), (0, 0)), "edge") if frames else np.zeros((2 * _REACH, c.shape[1]), np.float32)

    def at(shift: int) -> Floats:
        shifted: Floats = padded[_REACH + shift : _REACH + shift + frames]
        return shifted

    delta = at(2) - at(-2)
    acceleration = (at(3) - at(-1)) - (at(1) - at(-3))
    return np.stack([c, delta, acceleration], axis=1)  # (T, 3, D)
