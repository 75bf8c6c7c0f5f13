"""Viterbi search: it finds what trying all paths finds, and a long recording costs no more than its frames."""

from itertools import pairwise, product

import numpy as np
import pytest

from speechsmith.asr.hmm import AlignmentError, StateGraph, viterbi
from speechsmith.asr.hmm.alignment import BLOCK

RNG = np.random.default_rng(11)


def chain(states: int, skip: bool = False) -> StateGraph:
    """States one after the other, each with a loop; with `skip` one may be left out."""
    numbers = np.arange(states)
    reach = 3 if skip else 2
    before = np.stack([numbers - back for back in range(reach)], axis=1)
    allowed = before >= 0
    log_arcs = np.where(allowed, RNG.uniform(-2, -0.1, before.shape), -np.inf)
    ends = np.full(states, -np.inf)
    starts = ends.copy()
    starts[0] = ends[-1] = 0.0
    return StateGraph(numbers, starts, ends, np.where(allowed, before, states), log_arcs)


def scorer(log_b):
    return lambda start, stop, senones: log_b[start:stop][:, senones]


def tried_one_by_one(graph: StateGraph, log_b) -> tuple[float, tuple[int, ...]]:
    frames, states = log_b.shape
    arcs = {
        (before, state): log_arc
        for state in range(states)
        for before, log_arc in zip(graph.predecessors[state], graph.log_arcs[state], strict=True)
    }
    best = (-np.inf, ())
    for path in product(range(states), repeat=frames):
        score = graph.log_initial[path[0]] + graph.log_final[path[-1]] + log_b[range(frames), path].sum()
        score += sum(arcs.get(step, -np.inf) for step in pairwise(path))
        best = max(best, (score, path))
    return best


@pytest.mark.parametrize("skip", [False, True])
def test_the_path_is_the_best_of_all_paths(skip):
    graph, log_b = chain(4, skip=skip), RNG.normal(size=(6, 4))

    found = viterbi(graph, 6, scorer(log_b))

    score, path = tried_one_by_one(graph, log_b)
    assert tuple(found.states) == path
    assert found.log_probability == pytest.approx(score)


def test_a_window_that_slides_finds_the_path_through_a_long_chain():
    states, frames = 3000, 12_000
    graph = chain(states)
    truth = np.sort(np.concatenate([np.arange(states), RNG.integers(0, states, frames - states)]))
    seen: list[int] = []

    def score(start, stop, senones):
        seen.append(len(senones))
        return np.where(senones == truth[start:stop, None], 0.0, -50.0)

    found = viterbi(graph, frames, score)

    np.testing.assert_array_equal(found.states, truth)
    assert max(seen) < 15 * BLOCK  # states scored at a time


def test_a_beam_that_nothing_falls_behind_changes_nothing():
    graph, log_b = chain(40, skip=True), RNG.normal(size=(5 * BLOCK, 40))

    narrow, wide = (viterbi(graph, len(log_b), scorer(log_b), beam=beam) for beam in (200.0, 1e9))

    np.testing.assert_array_equal(narrow.states, wide.states)


def test_a_path_may_run_through_a_state_a_frame():
    states = 20 * BLOCK
    graph, truth = chain(states), np.arange(states)

    found = viterbi(graph, states, lambda start, stop, some: np.where(some == truth[start:stop, None], 0.0, -50.0))

    np.testing.assert_array_equal(found.states, truth)


def test_states_that_fell_behind_do_not_come_back():
    states, frames = 8 * BLOCK, 18 * BLOCK
    graph, log_b = chain(states), np.full((frames, states), -300.0)
    log_b[8 * BLOCK : 9 * BLOCK] = -400.0  # where every state is alive, the sound is that of the sixth alone
    log_b[8 * BLOCK : 9 * BLOCK, 5] = 0.0

    found = viterbi(graph, frames, scorer(log_b))

    np.testing.assert_array_equal(found.states, viterbi(graph, frames, scorer(log_b), beam=1e9).states)


@pytest.mark.parametrize("frames", [0, 3])
def test_fewer_frames_than_states_are_refused(frames):
    with pytest.raises(AlignmentError, match=f"No path of {frames} frames through 4 states"):
        viterbi(chain(4), frames, scorer(np.zeros((frames, 4))))
