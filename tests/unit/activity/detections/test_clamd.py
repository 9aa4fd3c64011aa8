"""What clamd's log says of a find, and what it says otherwise."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.activity import Finding
from vedette.activity.detections.clamd import SOURCE
from vedette.facts.privacy import NOTHING_PRIVATE
from vedette.host.events import LogEntry

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
STAMP = "Tue Nov 24 12:00:00 2026 -> "


def told(text: str) -> list[Finding]:
    found = list(SOURCE.read(LogEntry("clamd", text, NOW), NOTHING_PRIVATE))
    return [each for each in found if isinstance(each, Finding)]


@pytest.mark.parametrize("stamp", [STAMP, ""])
@pytest.mark.parametrize("more", ["", "(44d88612fea8a8f36de82e1278abb02f:68)"])
def test_a_find(stamp: str, more: str) -> None:
    assert told(f"{stamp}/srv/a b/eicar.com: Eicar-Test-Signature{more} FOUND") == [
        Finding("Eicar-Test-Signature", ("/srv/a b/eicar.com",), NOW, product="ClamAV")
    ]


@pytest.mark.parametrize("path", ["instream(127.0.0.1@4242)", "fd[10]", "stdin"])
def test_what_has_no_path_is_a_find_without_files(path: str) -> None:
    (found,) = told(f"{STAMP}{path}: Eicar-Test-Signature FOUND")
    assert found.paths == ()


def test_a_file_cannot_be_called_so_as_to_name_another_threat() -> None:
    (found,) = told(f"{STAMP}/srv/x: Other.Threat FOUND: Eicar-Test-Signature FOUND")
    assert (found.threat, found.paths) == ("Eicar-Test-Signature", ("/srv/x: Other.Threat FOUND",))


@pytest.mark.parametrize(
    "text",
    [
        f"{STAMP}/srv/a: OK",
        f"{STAMP}SelfCheck: Database status OK.",
        f"{STAMP}/srv/a: no such threat name FOUND",
        " FOUND",
        "x" * 9000 + ": Eicar FOUND",
    ],
)
def test_other_lines_are_no_find(text: str) -> None:
    assert told(text) == []


@given(st.text(max_size=300))
def test_any_text_is_understood(text: str) -> None:
    told(text + " FOUND")
