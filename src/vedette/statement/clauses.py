"""The statement as data: what may be reported, under which clause, and every word shown before agreeing.

The words lie in ``clauses.toml`` beside this file. Their digest, the *wording*, covers the whole text as shown,
with the placeholders for controller and contact still open; where lines are broken does not matter to it. What
exactly is collected, field by field, is the *terms* (``vedette.statement.terms``), with a digest of their own: a
corrected typo is a new wording under the same terms.
"""

from __future__ import annotations

import hashlib
import textwrap
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

import msgspec

from vedette.errors import DeclarationError

CONTROLLER, CONTACT = "{controller}", "{contact}"


class Tier(StrEnum):
    """What a person can agree to. ``additional`` needs ``basic``."""

    BASIC = "basic"
    ADDITIONAL = "additional"


class Purpose(StrEnum):
    """What reports are for: new threats and their sources; better protection; a better product."""

    DETECT = "detect"
    PROTECT = "protect"
    IMPROVE = "improve"


class Provision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A paragraph that holds for all clauses, or a purpose. ``seed``: the part of the seed text it answers."""

    id: str
    title: str
    text: str
    seed: str


class TierText(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands above the clauses of a tier."""

    title: str
    text: str


class Clause(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Permission to report one thing. ``seed``: the entry of the seed's list that it answers, as ``basic.1``."""

    id: str
    tier: Tier
    title: str
    text: str
    seed: str


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The statement's words in the order in which they are shown."""

    language: str
    title: str
    opening: tuple[Provision, ...]
    purposes: tuple[Provision, ...]
    rules: tuple[Provision, ...]
    tiers: dict[Tier, TierText]
    clauses: tuple[Clause, ...]
    closing: tuple[Provision, ...]

    @classmethod
    def load(cls) -> Wording:
        """The wording of this version of Vedette."""
        return _installed()

    @classmethod
    def parse(cls, toml: str) -> Wording:
        """The wording in ``toml``. Raises ``DeclarationError`` where a part is missing, unknown or named twice."""
        try:
            wording = msgspec.convert(tomllib.loads(toml), cls)
        except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
            raise _wrong(str(error)) from error
        provisions = (*wording.opening, *wording.rules, *wording.closing)
        ids = [p.id for p in provisions] + [c.id for c in wording.clauses]
        if len(set(ids)) != len(ids):
            raise _wrong("two parts have one id")
        if set(wording.tiers) != set(Tier) or [p.id for p in wording.purposes] != list(Purpose):
            raise _wrong("a tier or purpose is not worded")
        return wording

    @property
    def digest(self) -> str:
        """SHA-256, hexadecimal, of every word shown."""
        canonical = [self.language, *(" ".join(text.split()) for _, text in self._parts())]
        return hashlib.sha256("\n".join(canonical).encode()).hexdigest()

    def text(self, controller: str = CONTROLLER, contact: str = CONTACT, width: int = 100) -> str:
        """The statement as plain text for a terminal (it is Markdown too), in lines of ``width`` characters.

        ``controller`` and ``contact`` come from the join string or the receipt: what a terminal would obey in
        them is blanked.
        """
        filled = {CONTROLLER: _printable(controller), CONTACT: _printable(contact)}
        return "\n\n".join(_shown(form, text, filled, width) for form, text in self._parts())

    def _parts(self) -> Iterator[tuple[str, str]]:
        """Each piece of text with its form: a heading's underline, an item's bullet, nothing for a paragraph."""
        yield "=", self.title
        yield from _paragraphs(self.opening)
        yield "-", "What reports are used for"
        yield from (("*", f"{p.title} (`{p.id}`). {p.text}") for p in self.purposes)
        yield from _paragraphs(self.rules)
        for tier in Tier:
            yield "-", self.tiers[tier].title
            yield "", self.tiers[tier].text
            yield from (
                ("*", f"{c.title} (`{c.id}`). {c.text}") for c in self.clauses if c.tier is tier
            )
        yield from _paragraphs(self.closing)


def _paragraphs(provisions: Iterable[Provision]) -> Iterator[tuple[str, str]]:
    for provision in provisions:
        yield "-", provision.title
        yield "", provision.text


def _shown(form: str, text: str, filled: Mapping[str, str], width: int) -> str:
    text = " ".join(text.split())
    for placeholder, value in filled.items():
        text = text.replace(placeholder, value)
    if form in {"=", "-"}:
        return f"{text}\n{form * len(text)}"
    start, indent = ("- ", "  ") if form else ("", "")
    return textwrap.fill(
        text,
        width,
        initial_indent=start,
        subsequent_indent=indent,
        break_on_hyphens=False,
        break_long_words=False,
    )


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _wrong(what: str) -> DeclarationError:
    return DeclarationError(f"the statement cannot be used ({what})", "correct clauses.toml")


@cache
def _installed() -> Wording:
    file = resources.files("vedette.statement") / "clauses.toml"
    return Wording.parse(file.read_text(encoding="utf-8"))


CLAUSES: Final[Mapping[str, Clause]] = MappingProxyType({c.id: c for c in Wording.load().clauses})


def clause(clause_id: str) -> Clause:
    """The clause of that id. Raises ``DeclarationError`` where the statement has none."""
    try:
        return CLAUSES[clause_id]
    except KeyError:
        raise DeclarationError(
            "the statement has no such clause",
            "rest the item on a clause of clauses.toml, or add one",
        ) from None
