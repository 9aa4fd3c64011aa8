"""Text in whatever encoding somebody saved it."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.formats.text import decoded

LINES = "127.0.0.1 localhost # überflüssig\r\n10.0.0.1 名前\n"


@pytest.mark.parametrize(
    "data",
    [
        LINES.encode(),
        codecs.BOM_UTF8 + LINES.encode(),
        codecs.BOM_UTF16_LE + LINES.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + LINES.encode("utf-16-be"),
        codecs.BOM_UTF32_LE + LINES.encode("utf-32-le"),
        codecs.BOM_UTF32_BE + LINES.encode("utf-32-be"),
        LINES.encode("utf-16-le"),
        LINES.encode("utf-16-be"),
    ],
)
def test_each_encoding_is_told(data: bytes) -> None:
    assert decoded(data) == LINES


def test_what_is_no_utf_8_is_western() -> None:
    assert decoded("Größe".encode("cp1252")) == "Größe"
    assert decoded("naïve".encode("latin-1")) == "naïve"


@given(st.binary())
def test_any_bytes_are_some_text(data: bytes) -> None:
    assert isinstance(decoded(data), str)


@given(st.text(st.characters(min_codepoint=1, codec="utf-8")))
def test_utf_8_stays_as_it_was(text: str) -> None:
    assert decoded(codecs.BOM_UTF8 + text.encode()) == text
