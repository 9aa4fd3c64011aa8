"""Whether a text is a script, by its interpreter line or by what only such scripts say.

A text without an interpreter line needs several different signs of one language: prose, data and other sources must
not be taken for a script.
"""

from __future__ import annotations

import codecs
import re
from typing import Final

EXAMINED: Final = 16 << 10
"""How much of a file's beginning is looked at, in bytes. No pattern takes more than one pass over it."""

_INTERPRETER: Final = re.compile(rb"(\xef\xbb\xbf)?#![ \t]*/")
_BINARY: Final = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_WIDE: Final = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}


def _signs(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE | re.MULTILINE) for pattern in patterns)


_ENOUGH: Final = 3

_OPENINGS: Final = _signs(r"\A\s*@echo[ \t]+off\b", r"\A\s*<\?php\s")
"""One of these is enough: how a batch file and a PHP page begin."""

_LANGUAGES: Final = {
    "PowerShell": _signs(
        r"^[ \t]*\$[a-z_][\w:]*[ \t]*=",
        r"(^|[|;({=])[ \t]*(get|set|new|add|remove|invoke|write|start|stop|import|where|foreach|out)-[a-z]{3}",
        r"^[ \t]*(param[ \t]*\(|\[cmdletbinding\()",
        r"[ \t]-(eq|ne|match|like|notmatch|contains|gt|lt)[ \t]",
        r"^[ \t]*function[ \t]+[a-z]+-[a-z]+",
        r"\$(_\.|env:|psscriptroot\b|null\b|true\b|false\b)",
        r"\[(system\.|convert\]|io\.|text\.encoding\]|void\])",
    ),
    "VBScript": _signs(
        r"^[ \t]*(option[ \t]+explicit|on[ \t]+error[ \t]+resume[ \t]+next)\b",
        r"^[ \t]*dim[ \t]+\w+",
        r"^[ \t]*set[ \t]+\w+[ \t]*=",
        r"\bwscript\.(echo|quit|sleep|arguments|shell)\b",
        r"^[ \t]*end[ \t]+(sub|function|if)\b",
        r"\bcreateobject[ \t]*\(",
    ),
    "JavaScript": _signs(
        r"^[ \t]*(var|let|const)[ \t]+[\w$]+[ \t]*=",
        r"\bfunction\b([ \t]+[\w$]+)?[ \t]{0,4}\([\w$, \t]{0,200}\)[ \t]{0,4}\{",
        r"\bnew[ \t]+activexobject\b|\bwscript\.(createobject|echo|shell|quit)\b",
        r"\b(document|window|console|json|module)\.[a-z]+[ \t]{0,4}[(=]",
        r"\brequire[ \t]{0,4}\([ \t]{0,4}['\"]",
        r"===|!==|\btypeof[ \t]",
        r"\A\s*['\"]use strict['\"]",
    ),
}

_OTHERS: Final = re.compile(r"\A\s*[<{\[%]|^[ \t]*(#[ \t]*include\b|```)", re.MULTILINE)
"""Markup, data, C and Markdown: what may quote a script without being one."""


def is_script(head: bytes) -> bool:
    """Whether the file that begins with ``head`` is run by an interpreter."""
    if _INTERPRETER.match(head):
        return True
    text = _text(head[:EXAMINED])
    if text is None:
        return False
    if any(opening.search(text) for opening in _OPENINGS):
        return True
    return not _OTHERS.search(text) and any(
        sum(sign.search(text) is not None for sign in signs) >= _ENOUGH
        for signs in _LANGUAGES.values()
    )


def _text(head: bytes) -> str | None:
    """``head`` as text, None where it is none. Latin-1 takes every byte; the signs are ASCII."""
    encoding = _WIDE.get(head[:2])
    if encoding:
        return head[2:].decode(encoding, "replace")
    return None if _BINARY.search(head) else head.removeprefix(codecs.BOM_UTF8).decode("latin-1")
