"""Adaptation on text and pronunciations: what goes into a custom model, and what the report says of it."""

import json
import math
from pathlib import Path

import numpy as np
import pocketsphinx
import pytest

from speechsmith.asr.lexicon import Lexicon
from speechsmith.asr.ngram import END, START, NGram, encode, estimate
from speechsmith.asr.scoring.alignment import align, total
from speechsmith.asr.types import Corpus, Utterance
from speechsmith.engines.base import AdaptOptions, AdaptResult, EngineError, ModelFiles
from speechsmith.engines.pocketsphinx.adapt import adapt
from speechsmith.engines.pocketsphinx.domain_lm import FLOOR, UNTESTED_WEIGHT, choose_weight, hold_out
from speechsmith.engines.pocketsphinx.domain_text import DomainText, Rejections, read_text
from speechsmith.engines.pocketsphinx.engine import PocketSphinxEngine
from speechsmith.engines.pocketsphinx.lm_file import read_lm, write_lm

PACKAGED = Path(pocketsphinx.get_model_path()) / "en-us"
BASE_TEXT = """
    the train leaves at nine
    the conference call begins at five
    please hold the line and stay on the line
    you may press one or two at any time
    she said that the doctor would call on monday
    there are three people in the house at night
    the doctor said the call was for you
    c p o are letters and one two three are numbers
"""
DOMAIN = [
    "Press one for the pharmacy.",
    "Press two for the surgery.",
    "Press three for the pharmacy or hold the line.",
    "Please hold for the surgery.",
    "Please hold, a zorblex will take your call.",
    "Press one or hold the line for the zorblex.",
    "The pharmacy is closed at night.",
    "The surgery is closed on Monday.",
    "Press one if you know the zorblex.",
    "Press two to repeat this message.",
]


@pytest.fixture(scope="module")
def base(tmp_path_factory) -> Path:
    """A base model with the packaged acoustic model, but few words, so that a test takes no seconds."""
    folder = tmp_path_factory.mktemp("base")
    (folder / "en-us").symlink_to(PACKAGED / "en-us", target_is_directory=True)
    sentences = [line.strip() for line in BASE_TEXT.strip().splitlines()]
    words = {word for sentence in sentences for word in sentence.split()}
    lines = (PACKAGED / "cmudict-en-us.dict").read_text(encoding="utf-8").splitlines()
    needed = words | {"pharmacy", "message", "repeat", "closed", "know", "this", "if", "is", "take", "your", "will"}
    few = [line for i, line in enumerate(lines) if i % 30 == 0 or line.split()[0].rstrip(".") in needed]
    (folder / "cmudict-en-us.dict").write_text("\n".join(few) + "\n", encoding="utf-8")
    vocabulary = (START, END, *sorted(words))
    write_lm(estimate(encode(sentences, {w: i for i, w in enumerate(vocabulary)}), vocabulary), folder / "en-us.lm.bin")
    return folder


class Adaptation:
    """One run of `adapt` on lines of text, lines of pronunciations and transcripts."""

    def __init__(self, base: Path, folder: Path) -> None:
        self._base, self._folder = base, folder
        self.progress: list[tuple[str, float]] = []

    def __call__(
        self, text=(), pronunciations=(), transcripts=(), *, structured=(), name="custom", **options
    ) -> AdaptResult:
        out = self._folder / name
        out.mkdir()
        corpus = Corpus(
            "en-US",
            text=self._files("text.txt", text),
            pronunciations=self._files("own.txt", pronunciations),
            structured=self._files("structured.md", structured),
            utterances=tuple(Utterance(f"u{i}.wav", Path("none.wav"), t) for i, t in enumerate(transcripts)),
        )
        return adapt(self._base, corpus, out, AdaptOptions(**options), lambda *step: self.progress.append(step))

    def _files(self, name, lines) -> tuple[Path, ...]:
        if not lines:
            return ()
        path = self._folder / name
        path.write_text("\ufeff" + "\n".join(lines) + "\n", encoding="utf-8")
        return (path,)

    def lexicon(self, name="custom") -> Lexicon:
        return Lexicon.read(self._folder / name / "lexicon.dict")

    def language(self, name="custom") -> NGram:
        return read_lm(self._folder / name / "language.lm.bin")


@pytest.fixture
def adapted(base, tmp_path) -> Adaptation:
    return Adaptation(base, tmp_path)


def entries(result: AdaptResult) -> dict[str, dict]:
    return {entry["word"]: entry for entry in result.report["outOfVocabulary"]}


def test_the_custom_model_is_loaded_and_decodes(base, adapted, tmp_path):
    adapted(DOMAIN)

    recognizer = PocketSphinxEngine().load(ModelFiles("pocketsphinx", base, tmp_path / "custom"))
    noise = np.random.default_rng(0).normal(scale=0.01, size=16_000).astype(np.float32)

    assert recognizer.recognize(noise)


@pytest.mark.parametrize(("weight", "is_marked"), [(0.5, True), (0.49, False)])
def test_a_model_in_which_text_prevails_is_marked(adapted, tmp_path, weight, is_marked):
    adapted(["ok"], ["ok\to k"], weight=weight)

    assert (tmp_path / "custom" / "text").exists() == is_marked


def test_every_word_of_the_text_can_be_recognized(adapted):
    adapted(DOMAIN)

    lexicon, language = adapted.lexicon(), adapted.language()
    for word in ("press", "pharmacy", "surgery", "zorblex", "monday"):
        assert word in lexicon
        assert word in language.index


def test_all_words_of_the_base_stay(base, adapted):
    adapted(DOMAIN)

    assert set(Lexicon.read(base / "cmudict-en-us.dict")) <= set(adapted.lexicon())
    assert set(read_lm(base / "en-us.lm.bin").words) <= set(adapted.language().words)


def test_a_new_word_gets_guessed_pronunciations_and_the_report_lists_them(adapted):
    result = adapted(DOMAIN)

    entry = entries(result)["zorblex"]
    assert entry["source"] == "g2p"
    assert 1 <= len(entry["pronunciations"]) <= 2
    assert [" ".join(way) for way in adapted.lexicon()["zorblex"]] == entry["pronunciations"]
    assert entries(result)["pharmacy"]["source"] == "lexicon"  # has a pronunciation, but the base never expects it
    assert "press" not in entries(result)


def test_the_users_pronunciation_comes_first(adapted):
    result = adapted(DOMAIN, ["zorblex\tcall one", "the\tnine"])

    assert " ".join(adapted.lexicon()["zorblex"][0]) == "K AO L W AH N"
    assert " ".join(adapted.lexicon()["the"][0]) == "N AY N"
    assert len(adapted.lexicon()["the"]) > 1  # the base's own ways stay behind it
    assert entries(result)["zorblex"] == {"word": "zorblex", "source": "user", "pronunciations": ["K AO L W AH N"]}


def test_without_speech_all_pronunciations_stay_and_the_verdict_is_unknown(adapted):
    guard = adapted(DOMAIN, ["zorblex\tcall one", "the\tnine", "doctor\tdoctor"], weight=0.3).report["guard"]
    told = guard.pop("pronunciations")

    assert guard["verdict"] == {"outcome": "unknown", "words": "No transcribed speech could be held out."}
    assert guard["chosen"] == {"weight": 0.3, "acoustic": None, "pronunciations": True, "languageScale": 1.0}
    assert (guard["tried"], guard["heldOut"]) == ([], None)
    assert (told["count"], told["entries"], told["kept"]) == (1, ["the"], True)
    assert told["verdict"]["outcome"] == "unknown"
    assert adapted(DOMAIN, ["zorblex\tcall one"], name="new").report["guard"]["pronunciations"] is None


def test_a_word_with_its_own_pronunciation_is_not_spelled_out(adapted):
    adapted(["Call 3CPO, now.", "The 3cpo line is closed."], ["3CPO\tthree c p o"])

    assert " ".join(adapted.lexicon()["3cpo"][0]) == "TH R IY S IY P IY OW"
    language = adapted.language()
    assert language.log_prob("3cpo", ("call",)) > language.log_prob("three", ("call",))


def test_pronunciations_alone_make_their_words_reachable(adapted):
    result = adapted(pronunciations=["Zorblex\tcall one"])

    assert result.weight is None
    assert result.report["weight"] is None
    assert math.exp(adapted.language().log_prob("zorblex")) == pytest.approx(FLOOR, rel=0.01)
    assert adapted.language().log_prob("zorblex", ("press",)) > -30


def test_a_weight_that_there_is_no_text_for_is_reported_as_asked_and_not_as_used(adapted):
    result = adapted(pronunciations=["Zorblex\tcall one"], weight=0.4)

    assert result.weight is None
    assert result.report["weight"] == {"value": None, "how": "not used: there is no text to weigh", "asked": 0.4}


def test_items_of_lists_are_words_of_the_model_wherever_their_list_is_named(adapted):
    result = adapted(
        ["Press .net for the pharmacy."],
        structured=[
            "@ list thing =", "- zorblex", "- Night Nurse", "- zorblex pharmacy", "@ list never =", "- blorp",
            "@ speech:phoneticlexicon", "- .net/D AO T N EH T", "- zorblex/Z AO R", "# s", "- hold the {@thing}",
            "- press {@nothing} please",
        ],
        weight=1,
    )  # fmt: skip

    model, lexicon = adapted.language(), adapted.lexicon()
    after = [math.exp(model.log_prob(word, ("hold", "the"))) for word in ("zorblex", "night_nurse", "zorblex_pharmacy")]
    np.testing.assert_allclose(after, after[0], rtol=1e-3)
    assert after[0] > 0.1
    assert ".net" in model.words
    assert not {"blorp", "{0:thing}", "{0:nothing}"} & set(model.words)
    assert lexicon["zorblex"][0] == ("Z", "AO", "R")
    assert lexicon["zorblex_pharmacy"][0] == ("Z", "AO", "R", *lexicon["pharmacy"][0])
    assert [entries(result)[word]["source"] for word in (".net", "nurse")] == ["user", "g2p"]
    assert result.report["notPronounced"]["count"] == 0
    assert [one["name"] for one in result.report["data"]] == ["text.txt", "structured.md"]


def test_lists_alone_can_be_learned_from_and_their_items_are_held_out_as_words(adapted):
    result = adapted(
        structured=["@ list x =", "- night", "- monday", "# s", *(f"- on {{@x}} at {w}" for w in "abcdefghij")]
    )

    assert 0 < result.weight < 1
    assert result.report["heldOut"]["tokens"] == 10 * 5  # "on", an item, "at", the letter and the end
    assert result.report["heldOut"]["perplexityAfter"] < result.report["heldOut"]["perplexityBefore"]


def test_text_raises_what_the_domain_says(base, adapted):
    adapted(DOMAIN)

    before = read_lm(base / "en-us.lm.bin").log_prob("two", (START, "press"))
    assert adapted.language().log_prob("two", (START, "press")) > before


def test_a_transcript_counts_more_than_a_line_of_text(adapted):
    pharmacy, surgery = ["please call the pharmacy"] * 5, ["please call the surgery"] * 5

    adapted(pharmacy, transcripts=surgery, weight=1.0)

    language = adapted.language()
    history = ("call", "the")
    assert language.log_prob("surgery", history) > language.log_prob("pharmacy", history) + 0.5


def test_the_weight_asked_for_is_used(adapted):
    result = adapted(DOMAIN, weight=0.25)

    assert result.weight == 0.25
    assert result.report["weight"] == {"value": 0.25, "how": "given by the user", "asked": 0.25}


def test_weight_one_is_the_domain_alone(adapted):
    adapted(DOMAIN, weight=1.0)

    assert "conference" not in adapted.language().index
    assert "pharmacy" in adapted.language().index


def test_the_report_says_what_held_out_sentences_gained(adapted):
    held_out = adapted(DOMAIN * 3).report["heldOut"]

    assert held_out["sentences"] == 30
    assert held_out["perplexityAfter"] < held_out["perplexityBefore"]
    assert held_out["oovRateAfter"] < held_out["oovRateBefore"]


def test_the_report_is_json_and_names_its_data(adapted):
    result = adapted(DOMAIN, ["3CPO\tthree c p o"], ["Hold the line."], seed=7)

    report = json.loads(json.dumps(result.report))
    assert [item["name"] for item in report["data"]] == ["text.txt", "own.txt", "transcripts", "audio"]
    assert all(len(item["sha256"]) == 64 for item in report["data"])
    assert report["engine"] == {"name": "pocketsphinx", "version": "5.1.1"}
    assert report["seed"] == 7
    assert report["text"]["sentences"] == 11
    assert report["languageModel"]["order"] == 3
    assert set(report["seconds"]) == {step for step, _ in adapted.progress}


def test_the_same_seed_gives_the_same_files(adapted, tmp_path):
    first, second = adapted(DOMAIN, seed=3, name="first"), adapted(DOMAIN, seed=3, name="second")

    assert {**first.report, "seconds": 0} == {**second.report, "seconds": 0}
    for file in ("language.lm.bin", "lexicon.dict"):
        assert (tmp_path / "first" / file).read_bytes() == (tmp_path / "second" / file).read_bytes()


def test_progress_never_goes_back_and_ends_at_one(adapted):
    adapted(DOMAIN)

    fractions = [fraction for _, fraction in adapted.progress]
    assert fractions == sorted(fractions)
    assert fractions[0] == 0
    assert fractions[-1] == pytest.approx(1)


def test_the_file_of_an_unusable_line_is_called_as_in_the_corpus(tmp_path):
    mine, other = tmp_path / "text-1.txt", tmp_path / "text-2.txt"
    rejections = Rejections(Corpus("en-US", names={mine: "Orders: text.txt"}).called)

    for file in (mine, other, "call.wav"):
        rejections.add(file, 1, "NoWords", "?!", "Leave it out.")

    assert [line.file for line in rejections.listed] == ["Orders: text.txt", "text-2.txt", "call.wav"]


def test_unusable_lines_are_listed_with_their_place_and_reason(adapted):
    result = adapted([*DOMAIN, "?!"], ["nothing", "two words\tone two", "ok\to k", "<sil>\tone", "word\t你好"])

    rejected = result.report["rejected"]
    assert rejected["count"] == 5
    assert [(r["file"], r["line"], r["code"]) for r in rejected["lines"]] == [
        ("own.txt", 1, "NotAnEntry"),
        ("own.txt", 2, "SeveralWords"),
        ("own.txt", 4, "NotAWord"),
        ("own.txt", 5, "NotSpeakable"),
        ("text.txt", 11, "NoWords"),
    ]
    assert all(r["hint"] for r in rejected["lines"])


def test_a_word_that_cannot_be_spoken_leaves_the_rest_of_its_sentence(adapted):
    result = adapted([*DOMAIN, "please 你好 hold"])

    assert result.report["notPronounced"] == {"count": 1, "words": ["你好"]}
    assert "你好" not in adapted.language().index
    assert result.report["text"]["sentences"] == 11


@pytest.mark.parametrize(
    ("text", "own", "message"), [([], [], "has no sentence"), (["?!", "..."], ["x"], "all 3 lines are unusable")]
)
def test_a_corpus_that_teaches_nothing_is_refused_and_leaves_nothing(adapted, tmp_path, text, own, message):
    with pytest.raises(EngineError, match=message) as refusal:
        adapted(text, own)

    assert refusal.value.code == "NothingToLearn"
    assert not list((tmp_path / "custom").iterdir())


def domain_text(tmp_path: Path, lines: list[str], **options) -> DomainText:
    path = tmp_path / "lines.txt"
    path.write_text("\n".join(lines), encoding="utf-8")
    corpus = Corpus("en-US", text=(path,))
    options = {"seed": 0, **options}
    return read_text(
        corpus, lexical=str.lower, own_words={}, rejections=Rejections(), progress=lambda _: None, **options
    )


def test_a_repeated_sentence_is_on_one_side_of_the_held_out_part(tmp_path):
    text = domain_text(tmp_path, ["a b", "c d", "a b"])

    assert text.draw[0] == text.draw[2] != text.draw[1]
    assert domain_text(tmp_path, ["a b"], seed=1).draw[0] != text.draw[0]


def test_text_beyond_the_memory_is_thinned_evenly(tmp_path):
    text = domain_text(tmp_path, [f"word{i % 100} word{i}" for i in range(2000)], most_words=1500)

    assert text.words_read == 4000
    assert 500 < len(text.tokens) <= 1500
    assert len(text.draw) == len(text.weight) == np.count_nonzero(text.tokens == 0)
    assert len({text.words[i] for i in text.tokens.tolist() if text.words[i].startswith("word")}) > 200


def test_a_few_lines_of_open_text_get_a_small_weight_and_a_page_of_prompts_a_large_one(tmp_path, base):
    rng = np.random.default_rng(0)
    base_lm = read_lm(base / "en-us.lm.bin")
    spoken = [word for word in base_lm.words if word not in (START, END)]
    as_the_base = [" ".join(rng.choice(spoken, size=6)) for _ in range(8)]
    digits = [" ".join(rng.choice(["five", "six", "seven", "eight"], size=5)) for _ in range(60)]

    few = choose_weight(domain_text(tmp_path, as_the_base), base_lm, None, general=(), progress=lambda _: None)
    closed = choose_weight(domain_text(tmp_path, digits), base_lm, None, general=(), progress=lambda _: None)

    assert few.weight <= 0.1
    assert closed.weight >= 0.2
    assert closed.likeliest >= 0.6


@pytest.mark.parametrize(
    "lines",
    [["press one"] * 50, [f"zorblex{a} flimgard{a}" for a in "abcdefghijkl"], ["hold the line", "zorblex", "flimgard"]],
    ids=["one sentence", "new names", "one known sentence"],
)
def test_where_held_out_words_cannot_tell_the_weight_is_cautious_and_the_report_says_so(tmp_path, base, lines):
    base_lm = read_lm(base / "en-us.lm.bin")
    general = [line.strip() for line in BASE_TEXT.strip().splitlines()]

    chosen = choose_weight(domain_text(tmp_path, lines), base_lm, None, general=general, progress=lambda _: None)

    assert chosen.weight == chosen.likeliest == UNTESTED_WEIGHT
    assert chosen.how.startswith("a cautious one")


def test_where_no_sentence_can_be_held_out_there_is_no_rate_of_unknown_words(tmp_path, base):
    base_lm = read_lm(base / "en-us.lm.bin")

    measured = hold_out(domain_text(tmp_path, ["press one"] * 50), base_lm, lambda _: None).report(0.1)

    assert measured["tokens"] == 0
    assert {name: measured[name] for name in measured if "Rate" in name or "perplexity" in name} == {
        "perplexityBefore": None,
        "perplexityAfter": None,
        "oovRateBefore": None,
        "oovRateAfter": None,
    }


def test_text_that_foretells_itself_is_not_loud_elsewhere(tmp_path, base):
    base_lm = read_lm(base / "en-us.lm.bin")
    digits = [f"five six {a} {b}" for a in ("seven", "eight") for b in ("nine", "ten", "one")] * 10
    general = [line.strip() for line in BASE_TEXT.strip().splitlines()]

    text = domain_text(tmp_path, digits)
    free = choose_weight(text, base_lm, None, general=(), progress=lambda _: None)
    bound = choose_weight(text, base_lm, None, general=general, progress=lambda _: None)

    assert bound.weight < free.weight
    assert bound.likeliest == free.likeliest
    assert "general sentences" in bound.how


@pytest.mark.slow
def test_medical_text_lowers_the_perplexity_of_held_out_consultations(real_speech, tmp_path):
    corpus = Corpus("en-US", text=(real_speech / "text" / "primock57_medical.txt",))
    out = tmp_path / "custom"
    out.mkdir()

    result = adapt(PACKAGED, corpus, out, AdaptOptions(), lambda *_: None)

    held_out = result.report["heldOut"]
    assert held_out["perplexityAfter"] < 0.5 * held_out["perplexityBefore"]
    assert held_out["oovRateAfter"] < held_out["oovRateBefore"]
    assert 0.1 < result.weight < 0.95
    assert result.report["generalText"]["change"]["value"] < 0.4  # 0.24 by the weight, and what pruning adds


@pytest.mark.slow
def test_text_of_telephone_prompts_makes_fewer_errors_on_spoken_ones(real_speech, spoken, tmp_path):
    corpus = Corpus("en-US", text=(real_speech / "asterisk_ivr_dev" / "train" / "related-text.txt",))
    out = tmp_path / "custom"
    out.mkdir()
    adapt(PACKAGED, corpus, out, AdaptOptions(), lambda *_: None)
    prompts = spoken("asterisk_ivr_dev", "test")[::11]

    errors = {}
    for custom in (None, out):
        recognizer = PocketSphinxEngine().load(ModelFiles("pocketsphinx", PACKAGED, custom))
        heard = [recognizer.recognize(audio)[0].lexical.split() for audio, _ in prompts]
        errors[custom] = total(
            align(words, said).counts for (_, words), said in zip(prompts, heard, strict=True)
        ).errors

    assert errors[out] < 0.85 * errors[None]
