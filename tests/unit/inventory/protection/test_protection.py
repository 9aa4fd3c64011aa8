"""The antivirus products of a computer, on recorded trees, in values, and here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.agent.shut_in import SandboxedParsers
from vedette.clock import EPOCH, SystemClock
from vedette.errors import Unreadable
from vedette.facts.record import Platform
from vedette.formats.cvd import DatabaseHead, head
from vedette.host import Host
from vedette.host.linux import LinuxHost
from vedette.host.registry import Data
from vedette.inventory import Unread
from vedette.inventory.protection import ITEM
from vedette.testing.host import FakeFile, FakeFiles, FakeHost, FakeSpecial
from vedette.testing.registry import FakeHive, FakeRegistry

BUILT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
STATUS = (
    b"Package: clamav-base\nStatus: install ok installed\nVersion: 1.4.6+dfsg-0+deb12u1\n\n"
    b"Package: bash\nStatus: install ok installed\nVersion: 5.2\n"
)


def database(version: int, built: datetime = BUILT) -> bytes:
    text = (
        f"ClamAV-VDB:{built:%d %b %Y %H-%M} +0000:{version}:2067000:90:aa:bb:raynman:"
        f"{int(built.timestamp())}"
    )
    return text.encode().ljust(512) + b"\x1f\x8bthe rest"


def computer(live: bool = True, **more: bytes) -> FakeHost:
    tree: dict[str, Any] = {
        "/usr/sbin/clamd": FakeFile(b"\x7fELF", mode=0o755),
        "/etc/clamav/clamd.conf": b"# a comment\nDatabaseDirectory /srv/clamav\nLogFile /x\n",
        "/srv/clamav/daily.cvd": database(27500),
        "/srv/clamav/daily.cld": database(27501, BUILT + timedelta(days=1)),
        "/srv/clamav/main.cvd": database(62),
        "/var/lib/dpkg/status": STATUS,
        "/proc/7/comm": b"clamd\n",
        "/proc/self/comm": b"clamonacc\n",
        "/var/log/clamav/scan.log": (
            b"----------- SCAN SUMMARY -----------\nEnd Date:   2026:11:20 03:00:11\n"
            b"End Date:   2026:11:22 03:00:07\nEnd Date:   2026:99:22 03:00:07"
        ),
    }
    tree |= {path.replace("__", "/"): content for path, content in more.items()}
    return FakeHost(FakeFiles(tree), live=live)


def told(host: Host) -> list[dict[str, Any]]:
    return [
        {"unread": found.reason}
        if isinstance(found, Unread)
        else {
            field.name: getattr(found, field.name) and getattr(found, field.name).value
            for field in ITEM.fields
        }
        for found in ITEM.read(host)
    ]


def test_clamav_is_told_by_what_runs_and_what_it_runs_on() -> None:
    host = computer()
    host.files.put("/var/log/clamav/scan.log", b"End Date:   2026:11:22 03:00:07\n")
    assert told(host) == [
        {
            "product": "ClamAV",
            "enabled": True,
            "real_time": False,
            "up_to_date": None,
            "engine_version": "1.4.6",
            "database_version": "27501",
            "database_time": int((BUILT + timedelta(days=1) - EPOCH).total_seconds()),
            "last_scan": (date(2026, 11, 22) - EPOCH.date()).days,
        }
    ]


def test_real_time_wants_both_the_daemon_and_the_watch() -> None:
    host = computer()
    host.files.put("/proc/8/comm", b"clamonacc\n")
    assert told(host)[-1]["real_time"] is True
    host.files.put("/proc/7/comm", b"sleep\n")
    assert told(host)[-1]["enabled"] is False
    assert told(host)[-1]["real_time"] is False


def test_of_an_image_nobody_can_tell_what_runs() -> None:
    (product,) = (line for line in told(computer(live=False)) if "product" in line)
    assert product["enabled"] is None
    assert product["real_time"] is None
    assert product["engine_version"] == "1.4.6"


def test_without_clamav_nothing_is_told() -> None:
    assert told(FakeHost()) == []


def test_what_is_damaged_costs_only_itself() -> None:
    host = computer()
    host.files.put("/srv/clamav/daily.cvd", b"not a database")
    host.files.put("/var/lib/dpkg/status", FakeSpecial())
    host.files.put("/var/log/clamav/huge.log", b"x" * (9 << 20))
    lines = told(host)
    assert [line["unread"] for line in lines[:-1]] == [
        "not a database of ClamAV",
        "not a regular file",
        "too large",
    ]
    assert lines[-1]["product"] == "ClamAV"
    assert lines[-1]["database_version"] is None


def test_a_day_that_no_calendar_has_is_no_scan() -> None:
    host = computer()
    host.files.put("/var/log/clamav/scan.log", b"End Date:   2026:13:45 03:00:07\n")
    assert told(host)[-1]["last_scan"] is None


@pytest.fixture(scope="module")
def shut_in() -> Iterator[SandboxedParsers]:
    with closing(SandboxedParsers(SystemClock())) as parsers:
        yield parsers


@pytest.mark.skipif(shutil.which("clamd") is None, reason="Debian's clamav-daemon is not installed")
def test_this_computer_has_the_engine_that_its_package_says(shut_in: SandboxedParsers) -> None:
    (product,) = (line for line in told(LinuxHost(shut_in=shut_in)) if "product" in line)
    assert product["product"] == "ClamAV"
    assert product["engine_version"].count(".") == 2


def test_a_database_is_told_by_its_head(tmp_path: Path) -> None:
    (tmp_path / "daily.cvd").write_bytes(database(27500))
    with (tmp_path / "daily.cvd").open("rb") as file:
        assert head(file.fileno()) == DatabaseHead(27500, BUILT)
    (tmp_path / "old.cvd").write_bytes(b"ClamAV-VDB:07 Jan 2020 10-30 +0100:25000:1:1:a:b:c")
    with (tmp_path / "old.cvd").open("rb") as file:
        assert head(file.fileno()) == DatabaseHead(25000, datetime(2020, 1, 7, 9, 30, tzinfo=UTC))


@given(st.binary(max_size=600), st.booleans())
def test_any_other_bytes_are_no_database_or_one_without_a_time(data: bytes, magic: bool) -> None:
    host = FakeHost(FakeFiles({"/d": (b"ClamAV-VDB:" if magic else b"") + data}))
    from vedette.inventory.protection.clamav import HEAD

    try:
        assert host.parse(HEAD, "/d").version >= 0
    except Unreadable as error:
        assert error.reason == "not a database of ClamAV"  # noqa: PT017 - either is right


def windows(registry: dict[str, dict[str, Data]], **rows: Any) -> FakeHost:
    return FakeHost(
        platform=Platform.WINDOWS,
        registry=FakeRegistry(FakeHive(registry)),
        rows=rows,
    )


DEFENDER = r"SOFTWARE\Microsoft\Windows Defender"
KEPT: dict[str, dict[str, Data]] = {
    DEFENDER: {"DisableAntiSpyware": 0},
    rf"{DEFENDER}\Signature Updates": {
        "EngineVersion": "1.1.24080.9",
        "AVSignatureVersion": "1.419.12.0",
        "SignaturesLastUpdated": (133_768_800_000_000_000).to_bytes(8, "little"),
    },
    rf"{DEFENDER}\Real-Time Protection": {"DisableRealtimeMonitoring": 0},
    r"SOFTWARE\Microsoft\Security Center\Provider\Av\{1}": {
        "DISPLAYNAME": "Example Antivirus",
        "STATE": 0x061110,
    },
    r"SOFTWARE\Microsoft\Security Center\Provider\Av\{2}": {
        "DISPLAYNAME": "Windows Defender",
        "STATE": 0x061100,
    },
}


def test_an_image_of_windows_tells_what_its_keys_keep() -> None:
    other, defender = told(windows(KEPT))
    assert (other["product"], other["enabled"], other["up_to_date"]) == (
        "Example Antivirus",
        True,
        False,
    )
    assert defender["product"] == "Microsoft Defender Antivirus"
    assert (defender["enabled"], defender["real_time"]) == (True, True)
    assert defender["engine_version"] == "1.1.24080.9"
    assert defender["database_version"] == "1.419.12.0"
    assert defender["database_time"] == int(
        (datetime(2024, 11, 24, tzinfo=UTC) - EPOCH).total_seconds()
    )


@pytest.mark.parametrize(
    "setting",
    [
        {r"SOFTWARE\Policies\Microsoft\Windows Defender": {"DisableAntiSpyware": 1}},
        {DEFENDER: {"DisableAntiVirus": 1}},
    ],
)
def test_a_policy_can_have_turned_it_off(setting: dict[str, dict[str, Data]]) -> None:
    defender = told(windows({**KEPT, **setting}))[-1]
    assert (defender["enabled"], defender["real_time"]) == (False, False)


def test_a_running_windows_is_asked() -> None:
    host = windows(
        KEPT,
        AntiVirusProduct=[{"displayName": "Example Antivirus", "productState": 0x060100}],
        MSFT_MpComputerStatus=[
            {
                "AMEngineVersion": "1.1.1.1",
                "AntivirusEnabled": True,
                "RealTimeProtectionEnabled": False,
                "AntivirusSignatureVersion": "1.2.3.4",
                "AntivirusSignatureLastUpdated": "2026-11-24T08:00:00+00:00",
                "QuickScanEndTime": "2026-11-23T08:00:00+00:00",
                "FullScanEndTime": None,
            }
        ],
    )
    other, defender = told(host)
    assert (other["product"], other["enabled"], other["up_to_date"]) == (
        "Example Antivirus",
        False,
        True,
    )
    assert (defender["enabled"], defender["real_time"]) == (True, False)
    assert defender["last_scan"] == (date(2026, 11, 23) - EPOCH.date()).days


def test_a_windows_without_any_has_none() -> None:
    assert told(windows({})) == []
