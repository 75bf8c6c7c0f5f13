"""Streams of features: differences in time worked by hand."""

import numpy as np

from speechsmith.asr.hmm import cepstral_sum, streams


def test_a_steady_rise_has_a_constant_first_and_no_second_difference():
    cepstra = np.outer(np.arange(20.0), [1.0, 0.5])  # rises by 1 and 0.5 a frame

    found = streams(cepstra)

    assert found.shape == (20, 3, 2)
    np.testing.assert_allclose(found[5:15, 1], [[4.0, 2.0]] * 10)  # c(t+2) - c(t-2)
    np.testing.assert_allclose(found[5:15, 2], 0.0)
    np.testing.assert_allclose(found[0, 1], [2.0, 1.0])  # before the start there is the first frame again


def test_one_frame_that_stands_out_shows_where_the_second_difference_looks():
    cepstra = np.zeros((15, 1))
    cepstra[7] = 15.0

    found = streams(cepstra)[:, 2, 0]

    # [c(t+3) - c(t-1)] - [c(t+1) - c(t-3)] is nonzero where t+3, t-1, t+1 or t-3 is 7
    expected = np.zeros(15)
    expected[[4, 10]], expected[[8, 6]] = 15.0, -15.0
    np.testing.assert_allclose(found, expected)


def test_the_mean_is_taken_over_frames_that_are_not_digital_silence():
    cepstra = np.array([[4.0, 1.0], [-50.0, 9.0], [6.0, 3.0]])

    total, count = cepstral_sum(cepstra)

    assert (total.tolist(), count) == ([10.0, 4.0], 2)
    np.testing.assert_allclose(streams(cepstra)[:, 0], cepstra - [5.0, 2.0])


def test_no_frames_give_no_features():
    assert streams(np.zeros((0, 13))).shape == (0, 3, 13)
