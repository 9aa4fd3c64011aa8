"""Lines of ``KEY=value`` as shells read them: os-release(5), locale.conf(5), /etc/default/*."""

from __future__ import annotations

import re

_IN_QUOTES, _OUTSIDE = re.compile(r'\\([$"\\`])'), re.compile(r"\\(.)")


def settings(text: str) -> dict[str, str]:
    """The settings of ``text``; the last one of a name counts. Comments and all other lines are passed over."""
    found = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        if equals and not key.startswith("#"):
            found[key.removeprefix("export ").strip()] = _unquoted(value)
    return found


def _unquoted(value: str) -> str:
    """os-release(5) puts a backslash before ``$``, quotes, backslash and backtick."""
    for quote, escaped in (('"', _IN_QUOTES), ("'", None), ("", _OUTSIDE)):
        if len(value) >= 2 * len(quote) and value.startswith(quote) and value.endswith(quote):
            inner = value[len(quote) : len(value) - len(quote)]
            return escaped.sub(r"\1", inner) if escaped else inner
    return value
