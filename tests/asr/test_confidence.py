"""Calibrated confidences: order is kept, extremes stay finite, and the right numbers come back."""

import math

import numpy as np
import pytest

from speechsmith.asr.confidence import CLIP, Calibration, calibrate, fit


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def logit(p):
    return np.log(p / (1 - p))


def test_the_neutral_calibration_changes_nothing_but_the_extremes():
    for p in (0.01, 0.3, 0.5, 0.99):
        assert calibrate(p, Calibration(1.0, 0.0)) == pytest.approx(p, abs=1e-12)
    assert calibrate(0.0, Calibration(1.0, 0.0)) == pytest.approx(CLIP)
    assert calibrate(1.0, Calibration(1.0, 0.0)) == pytest.approx(1 - CLIP)


def test_a_case_worked_by_hand():
    # logit(0.9) = ln 9; 0.5 ln 9 = ln 3; ln 3 - ln 3 = 0
    assert calibrate(0.9, Calibration(0.5, -math.log(3))) == pytest.approx(0.5)


def test_no_number_leaves_the_unit_interval():
    for slope, intercept in ((1e6, 0.0), (1e6, -1e9), (0.0, 1e9)):
        for p in (0.0, 0.5, 1.0):
            assert 0.0 <= calibrate(p, Calibration(slope, intercept)) <= 1.0


def test_the_calibration_that_made_the_truths_is_found():
    draw = np.random.default_rng(0)
    posteriors = draw.uniform(0.001, 0.999, 100_000)
    right = draw.uniform(size=100_000) < sigmoid(0.6 * logit(posteriors) - 0.8)

    found = fit(posteriors, right)

    assert found.slope == pytest.approx(0.6, abs=0.02)
    assert found.intercept == pytest.approx(-0.8, abs=0.02)


def test_the_fit_is_where_its_gradient_is_zero():
    draw = np.random.default_rng(1)
    posteriors, right = draw.uniform(0.01, 0.99, 60), draw.uniform(size=60) < 0.7
    right[posteriors > 0.8] = True
    n_right = right.sum()
    targets = np.where(right, (n_right + 1) / (n_right + 2), 1 / (60 - n_right + 2))

    found = fit(posteriors, right)

    residual = sigmoid(found.slope * logit(posteriors) + found.intercept) - targets
    assert abs(residual.sum()) < 1e-5
    assert abs((residual * logit(posteriors)).sum()) < 1e-5


def test_words_that_are_all_right_give_finite_numbers_short_of_certainty():
    found = fit([0.2, 0.9, 1.0], [True, True, True])

    assert calibrate(0.9, found) == pytest.approx(4 / 5, abs=1e-6)


def test_words_that_the_posterior_separates_give_finite_numbers():
    found = fit([0.1, 0.2, 0.8, 0.9], [False, False, True, True])

    assert 0 < found.slope < 10
    assert calibrate(0.15, found) < 0.5 < calibrate(0.85, found)


def test_a_posterior_that_misleads_is_ignored():
    found = fit([0.1, 0.2, 0.8, 0.9], [True, True, False, False])

    assert found == Calibration(0.0, 0.0)


def test_one_posterior_for_all_words_gives_the_share_of_right_ones():
    found = fit([0.7] * 100, [True] * 40 + [False] * 60)

    assert calibrate(0.7, found) == pytest.approx(0.4, abs=0.01)


@pytest.mark.parametrize(("posteriors", "right"), [([], []), ([0.5], []), ([[0.5]], [[True]])])
def test_words_without_truths_are_refused(posteriors, right):
    with pytest.raises(ValueError, match="one length"):
        fit(posteriors, right)


def test_a_file_gives_back_what_was_written(tmp_path):
    Calibration(0.25, -1.5).write(tmp_path / "confidence.json")

    assert Calibration.read(tmp_path / "confidence.json") == Calibration(0.25, -1.5)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"slope": 1}', '{"slope": null, "intercept": 0}', "[1, 2]"])
def test_a_file_without_the_two_numbers_is_refused(tmp_path, text):
    (tmp_path / "confidence.json").write_text(text, encoding="utf-8")

    with pytest.raises(ValueError):  # noqa: PT011  the JSON reader's words are its own
        Calibration.read(tmp_path / "confidence.json")


def test_numbers_that_are_not_finite_are_refused(tmp_path):
    (tmp_path / "confidence.json").write_text('{"slope": NaN, "intercept": 0}', encoding="utf-8")

    with pytest.raises(ValueError, match="finite"):
        Calibration.read(tmp_path / "confidence.json")
