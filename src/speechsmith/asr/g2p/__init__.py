"""Grapheme to phoneme: `G2P`, the model, and `cached`, the model of a lexicon file kept for the next time."""

from speechsmith.asr.g2p.model import G2P, cached

__all__ = ["G2P", "cached"]
