"""Speechsmith: the open, self-hosted Custom Speech system."""

__version__ = "0.1.0"
