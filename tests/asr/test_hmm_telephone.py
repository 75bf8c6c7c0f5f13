"""Densities of telephone speech are those of full-band speech without the bands that a telephone cuts."""

import numpy as np
import pytest

from speechsmith.asr.hmm import FilterBank, TiedMixtures, through_telephone
from speechsmith.asr.hmm.telephone import EDGE, telephone_map

BANK = FilterBank(25, 130.0, 6800.0, 22)


def _mixtures(bank_cepstra: int = 13) -> TiedMixtures:
    draw = np.random.default_rng(0)
    shape = (2, 3, 4, bank_cepstra)
    weights = np.full((5, 3, 4), 0.25)
    return TiedMixtures(draw.normal(size=shape), draw.uniform(0.5, 2, shape), weights, np.zeros(5, np.int32))


def test_bands_end_where_the_center_after_next_would_be_in_mel() -> None:
    bank = FilterBank(1, 0.0, 700.0, 0)
    assert bank.ends() == pytest.approx([700.0])
    assert FilterBank(3, 0.0, 4000.0, 0).ends()[-1] == pytest.approx(4000.0)
    assert list(np.diff(2595 * np.log10(1 + BANK.ends() / 700))) == pytest.approx(
        [(2672.7 - 192.0) / 26] * 24, rel=1e-2
    )


def test_two_cepstra_of_two_bands_by_hand() -> None:
    # c0 = (e0 + e1) / sqrt 2, c1 = (e0 - e1) / sqrt 2; the lifter of 2 makes c1 twice as large
    cepstra = FilterBank(2, 0.0, 4000.0, 2).cepstra(2)
    assert cepstra == pytest.approx(np.array([[1, 1], [2, -2]]) / np.sqrt(2))


@pytest.mark.parametrize("lifter", [0, 22])
def test_energies_come_back_from_as_many_cepstra(lifter: int) -> None:
    bank = FilterBank(13, 100.0, 6800.0, lifter)
    assert bank.energies(13) @ bank.cepstra(13) == pytest.approx(np.eye(13), abs=1e-12)


def test_with_all_cepstra_the_map_takes_the_cut_bands_away_and_nothing_else() -> None:
    bank = FilterBank(13, 130.0, 6800.0, 22)
    energies = np.random.default_rng(1).normal(size=13)
    heard = np.where(bank.ends() <= EDGE, energies, 0.0)
    assert 0 < np.count_nonzero(heard) < 13
    assert telephone_map(bank, 13) @ bank.cepstra(13) @ energies == pytest.approx(bank.cepstra(13) @ heard)


def test_a_bank_that_ends_below_the_edge_stays_as_it_is() -> None:
    mixtures = _mixtures()
    same = through_telephone(mixtures, FilterBank(25, 200.0, 3500.0, 22))
    assert same.means == pytest.approx(mixtures.means)
    assert same.weights is mixtures.weights


def test_means_and_variances_are_those_of_mapped_samples() -> None:
    mixtures = _mixtures()
    mapped = through_telephone(mixtures, BANK)
    draw = np.random.default_rng(2)
    mean, deviation = mixtures.means[1, 2, 3], np.sqrt(mixtures.variances[1, 2, 3])
    samples = (mean + deviation * draw.normal(size=(200_000, 13))) @ telephone_map(BANK, 13).T
    assert mapped.means[1, 2, 3] == pytest.approx(samples.mean(axis=0), abs=0.03)
    assert mapped.variances[1, 2, 3] == pytest.approx(samples.var(axis=0), rel=0.02)
