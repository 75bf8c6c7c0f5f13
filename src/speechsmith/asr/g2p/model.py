"""How words that no lexicon knows are spoken: a joint-sequence model, learned from a lexicon.

Three steps, a file each: `alignment` cuts the lexicon's entries into graphones, `trie` learns which graphone follows
which, `search` finds the phones that go with new letters. `spelling` takes users' words apart first.

Bisani & Ney, "Joint-sequence models for grapheme-to-phoneme conversion", Speech Communication 50, 2008.
"""

import hashlib
import json
import logging
import os
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from speechsmith.asr.g2p import spelling
from speechsmith.asr.g2p.alignment import Aligner, buckets
from speechsmith.asr.g2p.search import BeamOptions, Search, Span
from speechsmith.asr.g2p.trie import Trie, estimate
from speechsmith.asr.lexicon import Lexicon, Pronunciation, joined

VERSION = 2  # part of the cache's key: raise it whenever the same lexicon would give another model

_ORDER = 8
_EM_ENTRIES, _EM_ROUNDS = 20_000, 5  # all 127,000 entries change the word accuracy by less than 0.2 points
_BEAM = BeamOptions(width=16, margin=5.0)
_WIDE_BEAM = BeamOptions(width=40, margin=9.0)  # 0.2 points fewer phone errors, in three times the time
_BATCH = 512  # words searched at once; bounds the memory
_LIKELY = 3.0  # a further variant is worth having if it is at least e^-3 as probable as the best

_log = logging.getLogger(__name__)


class G2P:
    """A fitted model. Never changes; the same word always gets the same pronunciations."""

    def __init__(
        self,
        letters: Sequence[str],
        phones: Sequence[str],
        graphones: np.typing.NDArray[np.int64],
        trie: Trie,
        names: Mapping[str, Sequence[Pronunciation]],
    ) -> None:
        """`graphones`: (G, 4) letter 1, letter 2, phone 1, phone 2, each from 1 up or 0 for none, sorted by letters.

        `names`: how letters, numbers and signs are called.
        """
        self._letters, self._phones = tuple(letters), tuple(phones)
        self._graphones, self._trie = graphones, trie
        self._names = {name: tuple(tuple(way) for way in ways) for name, ways in names.items()}
        self._codes = {letter: code for code, letter in enumerate(self._letters, start=1)}
        spans: dict[tuple[int, ...], Span] = {}
        sounds: list[tuple[int, ...]] = [(), ()]  # of BEGIN and END
        for unit, (a, b, p, q) in enumerate(graphones.tolist(), start=len(sounds)):
            gram = (a, b) if b else (a,)
            spans[gram] = (spans.get(gram, (unit, unit))[0], unit + 1)
            sounds.append(tuple(phone for phone in (p, q) if phone))
        self._search = Search(trie, spans, sounds)

    @classmethod
    def fit(cls, lexicon: Mapping[str, tuple[Pronunciation, ...]], seed: int = 0) -> "G2P":
        """Learn from a lexicon; about 7 s of computing for 127,000 entries. `seed` picks the entries for EM.

        Raises: ValueError: the lexicon has no entry of letters and phones to learn from.
        """
        pairs = [(word, way) for word, ways in lexicon.items() if _is_plain(word) for way in ways if way]
        if not pairs:
            raise ValueError("the lexicon has no word of letters with phones, so no pronunciation can be learned")
        letters = sorted({letter for word, _ in pairs for letter in word})
        phones = sorted({phone for _, way in pairs for phone in way})
        letter_code = {letter: code for code, letter in enumerate(letters, start=1)}
        phone_code = {phone: code for code, phone in enumerate(phones, start=1)}
        words = [[letter_code[letter] for letter in word] for word, _ in pairs]
        ways = [[phone_code[phone] for phone in way] for _, way in pairs]
        aligner = Aligner(len(letters), len(phones))
        chosen = np.random.default_rng(seed).permutation(len(pairs))[:_EM_ENTRIES].tolist()
        aligner.fit(list(buckets([words[k] for k in chosen], [ways[k] for k in chosen])), rounds=_EM_ROUNDS)
        cuts = [cut for bucket in buckets(words, ways) for cut in aligner.best(bucket) if cut]
        if not cuts:
            raise ValueError("no word of the lexicon has a length that fits its phones: none can be learned from")
        keys = np.unique(np.concatenate([np.array(cut) for cut in cuts]))
        unit = {key: number for number, key in enumerate(keys.tolist(), start=2)}
        trie = estimate([[unit[key] for key in cut] for cut in cuts], units=len(keys) + 2, order=_ORDER)
        return cls(letters, phones, aligner.split(keys), trie, _names(lexicon, letters))

    def pronounce(self, words: Iterable[str], variants: int = 2) -> dict[str, tuple[Pronunciation, ...]]:
        """The likeliest pronunciations of each word, best first, at most `variants`; none where `refusal` has a reason.

        Letter case, accents, digits and signs are the caller's as they come: see `spelling`.
        """
        taken: dict[str, list[list[spelling.Piece]]] = {}
        for word in dict.fromkeys(words):
            try:
                taken[word] = spelling.pieces(word, self._codes)
            except spelling.Unspeakable:
                taken[word] = []
        read = self._read({piece.text for parts in taken.values() for part in parts for piece in part}, variants)
        return {word: self._put_together(parts, read, variants) if parts else () for word, parts in taken.items()}

    def refusal(self, word: str) -> str | None:
        """Why the word gets no pronunciation; None when it gets one."""
        try:
            spelling.pieces(word, self._codes)
        except spelling.Unspeakable as error:
            return str(error)
        return None if self.pronounce([word])[word] else f"no pronunciation was found for {word[:80]!r}"

    def _put_together(
        self, parts: list[list[spelling.Piece]], read: Mapping[str, tuple[Pronunciation, ...]], variants: int
    ) -> tuple[Pronunciation, ...]:
        choices = []
        for part in parts:
            ways = [way for piece in part for way in (self._named(piece) if piece.named else read[piece.text])]
            choices.append(tuple(ways) or read[part[0].text])
        return joined(choices, variants)

    def _named(self, piece: spelling.Piece) -> tuple[Pronunciation, ...]:
        if piece.text in self._names:
            return self._names[piece.text]
        letters = [self._names.get(letter, ())[:1] for letter in piece.text]
        return joined(letters, 1) if letters else ()

    def _read(self, texts: Iterable[str], variants: int) -> dict[str, tuple[Pronunciation, ...]]:
        """Pronunciations of runs of letters by the model."""
        runs = sorted(
            {text for text in texts if all(letter in self._codes for letter in text)}, key=lambda t: (len(t), t)
        )
        found: dict[str, tuple[Pronunciation, ...]] = dict.fromkeys(texts, ())
        for start in range(0, len(runs), _BATCH):
            batch = runs[start : start + _BATCH]
            codes = [[self._codes[letter] for letter in run] for run in batch]
            for run, code, ways in zip(batch, codes, self._search.best(codes, variants, _BEAM), strict=True):
                if not any(phones for phones, _ in ways):
                    ways = self._search.best([code], variants, _WIDE_BEAM)[0]  # noqa: PLW2901
                found[run] = tuple(
                    tuple(self._phones[phone - 1] for phone in phones)
                    for phones, score in ways
                    if phones and score > ways[0][1] - _LIKELY
                )
        return found

    def save(self, path: Path) -> None:
        """Write the model as one .npz file. The file appears whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        trie = self._trie
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=path.name, suffix=".part", delete=False) as file:
            try:
                np.savez(
                    file,
                    version=VERSION,
                    facts=json.dumps({"letters": self._letters, "phones": self._phones, "names": self._names}),
                    graphones=self._graphones,
                    order=trie.order,
                    unit=trie.unit.astype(np.int16) if trie.units < 2**15 else trie.unit,
                    suffix=trie.suffix,
                    first=trie.first,
                    p=trie.p,
                    gamma=trie.gamma,
                )
                file.close()
                os.replace(file.name, path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise

    @classmethod
    def load(cls, path: Path) -> "G2P":
        """Read what `save` wrote. Raises: OSError; ValueError when it is not such a file, or of another version."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
                if int(stored["version"]) != VERSION:
                    raise ValueError(f"{path} is of version {int(stored['version'])}, this program reads {VERSION}")
                facts = json.loads(str(stored["facts"]))
                graphones = stored["graphones"]
                trie = Trie(
                    order=int(stored["order"]),
                    units=len(graphones) + 2,
                    unit=stored["unit"].astype(np.int32),
                    suffix=stored["suffix"],
                    first=stored["first"],
                    p=stored["p"],
                    gamma=stored["gamma"],
                )
        except (KeyError, EOFError, zipfile.BadZipFile) as error:
            raise ValueError(f"{path} is not a pronunciation model: {error}") from error
        return cls(facts["letters"], facts["phones"], graphones, trie, facts["names"])


def cached(lexicon_path: Path, cache_dir: Path) -> G2P:
    """The model of a lexicon file, from the cache, or fitted now and kept there.

    The key is the digest of the lexicon and the algorithm's version. Two processes at once do the work twice and write
    the same file; a damaged file is made anew; a cache that cannot be written costs time, with a warning in the log.

    Raises: OSError: the lexicon cannot be read. ValueError: nothing can be learned from it.
    """
    digest = hashlib.sha256(lexicon_path.read_bytes()).hexdigest()[:32]
    path = cache_dir / f"g2p-{VERSION}-{digest}.npz"
    try:
        return G2P.load(path)
    except FileNotFoundError:
        pass
    except (OSError, ValueError) as error:
        _log.warning("pronunciation model made anew: %s", error)
    model = G2P.fit(Lexicon.read(lexicon_path))
    try:
        model.save(path)
    except OSError as error:
        _log.warning("pronunciation model not kept in %s: %s", cache_dir, error)
    return model


def _is_plain(word: str) -> bool:
    return len(word) <= spelling.LONGEST_RUN and all(letter.isalpha() or letter == "'" for letter in word)


def _names(lexicon: Mapping[str, tuple[Pronunciation, ...]], letters: Iterable[str]) -> dict[str, list[Pronunciation]]:
    """How letters (`x.` before `x`), numbers and signs are called, as far as the lexicon knows."""
    words = (*letters, *sorted(spelling.NUMBER_WORDS), *spelling.SIGNS.values())
    entries = {word: lexicon.get(f"{word}.") or lexicon.get(word, ()) for word in words}
    return {word: list(ways[:1]) for word, ways in entries.items() if ways}
