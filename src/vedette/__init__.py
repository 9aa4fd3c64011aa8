"""Vedette: a self-hosted security network for computers whose owners consent."""

__version__ = "0.1.0"
