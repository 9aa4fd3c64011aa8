"""Each entry is read through one log alone, whatever logs a computer has."""

from __future__ import annotations

import pytest

from vedette.agent import logs
from vedette.agent.logs import chosen
from vedette.clock import SystemClock
from vedette.endpoint.log_reports import Followed
from vedette.endpoint.settings import LogFile, LogSettings

PROGRAMS = frozenset({"sshd", "kernel", "suricata", "audit"})


@pytest.fixture
def there(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The logs that the computer has."""
    there: set[str] = set()
    monkeypatch.setattr(logs, "journal_runs", lambda: "journal" in there)
    monkeypatch.setattr(logs, "kernel_log_opens", lambda: "kernel log" in there)
    monkeypatch.setattr(logs, "_there", there.__contains__)
    return there


def readers(settings: LogSettings, program: str, there: set[str]) -> list[str]:
    """The names of the logs through which an entry of ``program`` would be read, of those that are there."""
    found = chosen(settings, PROGRAMS, SystemClock())
    every: list[Followed] = [followed for group in found.values() for followed in group]
    present = {*there, *({"kernel"} if "kernel log" in there else ())}
    kept = [one for one in every if one.log.name in present]
    return [one.log.name for one in kept if _has(one, program) and one.takes(program)]


def _has(one: Followed, program: str) -> bool:
    return program == "kernel" if one.log.name == "kernel" else True


@pytest.mark.parametrize(
    ("having", "program", "through"),
    [
        ({"journal", "kernel log", "/var/log/auth.log"}, "sshd", "journal"),
        ({"journal", "kernel log", "/var/log/kern.log"}, "kernel", "journal"),
        ({"kernel log", "/var/log/auth.log", "/var/log/messages"}, "sshd", "/var/log/auth.log"),
        ({"kernel log", "/var/log/messages"}, "sshd", "/var/log/messages"),
        ({"kernel log", "/var/log/messages"}, "kernel", "kernel"),
        ({"/var/log/secure", "/var/log/messages"}, "kernel", "/var/log/messages"),
        ({"/var/log/messages"}, "kernel", "/var/log/messages"),
        (
            {"journal", "/var/log/audit/audit.log"},
            "audit",
            "/var/log/audit/audit.log",
        ),
        ({"journal"}, "audit", "journal"),
        ({"journal", "/var/log/suricata/eve.json"}, "suricata", "/var/log/suricata/eve.json"),
    ],
)
def test_an_entry_comes_through_one_log(
    there: set[str], having: set[str], program: str, through: str
) -> None:
    there |= having
    found = readers(LogSettings(), program, there)
    if program == "kernel" and "/var/log/secure" in having:
        found = [name for name in found if name != "/var/log/secure"]  # where it says nothing
    assert found == [through]


def test_logs_of_programs_own_are_waited_for(there: set[str]) -> None:
    names = [one.log.name for one in chosen(LogSettings(), PROGRAMS, SystemClock())["logs"]]
    assert "/var/log/suricata/eve.json" in names
    assert "/var/log/auth.log" in names


def test_without_auto_only_what_is_named_is_followed(there: set[str]) -> None:
    there |= {"journal", "kernel log"}
    settings = LogSettings(
        auto=False,
        files=(LogFile("/srv/eve.json", "eve"), LogFile("/srv/log", "syslog")),
        socket="/run/vedette/log",
        udp=5514,
    )
    found = chosen(settings, PROGRAMS, SystemClock())
    assert {name: [one.log.name for one in group] for name, group in found.items()} == {
        "logs": ["/srv/eve.json", "/srv/log"],
        "log socket": ["socket /run/vedette/log"],
        "log port": ["socket 5514"],
    }


def test_nothing_is_followed_where_nothing_can_be_learned(there: set[str]) -> None:
    there |= {"journal", "kernel log"}
    assert chosen(LogSettings(), frozenset(), SystemClock()) == {}
