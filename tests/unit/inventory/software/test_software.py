"""Installed software: of Linux' package managers from trees as each lays them out, of Windows from its registry."""

from __future__ import annotations

import lzma
from pathlib import Path

import pytest

from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host import Host
from vedette.inventory import Unread
from vedette.inventory.software import Software, read
from vedette.testing.host import FakeFiles, FakeHost, FakeLink, Node
from vedette.testing.registry import FakeHive, FakeRegistry, Tree

RPMDB = lzma.decompress((Path(__file__).parents[2] / "formats/rpm/rpmdb.sqlite.xz").read_bytes())
Row = tuple[str, str | None, str | None]
UNINSTALL = r"Microsoft\Windows\CurrentVersion\Uninstall"


def rows(host: Host) -> list[Row]:
    found = [each for each in read(host) if isinstance(each, Software)]
    return [
        (
            each.name.value,
            each.version.value if each.version else None,
            each.publisher.value if each.publisher else None,
        )
        for each in found
    ]


def unread(host: Host) -> list[str]:
    return [each.reason for each in read(host) if isinstance(each, Unread)]


def linux(tree: dict[str, bytes | Node], refused: frozenset[str] = frozenset()) -> FakeHost:
    return FakeHost(files=FakeFiles(tree, refused))


def windows(machine: Tree | FakeHive, *users: Tree | FakeHive) -> FakeHost:
    hives = [each if isinstance(each, FakeHive) else FakeHive(each) for each in (machine, *users)]
    return FakeHost(
        platform=Platform.WINDOWS, registry=FakeRegistry(machine=hives[0], people=hives[1:])
    )


DPKG = b"""\
Package: zlib1g
Status: install ok installed
Version: 1:1.2.13.dfsg-1
Maintainer: Mark Brown <broonie@debian.org>
"""


def test_debian() -> None:
    host = linux({"/var/lib/dpkg/status": DPKG})
    assert rows(host) == [("zlib1g", "1:1.2.13.dfsg-1", "Mark Brown")]
    assert unread(host) == []


def test_a_container_without_dpkg() -> None:
    folder = "/var/lib/dpkg/status.d"
    host = linux(
        {f"{folder}/base": b"Package: base-files\nVersion: 12\n", f"{folder}/base.md5sums": DPKG}
    )
    assert rows(host) == [("base-files", "12", None)]


@pytest.mark.parametrize("folder", ["/usr/lib/sysimage/rpm", "/var/lib/rpm"])
def test_fedora(folder: str) -> None:
    host = linux({f"{folder}/rpmdb.sqlite": RPMDB, f"{folder}/rpmdb.sqlite-wal": b""})
    assert sorted(rows(host))[:2] == [
        ("alpha", "1.2-3", "Vendor One"),
        ("beta", "2:4.5~rc1-6.fc39", "Fedora Project"),
    ]
    assert unread(host) == []


def test_what_an_rpm_database_cannot_tell_is_said() -> None:
    folder = "/usr/lib/sysimage/rpm"
    assert len(unread(linux({f"{folder}/rpmdb.sqlite": RPMDB[:200_000]}))) == 1
    assert len(unread(linux({f"{folder}/rpmdb.sqlite": b"not one"}))) == 1
    behind = linux({f"{folder}/rpmdb.sqlite": RPMDB, f"{folder}/rpmdb.sqlite-wal": b"x"})
    assert len(rows(behind)) == 3
    assert "not taken in" in unread(behind)[0]


def test_alpine() -> None:
    host = linux({"/lib/apk/db/installed": b"P:busybox\nV:1.36.1-r5\nF:bin\n\n"})
    assert rows(host) == [("busybox", "1.36.1-r5", None)]


METAINFO = b"""<?xml version="1.0"?><component type="desktop-application">
<name>Signal</name><developer id="org.signal"><name>Signal Foundation</name></developer>
<releases><release date="2023-12-01" version="6.40.0"/><release version="6.39.0"/></releases>
</component>"""


def test_flatpak_of_all_and_of_one() -> None:
    shared, own = "/var/lib/flatpak", "/home/ada/.local/share/flatpak"
    host = linux(
        {
            f"{shared}/app/org.signal.Signal/current": FakeLink("x86_64/stable"),
            f"{shared}/app/org.signal.Signal/x86_64/stable/active": FakeLink("0123"),
            f"{shared}/app/org.signal.Signal/x86_64/stable/0123/metadata": b"",
            f"{shared}/app/org.signal.Signal/x86_64/stable/0123/files/share/metainfo/"
            "org.signal.Signal.metainfo.xml": METAINFO,
            f"{shared}/runtime/org.gnome.Platform/x86_64/45/active": FakeLink("4567"),
            f"{own}/app/org.plain.Thing/current/active/metadata": b"",
        }
    )
    assert rows(host) == [
        ("org.signal.Signal", "6.40.0", "Signal Foundation"),
        ("org.gnome.Platform", "45", None),
        ("org.plain.Thing", None, None),
    ]


def test_snap_mounted_and_not() -> None:
    host = linux(
        {
            "/snap/README": b"",
            "/snap/bin/firefox": FakeLink("/usr/bin/snap"),
            "/snap/firefox/current": FakeLink("3206"),
            "/snap/firefox/3206/meta/snap.yaml": b"name: firefox\nversion: '119.0-1'\nbase: core22\n",
            "/var/lib/snapd/snap/vlc/3777": FakeLink("nowhere"),
        }
    )
    assert rows(host) == [("firefox", "119.0-1", None), ("vlc", None, None)]


def test_one_source_refused_costs_only_itself() -> None:
    host = linux(
        {"/var/lib/dpkg/status": DPKG, "/lib/apk/db/installed": b"P:busybox\nV:1\n"},
        refused=frozenset({"/var/lib/dpkg"}),
    )
    assert rows(host) == [("busybox", "1", None)]
    assert unread(host) == ["not permitted"]


def test_nothing_is_nothing() -> None:
    assert list(read(linux({}))) == list(read(windows({}))) == []


def test_windows_tells_what_can_be_uninstalled_in_every_view() -> None:
    one_drive = {"DisplayName": "Microsoft OneDrive", "DisplayVersion": "21.220"}
    host = windows(
        {
            rf"SOFTWARE\{UNINSTALL}\7-Zip": {
                "DisplayName": "7-Zip 23.01 (x64)",
                "DisplayVersion": "23.01",
                "Publisher": "Igor Pavlov",
            },
            rf"SOFTWARE\{UNINSTALL}\AddressBook": {},
            rf"SOFTWARE\{UNINSTALL}\Hidden": {"UninstallString": "x.exe", "SystemComponent": 1},
            rf"SOFTWARE\WOW6432Node\{UNINSTALL}\Old": {"DisplayName": "Old", "DisplayVersion": 7},
        },
        {rf"Software\{UNINSTALL}\OneDriveSetup.exe": one_drive},
        {rf"Software\{UNINSTALL}\OneDriveSetup.exe": one_drive},
    )
    assert rows(host) == [
        ("7-Zip 23.01 (x64)", "23.01", "Igor Pavlov"),
        ("Hidden", None, None),
        ("Old", None, None),
        ("Microsoft OneDrive", "21.220", None),
    ]


def test_windows_tells_the_stores_apps() -> None:
    place = r"Classes\Local Settings\Software\Microsoft\Windows\CurrentVersion\AppModel"
    full = "Microsoft.WindowsCalculator_10.1906.53.0_x64__8wekyb3d8bbwe"
    host = windows(
        {rf"SOFTWARE\{place}\PackageRepository\Packages\{full}": {"Path": "C:\\x"}},
        {
            rf"Software\{place}\Repository\Packages\{full}": {
                "PublisherDisplayName": "@{ms-resource:Publisher}"
            },
            rf"Software\{place}\Repository\Packages\Some.App_1.2.3.4_neutral__abcdefghjkmnp": {
                "PublisherDisplayName": "Some"
            },
            rf"Software\{place}\Repository\Packages\no full name": {},
        },
    )
    assert rows(host) == [
        ("Microsoft.WindowsCalculator", "10.1906.53.0", None),
        ("Some.App", "1.2.3.4", "Some"),
    ]


def test_a_refused_view_costs_only_itself() -> None:
    machine = FakeHive(
        {rf"SOFTWARE\WOW6432Node\{UNINSTALL}\Old": {"DisplayName": "Old"}},
        refused=[rf"SOFTWARE\{UNINSTALL}"],
    )
    host = windows(machine, {rf"Software\{UNINSTALL}\Own": {"DisplayName": "Own"}})
    assert rows(host) == [("Old", None, None), ("Own", None, None)]
    assert unread(host) == ["not permitted"]


def test_names_of_people_are_masked() -> None:
    host = linux(
        {
            "/var/lib/dpkg/status": b"Package: annas-tools\nVersion: 1\nMaintainer: Anna Bell <a@b.c>\n"
        }
    )
    host.private = PrivateNames(users=frozenset({"anna", "Anna Bell"}))
    assert rows(host) == [("<user>s-tools", "1", "<user>")]


def test_control_characters_do_not_survive() -> None:
    host = windows({rf"SOFTWARE\{UNINSTALL}\x": {"DisplayName": "a\x00b\x1b\u202ec"}})
    assert rows(host) == [("a\ufffdb\ufffd\ufffdc", None, None)]
