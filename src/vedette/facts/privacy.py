"""Names that must not leave the computer, and how they are taken out of a text. Pure.

What is masked: profile folders, mail addresses, the names of the computer's users, and its own names. A masked
part is replaced by a word in angle brackets (``<home>``, ``<mail>``, ``<user>``, ``<computer>``), so that a
reader sees that something stood there.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cached_property

HOME, MAIL, USER, COMPUTER = "<home>", "<mail>", "<user>", "<computer>"

# A name this short is only masked where it stands alone: "al" inside "calc.exe" is not a person.
_SHORT = 4
_WORD_BEFORE, _WORD_AFTER = r"(?<![^\W_])", r"(?![^\W_])"

# RFC 5321 local part and domain, loosely: better one mask too many than one address too few. It is tried only
# where a run of these characters begins, and never gives one back, so that no text takes longer than its
# length.
_LOCAL = r"[\w.!#$%&'*+/=?^`{|}~-]"
_MAIL = re.compile(rf"(?<!{_LOCAL}){_LOCAL}++@[\w-]++(?:\.[\w-]++)*+\.?", re.UNICODE)
_WINDOWS_PROFILE = re.compile(
    r"(?:[A-Za-z]:|\\\\\?\\[A-Za-z]:|\\Device\\HarddiskVolume\d+|%SystemDrive%)?"
    r"[\\/](?:Users|Documents and Settings)"
    r"[\\/](?!(?:Public|All Users|Default|Default User)(?:[\\/]|$))[^\\/\n]+",
    re.IGNORECASE,
)
_POSIX_PROFILE = re.compile(
    r"(?<![\w.-])/(?:home|Users|var/home|export/home)/[^/\n]+|(?<![\w.-])/root(?=/|$)", re.MULTILINE
)

# What every match of one of the patterns above holds, in lower case: a search for these is many times quicker.
_SIGNS = (
    ("@", _MAIL),
    ("users", _WINDOWS_PROFILE),
    ("documents and settings", _WINDOWS_PROFILE),
    ("/home/", _POSIX_PROFILE),
    ("/users/", _POSIX_PROFILE),
    ("/root", _POSIX_PROFILE),
)

# Control characters, bidirectional overrides and lone surrogates (what an undecodable file name becomes in Python).
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def leaks(text: str) -> bool:
    """Whether ``text``, some lines that claim to be transformed, still holds a mail address or profile folder."""
    folded = text.lower()
    return any(
        sign in folded
        and any(pattern.search(line) for line in text.split("\n") if sign in line.lower())
        for sign, pattern in _SIGNS
    )


def printable(text: str) -> str:
    """``text`` in Unicode's composed form (NFC), with what cannot be shown or encoded replaced by U+FFFD."""
    return unicodedata.normalize("NFC", _UNPRINTABLE.sub("\ufffd", text))


@dataclass(frozen=True)
class PrivateNames:
    """What this computer must not say: its users' names, their profile folders, and its own names."""

    users: frozenset[str] = frozenset()
    homes: frozenset[str] = frozenset()
    computers: frozenset[str] = frozenset()

    def mask(self, text: str) -> str:
        """``text`` printable, without any of these names, a profile folder or a mail address."""
        text = _MAIL.sub(MAIL, printable(text))
        if self._homes is not None:
            text = self._homes.sub(HOME, text)
        text = _POSIX_PROFILE.sub(HOME, _WINDOWS_PROFILE.sub(HOME, text))
        if self._users is not None:
            text = self._users.sub(USER, text)
        if self._computers is not None:
            text = self._computers.sub(COMPUTER, text)
        return text

    @cached_property
    def _users(self) -> re.Pattern[str] | None:
        return _any_of(self.users)

    @cached_property
    def _computers(self) -> re.Pattern[str] | None:
        return _any_of(self.computers)

    @cached_property
    def _homes(self) -> re.Pattern[str] | None:
        folders = sorted((printable(h).rstrip("/\\") for h in self.homes), key=len, reverse=True)
        wanted = [re.escape(folder) for folder in folders if len(folder) > 1]
        return re.compile(rf"(?:{'|'.join(wanted)})(?=[/\\]|$)", re.IGNORECASE) if wanted else None


def _any_of(names: frozenset[str]) -> re.Pattern[str] | None:
    patterns = [
        re.escape(name) if len(name) >= _SHORT else _WORD_BEFORE + re.escape(name) + _WORD_AFTER
        for name in sorted({printable(n) for n in names if n.strip()}, key=lambda n: (-len(n), n))
    ]
    return re.compile("|".join(patterns), re.IGNORECASE) if patterns else None


NOTHING_PRIVATE = PrivateNames()
