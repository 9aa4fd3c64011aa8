"""Launches: what is told of a file that was started, and of the place it lay in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from vedette.activity.launches import Launch, launch, location_of
from vedette.facts.privacy import PrivateNames
from vedette.host import FileStat

LATER = datetime(2026, 11, 24, 13, 59, 59, tzinfo=UTC)
FACTS = FileStat(
    size=1234,
    modified=LATER,
    changed=LATER,
    created=datetime(2026, 3, 1, 23, 59, tzinfo=UTC),
    mode=0o100755,
    owner=1000,
    device=1,
    inode=2,
)
ANNA = PrivateNames(users=frozenset({"anna"}), homes=frozenset({"/srv/people/anna"}))


def launched(path: str, facts: FileStat = FACTS) -> Launch:
    return launch(path, bytes(32), facts, LATER, ANNA)


def test_what_is_told() -> None:
    found = launched("/opt/tool/bin/tool")
    told = {name: getattr(found, name) for name in Launch.__dataclass_fields__}
    assert {name: value.value for name, value in told.items() if value is not None} == {
        "sha256": bytes(32),
        "size": 1234,
        "name": "tool",
        "location": "program_files",
        "folder": "/opt/tool/bin",
        "attributes": ["executable"],
        "created": 20_513,
        "time": 498_757,
    }


PLACES = {
    "/usr/bin/x": "system",
    "/bin/x": "system",
    "/sbin/x": "system",
    "/lib64/ld-linux.so": "system",
    "/usr/local/bin/x": "program_files",
    "/opt/x/y": "program_files",
    "/snap/x/1/bin/x": "program_files",
    "/var/lib/flatpak/app/x": "program_files",
    "/tmp/x": "temp",
    "/var/tmp/x": "temp",
    "/dev/shm/x": "temp",
    "/home/anna/.cache/x": "temp",
    "/home/anna/Downloads/x": "downloads",
    "/home/anna/Downloads/y/x": "downloads",
    "/srv/people/anna/Downloads/x": "downloads",
    "/home/anna/.local/bin/x": "app_data",
    "/home/anna/.vscode/x": "app_data",
    "/media/anna/STICK/x": "removable",
    "/mnt/x": "removable",
    "/run/media/anna/STICK/x": "removable",
    "/home/anna/project/target/debug/x": "build",
    "/home/anna/project/node_modules/.bin/x": "build",
    "/home/anna/project/node_modules/@scope/pkg/x": "build",
    "/home/anna/x": "other",
    "/home/anna/bin/x": "other",
    "/home/anna/Documents/divorce/x": "other",
    "/srv/x": "other",
    "/x": "other",
    "/usrlocal/x": "other",
    "/tmpfoo/x": "other",
}


@pytest.mark.parametrize("path", PLACES)
def test_locations(path: str) -> None:
    assert launched(path).location.value == PLACES[path]


def test_every_location_is_one_of_the_recorded_telemetry() -> None:
    known = {
        "system",
        "program_files",
        "app_data",
        "temp",
        "downloads",
        "removable",
        "build",
        "other",
    }
    assert {location_of(path.rpartition("/")[0]) for path in PLACES} <= known
    assert set(PLACES.values()) == known


def test_whose_it_was_is_not_told() -> None:
    for path, folder, name in (
        ("/home/anna/bin/anna-tool", "<home>/bin", "<user>-tool"),
        ("/home/bob/x/tool", "<home>/x", "tool"),
        ("/home/anna/Documents/divorce/tool", "<home>/Documents/…", "tool"),
        ("/media/anna/STICK/tool", "/media/<user>/STICK", "tool"),
    ):
        found = launched(path)
        assert (found.folder.value, found.name.value) == (folder, name)


ATTRIBUTES = {
    0o100755: ["executable"],
    0o100644: [],
    0o100555: ["executable", "read_only"],
    0o104755: ["executable", "setuid"],
    0o102755: ["executable", "setgid"],
    0o100777: ["executable", "world_writable"],
    0o100000: ["read_only"],
    0o100001: ["executable", "read_only"],
}


@pytest.mark.parametrize("mode", ATTRIBUTES, ids=oct)
def test_attributes(mode: int) -> None:
    found = launched("/opt/tool", replace(FACTS, mode=mode))
    assert found.attributes.value == ATTRIBUTES[mode]


def test_a_hidden_file() -> None:
    assert launched("/opt/.tool").attributes.value == ["executable", "hidden"]


def test_a_file_system_that_keeps_no_creation_time() -> None:
    assert launched("/opt/tool", replace(FACTS, created=None)).created is None


def test_names_that_are_no_text() -> None:
    found = launched(b"/opt/caf\xe9/caf\xe9\n".decode("utf-8", "surrogateescape"))
    assert (found.folder.value, found.name.value) == ("/opt/caf\ufffd", "caf\ufffd\ufffd")
