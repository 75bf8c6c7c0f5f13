"""The figures of language models and pronunciations: what they count, and that they can be made."""

import sys
from pathlib import Path

import pytest
from benchmarks.report import Run

from benchmarks import g2p, ngrams
from speechsmith.asr.ngram import encode, perplexity, read_arpa


def test_a_word_counts_against_its_nearest_variant_and_with_its_nearest_guess() -> None:
    variants = [("R", "EH", "D"), ("R", "IY", "D")]

    assert g2p._errors(variants, [("R", "IY", "D", "S")]).errors == 1
    assert g2p._errors(variants, [("L", "AY"), ("R", "EH", "D")]).errors == 0
    assert g2p._errors(variants, []).deletions == 3


def test_our_trainer_is_a_program_that_writes_an_arpa_file(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("press one\npress two\nhold the line\n", encoding="utf-8")

    training = ngrams._trained(ngrams._trainers()[ngrams.OURS](tmp_path / "text.txt", 4, tmp_path / "out.arpa"))

    model = read_arpa(tmp_path / "out.arpa")
    assert model.order == 4
    assert ngrams._perplexity(tmp_path / "out.arpa", ["hold the line"]) == (
        sum(model.sizes),
        perplexity(model.token_log_probs(encode(["hold the line"], model.index))),
    )
    assert 0 < (training.estimation or 0) < training.wall


def test_another_trainer_is_taken_from_where_the_environment_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEECHSMITH_LMPLZ", "/opt/lmplz")

    trainers = ngrams._trainers()

    assert list(trainers) == ["Speechsmith", "lmplz"]
    command = trainers["lmplz"](Path("a.txt"), 3, Path("folder/a.arpa"))
    assert command[:3] == ["/opt/lmplz", "--order", "3"]
    assert command[command.index("--arpa") + 1] == str(Path("folder/a.arpa"))


@pytest.mark.slow
def test_pronunciations_are_a_table_with_a_row_for_one_guess_and_one_for_two(tmp_path: Path) -> None:
    (table,) = g2p.measure(Run(tmp_path, 1, is_quick=True))

    first, second = ([float(row[1].removesuffix(" %")), float(row[3].removesuffix(" %"))] for row in table.rows)
    assert 0 < second[0] < first[0] < 30
    assert 30 < first[1] < second[1] < 100


@pytest.mark.slow
def test_ngrams_are_a_table_with_a_row_for_each_text_order_and_trainer(
    real_speech: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SPEECHSMITH_LMPLZ", raising=False)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))

    (table,) = ngrams.measure(Run(real_speech, 1, is_quick=True))

    assert [row[1:3] for row in table.rows] == [["3", "Speechsmith"], ["4", "Speechsmith"]] * 2
    assert any("lmplz was not found" in remark for remark in table.remarks)
