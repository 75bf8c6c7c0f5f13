"""Alignment of real speech: the words stand where they were said, and a wrong transcript shows."""

import itertools

import numpy as np
import pytest

from speechsmith.asr.hmm import AlignmentError
from speechsmith.asr.lexicon import Lexicon
from speechsmith.asr.types import SAMPLE_RATE_HZ
from speechsmith.engines.base import EngineError
from speechsmith.engines.pocketsphinx.aligner import PAUSE, Alignment, FrontEnd, align, transcript_graph
from speechsmith.engines.pocketsphinx.engine import PocketSphinxEngine
from speechsmith.engines.pocketsphinx.hmm_files import AcousticModel, read_model

BASE = PocketSphinxEngine().packaged_models()[0].folder


@pytest.fixture(scope="module")
def model() -> AcousticModel:
    return read_model(BASE / "en-us")


@pytest.fixture(scope="module")
def lexicon() -> Lexicon:
    return Lexicon.read(BASE / "cmudict-en-us.dict")


@pytest.fixture(scope="module")
def front_end(model, tmp_path_factory) -> FrontEnd:
    return FrontEnd(BASE / "en-us", model, tmp_path_factory.mktemp("front") / "end")


@pytest.fixture(scope="module")
def known(spoken, lexicon):
    """Utterances of audiobooks whose words are all in the lexicon."""
    return [(x, words) for x, words in spoken("libri_other_dev", "train") if all(word in lexicon for word in words)]


def starts(alignment: Alignment, words: list[str]) -> list[float]:
    """Seconds from the start at which each word begins."""
    return [float(np.flatnonzero(alignment.words == n)[0]) / 100 for n in range(len(words))]


def test_every_word_is_somewhere_and_in_order(model, lexicon, front_end, known):
    samples, words = known[0]

    found = align(model, model.mixtures, front_end.cepstra(samples), words, lexicon)

    spoken = found.words[found.words != PAUSE]
    assert sorted(set(spoken.tolist())) == list(range(len(words)))
    assert (np.diff(spoken) >= 0).all()
    assert len(found.senones) == len(found.features) == pytest.approx(len(samples) / 160, abs=2)


def test_words_start_where_the_decoders_own_aligner_has_them(model, lexicon, front_end, known):
    from pocketsphinx import Decoder  # noqa: PLC0415  the heavy library

    dictionary = str(BASE / "cmudict-en-us.dict")
    decoder = Decoder(hmm=str(BASE / "en-us"), dict=dictionary, lm=None, loglevel="FATAL", beam=1e-80, wbeam=1e-60)
    samples, words = min(known, key=lambda one: len(one[0]))
    decoder.set_align_text(" ".join(words))
    decoder.start_utt()
    decoder.process_raw((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes(), full_utt=True)
    decoder.end_utt()
    theirs = [segment.start_frame / 100 for segment in decoder.seg() if segment.word[0] not in "<[("]

    ours = starts(align(model, model.mixtures, front_end.cepstra(samples), words, lexicon), words)

    assert len(ours) == len(theirs)
    assert np.median(np.abs(np.array(ours) - np.array(theirs))) <= 0.02


def test_a_wrong_transcript_fits_worse_than_the_right_one(model, lexicon, front_end, known):
    right, wrong = [], []
    for (samples, words), (_, others) in itertools.pairwise(known[:5]):
        cepstra = front_end.cepstra(samples)
        right.append(align(model, model.mixtures, cepstra, words, lexicon).fit)
        wrong.append(align(model, model.mixtures, cepstra, others[: len(words)], lexicon).fit)

    assert min(right) > max(wrong)


def test_the_pronunciation_that_was_spoken_is_taken(model, lexicon, front_end, known):
    samples, words = known[0]
    made_up = {word: lexicon[word] for word in words} | {words[1]: (("Z", "Z", "OY", "Z"), lexicon[words[1]][0])}

    offered = align(model, model.mixtures, front_end.cepstra(samples), words, made_up)
    true = align(
        model, model.mixtures, front_end.cepstra(samples), words, dict(made_up) | {words[1]: made_up[words[1]][1:]}
    )

    np.testing.assert_array_equal(offered.senones, true.senones)


def test_cepstra_do_not_depend_on_what_was_heard_before(front_end, known):
    (one, _), (other, _) = known[:2]

    first = front_end.cepstra(one)
    front_end.cepstra(other)

    np.testing.assert_array_equal(front_end.cepstra(one), first)


def test_digital_silence_and_no_sound_have_no_frames_to_align(model, lexicon, front_end):
    for samples in (np.zeros(SAMPLE_RATE_HZ, np.float32), np.zeros(0, np.float32)):
        with pytest.raises(AlignmentError, match="No path of 0 frames"):
            align(model, model.mixtures, front_end.cepstra(samples), ["hello"], lexicon)


def test_more_words_than_the_sound_has_room_for_are_refused(model, lexicon, front_end, known):
    samples, _ = known[0]

    with pytest.raises(AlignmentError):
        align(model, model.mixtures, front_end.cepstra(samples[:SAMPLE_RATE_HZ]), ["seventeen"] * 9, lexicon)


def test_a_graph_starts_and_ends_with_a_word_or_a_pause(model):
    graph, word_of = transcript_graph(model, ["a", "cat"], {"a": (("AH",), ("EY",)), "cat": (("K", "AE", "T"),)})

    begins, ends = (word_of[log > -np.inf].tolist() for log in (graph.log_initial, graph.log_final))

    # Both ways of "a", before K and before silence, or one of three pauses; "cat" before silence, or a pause.
    assert begins == [PAUSE] * 3 + [0] * 4
    assert ends == [1] + [PAUSE] * 3
    assert (graph.predecessors[:, 1:] <= np.arange(len(word_of))[:, None]).sum() == (
        graph.log_arcs[:, 1:] > -np.inf
    ).sum()


def test_an_unknown_word_or_phone_is_named(model):
    for lexicon in ({}, {"cat": (("K", "AE", "QQ"),)}):
        with pytest.raises(KeyError, match=r"cat|QQ"):
            transcript_graph(model, ["cat"], lexicon)


def test_the_front_end_of_a_folder_without_a_model_is_refused(model, tmp_path):
    with pytest.raises(EngineError, match="cannot load the acoustic model nothing"):
        FrontEnd(tmp_path / "nothing", model, tmp_path / "scratch")
