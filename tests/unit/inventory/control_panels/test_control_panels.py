"""Control panels and applets of Windows, pages of Linux desktops' settings, and Active Setup."""

from __future__ import annotations

from typing import Any

from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host import Host
from vedette.host.registry import Data
from vedette.inventory import InventoryItem, Unread, active_setup, control_panels
from vedette.testing.host import FakeFiles, FakeHost
from vedette.testing.registry import FakeHive, FakeRegistry

CLASS = "{11111111-2222-3333-4444-555555555555}"
Tree = dict[str, dict[str, Data]]


def told(host: Host, item: InventoryItem = control_panels.ITEM) -> list[tuple[Any, ...]]:
    return [
        (found.reason,)
        if isinstance(found, Unread)
        else tuple(
            getattr(found, field.name) and getattr(found, field.name).value for field in item.fields
        )
        for found in item.read(host)
    ]


def windows(machine: Tree, *people: Tree, files: dict[str, bytes] | None = None) -> FakeHost:
    return FakeHost(
        FakeFiles(files),
        platform=Platform.WINDOWS,
        private=PrivateNames(users=frozenset({"eve"})),
        registry=FakeRegistry(FakeHive(machine), [FakeHive(tree) for tree in people]),
    )


def test_pages_of_windows_lie_in_its_folder_or_are_registered() -> None:
    current = r"Microsoft\Windows\CurrentVersion"
    host = windows(
        {
            rf"SOFTWARE\{current}\Control Panel\Cpls": {"Mail": r"%ProgramFiles%\m.cpl", "": "x"},
            rf"SOFTWARE\{current}\Explorer\ControlPanel\NameSpace\{CLASS}": {"": "Fonts"},
            rf"SOFTWARE\Classes\CLSID\{CLASS}\InprocServer32": {"": r"C:\fonts.dll"},
        },
        {rf"Software\{current}\Control Panel\Cpls": {"Mine": r"C:\Users\eve\e.cpl"}},
        files={
            "/Windows/System32/desk.CPL": b"MZ",
            "/Windows/System32/kernel32.dll": b"MZ",
            "/Windows/SysWOW64/old.cpl": b"MZ",
        },
    )
    assert told(host) == [
        ("cpl_file", "desk.CPL", "/Windows/System32/desk.CPL", None),
        ("cpl_file", "old.cpl", "/Windows/SysWOW64/old.cpl", None),
        ("cpl_registered", "Mail", r"%ProgramFiles%\m.cpl", None),
        ("namespace", "Fonts", r"C:\fonts.dll", None),
        ("cpl_registered", "Mine", r"<home>\e.cpl", None),
    ]


def test_applets_are_activex_and_java() -> None:
    units = r"SOFTWARE\Microsoft\Code Store Database\Distribution Units"
    host = windows(
        {
            rf"{units}\{CLASS}": {},
            rf"{units}\{CLASS}\InstalledVersion": {"": "1,2,3,4"},
            rf"{units}\A maker's": {"": "Viewer"},
            rf"SOFTWARE\Classes\CLSID\{CLASS}": {"": "Player"},
            rf"SOFTWARE\Classes\CLSID\{CLASS}\InprocServer32": {"": r"C:\player.ocx"},
            r"SOFTWARE\JavaSoft\JRE": {"CurrentVersion": "17"},
            r"SOFTWARE\JavaSoft\JRE\17": {"JavaHome": r"C:\Java\17"},
        }
    )
    assert told(host) == [
        ("applet", "Player", r"C:\player.ocx", "1,2,3,4"),
        ("applet", "Viewer", None, None),
        ("applet", "JRE", r"C:\Java\17", "17"),
    ]


def test_java_on_linux_is_told_by_its_folder() -> None:
    host = FakeHost(
        FakeFiles(
            {
                "/usr/lib/jvm/java-17/bin/java": b"\x7fELF",
                "/usr/lib/jvm/java-17/release": b'JAVA_VERSION="17.0.15"\n',
                "/usr/lib/jvm/openjdk-17/src.zip": b"",
            }
        )
    )
    assert told(host) == [("applet", "java-17", "/usr/lib/jvm/java-17/bin/java", "17.0.15")]


def test_pages_of_desktops_are_told_by_their_category_or_kind() -> None:
    entry = "/usr/share/applications"
    host = FakeHost(
        FakeFiles(
            {
                f"{entry}/gnome-sound-panel.desktop": (
                    b"[Desktop Entry]\nName=Sound\nExec=gnome-control-center sound\n"
                    b"Categories=GNOME;Settings;X-GNOME-Settings-Panel;\n"
                ),
                f"{entry}/editor.desktop": b"[Desktop Entry]\nName=Editor\nExec=ed\n",
                f"{entry}/kcm_fonts.desktop": (
                    b"[Desktop Entry]\nName=Fonts\nX-KDE-Library=kcm_fonts\n"
                    b"X-KDE-ServiceTypes=KCModule\n"
                ),
            }
        )
    )
    assert told(host) == [
        ("panel", "Sound", "gnome-control-center", None),
        ("panel", "Fonts", "kcm_fonts", None),
    ]


def test_pages_of_plasma_are_told_by_their_folder() -> None:
    plugins = "/usr/lib/x86_64-linux-gnu/qt6/plugins"
    host = FakeHost(
        FakeFiles(
            {
                f"{plugins}/plasma/kcms/systemsettings/kcm_mouse.so": b"\x7fELF",
                f"{plugins}/plasma/kcms/systemsettings/kcm_mouse.json": b"{}",
                f"{plugins}/plasma/applets/clock.so": b"\x7fELF",
            },
            refused=frozenset({"/usr/lib64/qt5/plugins/kcms"}),
        )
    )
    mouse = ("panel", "kcm_mouse", f"{plugins}/plasma/kcms/systemsettings/kcm_mouse.so", None)
    assert told(host) == [mouse]
    host.files.put("/usr/lib64/qt5/plugins/kcms/x.so", b"")
    assert told(host) == [("not permitted",), mouse]


def test_active_setup_is_told_with_its_command_and_no_value_of_it() -> None:
    place = r"Microsoft\Active Setup\Installed Components"
    host = windows(
        {
            rf"SOFTWARE\{place}\{CLASS}": {
                "": "Component",
                "Version": "1,2,3,4",
                "StubPath": r'"C:\Program Files\x.exe" /UserInstall --key=secret',
            },
            rf"SOFTWARE\WOW6432Node\{place}\>{CLASS}": {},
        },
        {rf"Software\{place}\{CLASS}": {"Version": "1,2,3,4"}},
        {rf"Software\{place}\{CLASS}": {"Version": "1,2,3,4"}},
    )
    assert told(host, active_setup.ITEM) == [
        (
            CLASS,
            "Component",
            "1,2,3,4",
            r'"C:\Program Files\x.exe" /UserInstall --key=<value>',
        ),
        (f">{CLASS}", None, None, None),
        (CLASS, None, "1,2,3,4", None),
    ]
