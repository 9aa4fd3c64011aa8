"""Windows language ids as language tags (BCP 47).

An id is ten bits of language and six of region, [MS-LCID]. Python carries the list.
"""

from __future__ import annotations

from collections.abc import Iterable
from locale import windows_locale
from typing import Final

_LANGUAGE: Final = 0x3FF
_TAGS: Final = {number: name.replace("_", "-") for number, name in windows_locale.items()}
_LANGUAGES: Final = {number & _LANGUAGE: tag.partition("-")[0] for number, tag in _TAGS.items()}
_NO_LANGUAGE: Final = frozenset({0x00, 0x7F})  # neutral, invariant


def tag(number: int) -> str | None:
    """``en-US`` for 0x0409, ``en`` for English of no known region, None for no language or an unknown one."""
    language = number & _LANGUAGE
    return None if language in _NO_LANGUAGE else _TAGS.get(number) or _LANGUAGES.get(language)


def tags(numbers: Iterable[int]) -> list[str]:
    """The tags of ``numbers``, each once, in order."""
    return sorted({found for number in set(numbers) if (found := tag(number))})
