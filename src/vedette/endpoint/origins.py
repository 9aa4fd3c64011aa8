"""Where files came from, as is written on them. The browser's history is never read."""

from __future__ import annotations

from collections.abc import Callable

from vedette.errors import ValueRefused
from vedette.facts.privacy import PrivateNames
from vedette.facts.web import Url

Written = Callable[[str, int], str | None]
"""The address that is written on the file at a path, open as a descriptor; ``None`` where none is. Never raises."""


def unmarked(path: str, descriptor: int) -> str | None:  # noqa: ARG001 - the form of ``Written``
    """Of systems that write nothing onto files."""
    return None


class Origins:
    """Shortens what ``written`` says, without the names in ``private``."""

    def __init__(self, written: Written, private: Callable[[], PrivateNames]) -> None:
        self._written = written
        self._private = private

    def of(self, path: str, descriptor: int) -> Url | None:
        """Where the file at ``path``, open as ``descriptor``, came from; ``None`` where it does not say so, or says
        something that is no address.
        """
        written = self._written(path, descriptor)
        if written is None:
            return None
        try:
            return Url(written, self._private())
        except ValueRefused:
            return None
