"""The quick look at texts as they arrive never passes what the thorough look would not."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.facts import privacy
from vedette.facts.kinds import Name, Path

# Everything that means something to the searches, beside all other characters.
_PIECES = st.sampled_from(
    (
        *("@", "\uff20", "%40", "/", "\\", "Users", "HOME", "root", "docume~1", "Documents"),
        *("<home>", "documents and settings", "\u212a", "\u0130", "\u0660", "\u061c", "\x7f"),
        *("\n", "\0", "\ud800"),
    )
)
_TEXT = st.lists(_PIECES | st.text(max_size=40), max_size=6).map("".join)
_TEXTS = st.lists(st.none() | _TEXT, max_size=20)


@given(_TEXTS)
def test_what_is_harmless_fits_and_leaks_nothing(texts: list[str | None]) -> None:
    try:
        packed = msgspec.msgpack.encode(texts)
    except UnicodeEncodeError:
        return  # such a text cannot arrive
    there = [text for text in texts if text is not None]
    for kind in (Name, Path):
        if kind.harmless(packed):
            assert kind.fits(there)
            assert not kind.leaks(there)


@pytest.mark.parametrize("rows", [1, 15, 16, 500])
@pytest.mark.parametrize(
    "text", ["", "bash", "/usr/lib/systemd/systemd-logind", "a" * 40, "\u0663"]
)
def test_what_is_ordinary_needs_no_second_look(rows: int, text: str) -> None:
    packed = msgspec.msgpack.encode([text, None] * rows)
    assert Name.harmless(packed)
    assert Path.harmless(packed)


def test_no_unprintable_character_passes() -> None:
    for one in map(chr, range(0x110000)):
        if not privacy.is_printable(one) and not "\ud800" <= one <= "\udfff":
            assert not privacy.harmless(msgspec.msgpack.encode([f"a{one}b"]))
