"""Names that must not leave the computer, and how they are taken out of a text. Pure.

What is masked: profile folders, mail addresses, the names of the computer's users, and its own names. A masked
part is replaced by a word in angle brackets (``<home>``, ``<mail>``, ``<user>``, ``<computer>``), so that a
reader sees that something stood there. No text takes longer than a few times its length.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

HOME, MAIL, USER, COMPUTER = "<home>", "<mail>", "<user>", "<computer>"

# A name this short is only masked where it stands alone: "al" inside "calc.exe" is not a person.
_SHORT = 4
_WORD_BEFORE, _WORD_AFTER = r"(?<![^\W_])", r"(?![^\W_])"
# From Thai on, scripts do not set words apart, or have names of two signs: a name is masked wherever it stands.
_WITHOUT_SPACES = 0x0E00

# RFC 5321 local part and domain, loosely: better one mask too many than one address too few. A whole run of
# these characters goes where one of its @, also one encoded as in file names and URLs, has something on both
# sides. No slash: "node_modules/@scope" is a folder. A colon: what stands before it in a URL is a name as well.
_LOCAL = r"\w.!#$%&'*+=?^`{|}~\"\-:"
_AT = r"(?:[@\uff20]|%40)"
_MAIL = (
    rf"(?:(?<![{_LOCAL}@\uff20])[{_LOCAL}@\uff20]*[{_LOCAL}]|{USER}|{COMPUTER}|{MAIL})"
    rf"{_AT}[\w\[-][{_LOCAL}@\uff20]*"
)
# Anywhere in a path: also in containers, snapshots, backups and under Wine lie people's folders.
_PROFILE = (
    r"(?:[A-Za-z]:|\\\\\?\\[A-Za-z]:|\\Device\\HarddiskVolume\d+|%SystemDrive%)?"
    r"(?:[\\/](?:var|export|usr))?[\\/](?:Users|home|Documents and Settings|DOCUME~\d)[\\/]{1,4}"
    r"(?!(?:Public|All Users|Default|Default User)(?:[\\/]|$))[^\\/\n]+"
)
_ROOT = r"(?<![\w.…>-])/root(?=/|$)"
_ANYWHERE = re.compile(f"{_PROFILE}|{_ROOT}", re.IGNORECASE)
_ADDRESS = re.compile(rf"[{_LOCAL}]{_AT}[\w\[-]")

# What every match of one of the patterns above holds, in lower case: a search for these is many times quicker.
_SIGNS_OF_MAIL = tuple((sign, _ADDRESS) for sign in ("@", "\uff20", "%40"))
_SIGNS_OF_FOLDERS = tuple(
    (sign, _ANYWHERE)
    for sign in ("users", "/home", "\\home", "documents and settings", "docume~", "/root")
)

# What cannot be seen: control and format characters, bidirectional overrides, line separators, tags, and lone
# surrogates (what an undecodable file name becomes in Python).
_UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def leaks(text: str) -> bool:
    """Whether ``text``, some lines that claim to be transformed, still holds a mail address or profile folder."""
    folded = text.lower()
    in_folders = "/" in folded or "\\" in folded
    return any(
        # A single character is found many times quicker than a word.
        sign[0] in folded
        and sign in folded
        and any(pattern.search(line) for line in text.split("\n") if sign in line.lower())
        for sign, pattern in (_SIGNS_OF_MAIL + _SIGNS_OF_FOLDERS if in_folders else _SIGNS_OF_MAIL)
    )


# The bytes of printable ASCII; of MessagePack's heads of texts of less than 32 bytes, of longer ones and of nil; and
# what follows the first byte of a character in UTF-8. Of all other first bytes none is among them but 0xd9, and of
# what that begins (U+0640 to U+067F) everything can be shown.
_PLAIN = bytes((*range(0x20, 0x7F), *range(0x80, 0xC1), 0xD9))
# Each sign (those of other bytes than the above cannot occur) after a character of it that is rarer than letters.
_PACKED_SIGNS = tuple(
    (next((c for c in sign if not c.isalnum()), sign).encode(), sign.encode())
    for sign, _ in _SIGNS_OF_MAIL + _SIGNS_OF_FOLDERS
    if sign.isascii()
)
_ARRAY = b"\xdc"


def harmless(packed: bytes) -> bool:
    """Whether ``packed``, a MessagePack array of texts, holds nothing that could be unprintable, or a sign of what
    ``leaks`` looks for.

    It goes by the bytes as they are, many times quicker than text by text; so it may also say no where nothing is
    wrong, and the texts have to be looked at then.
    """
    texts = packed[3:] if packed.startswith(_ARRAY) else packed
    if texts.translate(None, _PLAIN):
        return False
    folded = texts.lower()
    return not any(rare in folded and sign in folded for rare, sign in _PACKED_SIGNS)


def printable(text: str) -> str:
    """``text`` in Unicode's composed form (NFC), with what cannot be shown or encoded replaced by U+FFFD."""
    return unicodedata.normalize("NFC", _UNPRINTABLE.sub("\ufffd", text))


def is_printable(text: str) -> bool:
    """Whether ``printable`` would find nothing to replace in ``text``."""
    return text.isprintable() or not _UNPRINTABLE.search(text)


@dataclass(frozen=True)
class PrivateNames:
    """What this computer must not say: its users' names, their profile folders, and its own names."""

    users: frozenset[str] = frozenset()
    homes: frozenset[str] = frozenset()
    computers: frozenset[str] = frozenset()

    def mask(self, text: str) -> str:
        """``text`` printable, without any of these names, a profile folder or a mail address."""
        text = printable(text)
        # What is taken out can set a name apart that stood inside a word. Each round takes out at least one
        # character that is not part of a mask, and masks are never taken apart, so this ends.
        while (masked := self._everything.sub(_mask, text)) != text:
            text = masked
        return text

    @cached_property
    def _everything(self) -> re.Pattern[str]:
        """One pattern; its groups are named after the masks."""
        kinds = {
            "mail": _MAIL,
            # A mask stays as it is, also where a user is called "home".
            "kept": "|".join((HOME, MAIL, USER, COMPUTER)),
            "home": "|".join((*_folders(self.homes), _PROFILE, _ROOT)),
            "user": "|".join(_names(self.users)),
            "computer": "|".join(_names(self.computers)),
        }
        return re.compile(
            "|".join(f"(?P<{kind}>{pattern})" for kind, pattern in kinds.items() if pattern),
            re.IGNORECASE,
        )


def _mask(found: re.Match[str]) -> str:
    return found[0] if found.lastgroup == "kept" else f"<{found.lastgroup}>"


def mask_profiles(text: str) -> str:
    """``text`` without profile folders; never longer than it was."""
    return _ANYWHERE.sub(HOME, text)


def _folders(homes: Iterable[str]) -> list[str]:
    """Patterns of whole folders, written with either separator, the longest first."""
    folders = {printable(home).rstrip("/\\") for home in homes}
    return [
        r"[\\/]{1,4}".join(re.escape(part) for part in re.split(r"[\\/]+", folder)) + r"(?=[\\/]|$)"
        for folder in sorted(folders, key=lambda folder: (-len(folder), folder))
        if len(folder) > 1 and not re.search("[<>]", folder)
    ]


def _names(names: Iterable[str]) -> list[str]:
    """Patterns of names, the longest first. Angle brackets part names: "Anna <anna@example.test>" are two."""
    parts = {part.strip() for name in names for part in re.split("[<>]", printable(name))}
    return [_name(part) for part in sorted(parts, key=lambda part: (-len(part), part)) if part]


def _name(name: str) -> str:
    # Between first and last name stands whatever a file name allows there.
    pattern = r"[\s._-]{1,4}".join(re.escape(word) for word in name.split())
    everywhere = len(name) >= _SHORT or (len(name) > 1 and max(map(ord, name)) >= _WITHOUT_SPACES)
    return pattern if everywhere else _WORD_BEFORE + pattern + _WORD_AFTER


NOTHING_PRIVATE = PrivateNames()
