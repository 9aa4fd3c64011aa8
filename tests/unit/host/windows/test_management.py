"""Rows of management classes: what PowerShell is given, and what is made of its answer."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Sequence

import pytest

from vedette.errors import Unreadable, Unsupported
from vedette.host import Query
from vedette.host.windows.management import bounded, rows

DISKS = Query(r"root\CIMV2", "Win32_DiskDrive", ("Model", "Size"))


def asked(query: Query, answer: str | bytes) -> list[dict[str, object]]:
    content = answer if isinstance(answer, bytes) else answer.encode()
    return [dict(row) for row in rows(query, lambda _: content)]


def test_the_script_names_what_is_asked() -> None:
    given: list[Sequence[str]] = []

    def run(command: Sequence[str]) -> bytes:
        given.append(command)
        return b"[]"

    assert list(rows(DISKS, run)) == []
    command = given[0]
    assert "-NoProfile" in command
    assert "-NonInteractive" in command
    script = base64.b64decode(command[-1]).decode("utf-16-le")
    assert (
        "Get-CimInstance -Namespace 'root/CIMV2' -ClassName 'Win32_DiskDrive' -Property @('Model', 'Size')"
        in script
    )
    assert "{{" not in script


@pytest.mark.parametrize(
    "query",
    [
        Query("root'; Remove-Item x; '", "Win32_DiskDrive", ("Model",)),
        Query(r"\\other\root\CIMV2", "Win32_DiskDrive", ("Model",)),
        Query("root", "Win32_DiskDrive WHERE", ("Model",)),
        Query("root", "Win32_DiskDrive", ("Model')",)),
        Query("root", "Win32_DiskDrive", ()),
    ],
)
def test_nothing_but_names_gets_into_it(query: Query) -> None:
    with pytest.raises(Unreadable, match="no name"):
        asked(query, "[]")


def test_rows_have_just_what_was_asked_for() -> None:
    answer = '[{"Model":"Disk®","Size":512110190592,"More":1},{"Model":null}]\r\n'
    assert asked(DISKS, answer) == [
        {"Model": "Disk®", "Size": 512110190592},
        {"Model": None, "Size": None},
    ]


@pytest.mark.parametrize(
    "answer",
    ['{"Model":"One","Size":1}', '{"value":[{"Model":"One","Size":1}],"Count":1}'],
)
def test_other_forms_of_one_row(answer: str) -> None:
    assert asked(DISKS, answer) == [{"Model": "One", "Size": 1}]


def test_a_mark_and_values_that_are_none() -> None:
    answer = b"\xef\xbb\xbf" + b'[{"Model":[1,2],"Size":2.0}]'
    assert asked(DISKS, answer) == [{"Model": None, "Size": 2}]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("!AccessDenied", "not permitted"),
        ("!InvalidNamespace\r\n", "no such class"),
        ("!Failed", "refused by the system"),
        ("!", "refused by the system"),
        ("", "another form"),
        ("[1]", "another form"),
        ('{"value":3,"Count":1}', "another form"),
    ],
)
def test_failures_are_reasons(answer: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        asked(DISKS, answer)


def started(script: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
    )


def test_what_a_program_writes_is_bounded() -> None:
    assert bounded(started("print('x' * 10, end='')"), 20, 10) == b"x" * 10
    with pytest.raises(Unreadable, match="too large"):
        bounded(started("print('x' * 1000000)"), 20, 10)
    with pytest.raises(Unreadable, match="takes too long"):
        bounded(started("import time; time.sleep(60)"), 0.3, 10)
    with pytest.raises(Unreadable, match="refused by the system"):
        bounded(started("import sys; sys.exit(3)"), 20, 10)


@pytest.mark.skipif(sys.platform == "win32", reason="here it is")
def test_elsewhere_there_is_none() -> None:
    with pytest.raises(Unsupported):
        rows(DISKS)
