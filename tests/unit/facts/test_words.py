"""Words made of what others wrote."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vedette.facts.kinds import Word
from vedette.facts.words import worded


def test_letters_and_digits_stay_with_one_line_between_them() -> None:
    assert worded(" Attempted  Admin-Privilege (2)") == "attempted_admin_privilege_2"
    assert worded("—") == ""


@given(st.text(max_size=80))
def test_whatever_is_left_is_a_word_and_stays_one(text: str) -> None:
    made = worded(text)
    assert worded(made) == made
    if made:
        assert Word(made[:64]).value == made[:64]
