"""Hives and trees of files that are hostile or broken, shown to the real command: it says why what cannot be read was
not, keeps what is good beside it, and never stops.
"""

from __future__ import annotations

import os
import struct
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest

from tests.journey.machines import PROGRAM, objects
from tests.unit.formats.regf.forge import Hive

_SERVICES: Final = {
    "Good": {"=Type": 0x10, "=Start": 2, "=ImagePath": r"C:\Windows\good.exe"},
    "No image": {"=Type": 0x20, "=Start": 3},
    "Out of range": {"=Type": 0x10, "=Start": 99},
    "Wrong": {"=Type": "sixteen", "=Start": b"\0"},
    "Bell\x07\x1b[31m\u202e\nnext": {"=Type": 0x10, "=Start": 2, "=ImagePath": "C:\\a\x07\nb.exe"},
}
_SYSTEM: Final = {"Select": {"=Current": 1}, "ControlSet001": {"Services": _SERVICES}}
_UNPRINTABLE: Final = {"\x07", "\x1b", "\n", "\u202e"}


def told(*arguments: str | Path) -> list[dict[str, Any]]:
    done = subprocess.run(
        [*PROGRAM, "inventory", *map(str, arguments), "--json"],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return objects(done.stdout.decode())


def of(item: str, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [line for line in lines if line["item"] == item]


def reasons(item: str, lines: list[dict[str, Any]]) -> set[str]:
    return {line["reason"] for line in of("unread", lines) if line["of"] == item}


def system(tree: dict[str, Any] | None = None) -> bytes:
    return Hive(tree or _SYSTEM, narrow=False).build()


def looping() -> bytes:
    """A hive whose key Services has, as its list of keys, that of the key above it."""
    hive = Hive(_SYSTEM, narrow=False)
    content = bytearray(hive.build())
    keys_at = 4096 + hive.keys["Services"] + 4 + 28
    struct.pack_into("<I", content, keys_at, hive.lists_at["ControlSet001"])
    return bytes(content)


_FOREIGN: Final = {"Software": {"Microsoft": {"=Data": "a user's"}}}
_BAD: Final[dict[str, tuple[bytes, str]]] = {
    "empty": (b"", "the hive is empty"),
    "cut": (system()[:4096], "the root of the hive is damaged"),
    "looping": (looping(), "damaged"),
    "Windows 9x": (b"CREG" + bytes(1 << 16), "a registry of Windows 95, 98 or Me"),
    "no hive": (b"SQLite format 3\0" + bytes(1 << 16), "not a registry hive"),
    "of a user": (system(_FOREIGN), "the hive holds no control set"),
}


@pytest.mark.parametrize("kind", _BAD)
def test_a_hive_that_cannot_be_read_costs_only_itself(kind: str, tmp_path: Path) -> None:
    content, reason = _BAD[kind]
    (tmp_path / "bad").write_bytes(content)
    (tmp_path / "good").write_bytes(
        Hive({"Microsoft": {"Windows NT": {"CurrentVersion": {"=ProductName": "Good"}}}}).build()
    )
    lines = told(
        *("--registry", f"SYSTEM={tmp_path / 'bad'}"),
        *("--registry", f"SOFTWARE={tmp_path / 'good'}"),
    )
    assert any(reason in each for each in reasons("services", lines))
    assert [line["name"] for line in of("operating_system", lines)] == ["Good"]
    assert of("vedette", lines)


def test_services_that_are_odd_are_told_as_far_as_they_can_be(tmp_path: Path) -> None:
    (tmp_path / "SYSTEM").write_bytes(system())
    lines = told("--registry", f"SYSTEM={tmp_path / 'SYSTEM'}")
    services = {line["name"]: line for line in of("services", lines)}
    assert {"Good", "No image", "Out of range"} < services.keys()
    assert services["Good"]["start"] == "auto"
    assert services["No image"]["image"] is None
    assert services["Out of range"]["start"] is None
    assert "Wrong" not in services
    assert reasons("services", lines) == {"the type of a service is no number"}
    (bell,) = [line for name, line in services.items() if name.startswith("Bell")]
    assert not _UNPRINTABLE & {*bell["name"], *bell["image"]}


def test_where_its_own_state_is_closed_all_else_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = subprocess.run(
        [*PROGRAM, "--state", tmp_path / "file" / "state", "inventory", "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    lines = objects(done.stdout)
    assert reasons("vedette", lines) == {"the state folder cannot be used"}
    assert [line["health"] for line in of("vedette", lines)] == [{}]


_RECORDS: Final = "# what\n203.0.113.7 bank.example.com # why\n"
_HOSTS: Final[dict[str, tuple[bytes, int]]] = {
    "UTF-8 with a mark": (_RECORDS.encode("utf-8-sig"), 2),
    "UTF-16": (_RECORDS.encode("utf-16"), 2),
    "UTF-16 without a mark": (_RECORDS.encode("utf-16-le"), 2),
    "Latin-1": (_RECORDS.replace("what", "für").encode("latin-1"), 2),
    "CR only": (_RECORDS.replace("\n", "\r").encode(), 2),
    "scrolled out of sight": (b"# none\n" + b"\n" * 200 + _RECORDS.encode(), 203),
    "with bytes that are no text": (b"\xff\xfe\xfd\x00\n"[2:] + _RECORDS.encode(), 3),
}


@pytest.mark.parametrize("kind", _HOSTS)
@pytest.mark.parametrize("place", ["etc", "Windows/System32/drivers/etc"])
def test_hosts_files_in_any_dress(kind: str, place: str, tmp_path: Path) -> None:
    content, line = _HOSTS[kind]
    if place != "etc":
        (tmp_path / "Windows/System32/config").mkdir(parents=True)
    (tmp_path / place).mkdir(parents=True)
    (tmp_path / place / "hosts").write_bytes(content)
    lines = told("--root", tmp_path)
    assert of("hosts_records", lines) == [
        {
            "item": "hosts_records",
            "source": str(tmp_path),
            "address": "203.0.113.7",
            "names": ["bank.example.com"],
            "line": line,
        }
    ]


def test_a_tree_of_links_pipes_and_rubbish_stops_nothing(tmp_path: Path) -> None:
    etc, units = tmp_path / "etc", tmp_path / "usr/lib/systemd/system"
    for folder in (etc / "init.d", units, tmp_path / "var/lib/dpkg", tmp_path / "lib/apk/db"):
        folder.mkdir(parents=True)
    (etc / "hosts").symlink_to("hosts")
    os.mkfifo(etc / "os-release")
    (tmp_path / "var/lib/dpkg/status").write_bytes(os.urandom(4096))
    (tmp_path / "lib/apk/db/installed").write_bytes(b"P:\nV:\x00\n\n" * 50)
    (units / "good.service").write_text("[Service]\nExecStart=/usr/bin/good\n")
    (units / "absent.service").write_text("[Service]\nExecStart=/usr/bin/absent\n")
    (units / "rubbish.service").write_bytes(bytes(range(256)) * 16)
    (units / "circle.service").symlink_to("circle.service")
    lines = told("--root", tmp_path)
    assert {"good", "absent"} <= {line["name"] for line in of("services", lines)}
    assert reasons("hosts_records", lines)
    assert of("vedette", lines)
    for line in of("unread", lines):
        assert str(tmp_path) not in line["reason"]
