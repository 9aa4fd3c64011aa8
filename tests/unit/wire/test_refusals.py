"""The words for refusals: closed, and each with what to do."""

from __future__ import annotations

import re

import msgspec
import pytest

from vedette.wire.refusals import Problem, Refusal


@pytest.mark.parametrize("refusal", Refusal)
def test_a_refusal_is_a_word_with_a_status_and_advice(refusal: Refusal) -> None:
    assert re.fullmatch(r"[a-z][a-z_]*", refusal)
    assert 400 <= refusal.status < 600
    assert refusal.advice == refusal.advice.strip() != ""
    assert not refusal.advice.endswith(".")


STATUSES = {
    400: {"truncated", "malformed"},
    401: {"unsigned", "bad_signature", "stale", "replayed", "unknown_install"},
    403: {
        "revoked_install",
        "token_unknown",
        "token_expired",
        "token_spent",
        "no_consent",
        "unknown_terms",
        "receipt_mismatch",
    },
    409: {"sequence_reused"},
    410: {"erased_install"},
    413: {"too_large", "bomb"},
    429: {"busy"},
    503: {"unavailable"},
}


def test_words_and_statuses_are_those_that_others_rely_on() -> None:
    """A word that is changed here is one that the computers of the release before do not know."""
    assert {
        status: {str(refusal) for refusal in Refusal if refusal.status == status}
        for status in {refusal.status for refusal in Refusal}
    } == STATUSES


def test_words_are_not_used_twice() -> None:
    assert len({str(refusal) for refusal in Refusal}) == len(Refusal.__members__)


def test_a_problem_is_json_as_rfc_9457_has_it() -> None:
    problem = Problem("about:blank", "busy", 429, "try later", Refusal.BUSY)
    assert msgspec.json.decode(msgspec.json.encode(problem)) == {
        "type": "about:blank",
        "title": "busy",
        "status": 429,
        "detail": "try later",
        "reason": "busy",
    }
