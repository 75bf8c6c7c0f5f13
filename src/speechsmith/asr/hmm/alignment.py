"""Which state of a known word sequence each frame belongs to: Viterbi search over a small graph of states.

Theory. The states are in topological order: an arc leads to the same or a later state, so a path never goes back. That
is what makes long recordings possible. At any time the likely paths lie in a narrow window of states, which slides over
the graph: `BLOCK` frames at a time are scored for the states of the window and a margin before it, and states that fall
`beam` behind the best are let go. Time and memory grow with the frames, not with frames times states, and within the
beam the path is the best one.

    v_t(j) = max_i [ v_{t-1}(i) + log a_ij ] + log b_j(x_t)

Viterbi, "Error bounds for convolutional codes and an asymptotically optimum decoding algorithm", IEEE Transactions on
Information Theory 13, 1967.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from speechsmith.asr.hmm.model import Floats, Integers

BLOCK = 50  # frames scored at a time
_MARGIN = 6 * BLOCK  # states ahead of the likely ones that a block can reach; half a second of speech needs about 60

Scorer = Callable[[int, int, Integers], Floats]
"""(first frame, frame after the last, senones (n,)) -> log densities (frames, n)."""


class AlignmentError(Exception):
    """No path leads from the first frame to the last: there are fewer frames than states, or the beam lost it."""


@dataclass(frozen=True, slots=True, eq=False)
class StateGraph:
    """States in topological order. S states; P is the most predecessors that any of them has.

    senones: (S,) the density of each state. log_initial, log_final: (S,) -inf where no path begins or ends.
    predecessors: (S, P) states before each one, itself included; S, which is no state, fills the row.
    log_arcs: (S, P) log a_ij of each of these arcs.
    """

    senones: Integers
    log_initial: Floats
    log_final: Floats
    predecessors: Integers
    log_arcs: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The best path: the state of each frame, (T,), and its log probability."""

    states: Integers
    log_probability: float


def viterbi(graph: StateGraph, frames: int, score: Scorer, *, beam: float = 800.0) -> Path:
    """The best path through the graph over all frames. Ties go to the earlier of the predecessors listed.

    Args: beam: how far, as a log value, a state may fall behind the best one. The decoder's own forced alignment
        allows 184; the default is wide enough to get over words of a wrong transcript.
    Raises: AlignmentError.
    """
    states = len(graph.senones)
    v = np.full(states + 1, -np.inf)  # (S + 1,) the last one is "no state"
    low, high = 0, states
    decisions: list[tuple[int, NDArray[np.uint8]]] = []  # of each block: first state, (frames, states of the window)
    for start in range(0, frames, BLOCK):
        stop = min(start + BLOCK, frames)
        if start:
            alive = np.flatnonzero(v[low:high] >= v[low:high].max() - beam) + low
            v[low : alive[0]] = v[alive[-1] + 1 : high] = -np.inf
            low, high = int(alive[0]), min(states, int(alive[-1]) + 1 + _MARGIN)
        else:
            high = min(states, int(np.flatnonzero(graph.log_initial > -np.inf)[-1]) + 1 + _MARGIN)
        unique, column = np.unique(graph.senones[low:high], return_inverse=True)
        emitted = score(start, stop, unique)[:, column]  # (frames, states of the window)
        decisions.append((low, _forward(graph, v, low, high, emitted, first=start == 0)))
        if not v.max() > -np.inf:
            break
    final = v[:states] + graph.log_final
    if not frames or not final.max() > -np.inf:
        raise AlignmentError(f"No path of {frames} frames through {states} states ends the transcript.")
    last = int(final.argmax())
    return Path(_traced(graph, decisions, last, frames), float(final[last]))


def _forward(graph: StateGraph, v: Floats, low: int, high: int, emitted: Floats, *, first: bool) -> NDArray[np.uint8]:
    """Take `v` over a block of frames, in place. Returns: (frames, high - low) which predecessor was the best."""
    before = graph.predecessors[low:high]  # (w, P)
    arcs = graph.log_arcs[low:high]
    rows = np.arange(high - low)
    chosen = np.zeros(emitted.shape, np.uint8)
    for t, log_b in enumerate(emitted):
        if first and t == 0:
            v[low:high] = graph.log_initial[low:high] + log_b
            continue
        paths = v[before] + arcs  # (w, P)
        best = paths.argmax(axis=1)
        chosen[t] = best
        v[low:high] = paths[rows, best] + log_b
    return chosen


def _traced(
    graph: StateGraph, decisions: list[tuple[int, NDArray[np.uint8]]], last: int, frames: int
) -> NDArray[np.int32]:
    states = np.empty(frames, np.int32)
    state = last
    for t in range(frames - 1, -1, -1):
        states[t] = state
        low, chosen = decisions[t // BLOCK]
        state = int(graph.predecessors[state, chosen[t % BLOCK, state - low]])
    return states
