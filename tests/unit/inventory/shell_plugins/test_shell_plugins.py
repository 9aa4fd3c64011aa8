"""Plug-ins of Explorer in a registry made of values, of Linux desktops in a tree of files."""

from __future__ import annotations

from typing import Any

from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host import Host
from vedette.host.registry import Data
from vedette.inventory import Unread
from vedette.inventory.shell_plugins import ITEM
from vedette.testing.host import FakeFile, FakeFiles, FakeHost, FakeSpecial
from vedette.testing.registry import FakeHive, FakeRegistry

CLASS = "{11111111-2222-3333-4444-555555555555}"
OTHER = "{99999999-2222-3333-4444-555555555555}"
EXPLORER = r"Microsoft\Windows\CurrentVersion\Explorer"
Tree = dict[str, dict[str, Data]]


def told(host: Host) -> list[tuple[Any, ...]]:
    """(role, id, name, library) of each, and the reason of what could not be read."""
    return [
        (found.reason,)
        if isinstance(found, Unread)
        else tuple(
            getattr(found, name) and getattr(found, name).value
            for name in ("role", "id", "name", "library")
        )
        for found in ITEM.read(host)
    ]


def windows(machine: Tree, *people: Tree, **more: Any) -> FakeHost:
    registry = FakeRegistry(FakeHive(machine, **more), [FakeHive(tree) for tree in people])
    return FakeHost(platform=Platform.WINDOWS, registry=registry)


def registered(view: str = "SOFTWARE") -> Tree:
    return {
        rf"{view}\Classes\CLSID\{CLASS}": {"": "A plug-in"},
        rf"{view}\Classes\CLSID\{CLASS}\InprocServer32": {"": r"C:\x\plug.dll"},
    }


def test_a_handler_is_told_with_its_class_and_library() -> None:
    machine = registered() | {
        r"SOFTWARE\Classes\*\shellex\ContextMenuHandlers\Example": {"": CLASS},
        rf"SOFTWARE\Classes\Folder\shellex\PropertySheetHandlers\{CLASS}": {},
        r"SOFTWARE\Classes\Directory\shellex\CopyHookHandlers\Copy": {"": OTHER},
    }
    assert told(windows(machine)) == [
        ("context_menu", CLASS, "Example", r"C:\x\plug.dll"),
        ("copy_hook", OTHER, "Copy", None),
        ("property_sheet", CLASS, "A plug-in", r"C:\x\plug.dll"),
    ]


def test_what_explorer_is_told_to_load_has_its_role() -> None:
    machine = registered() | {
        rf"SOFTWARE\{EXPLORER}\ShellIconOverlayIdentifiers\ Over": {"": CLASS},
        rf"SOFTWARE\{EXPLORER}\Desktop\NameSpace\{CLASS}": {},
        rf"SOFTWARE\{EXPLORER}\ShellExecuteHooks": {CLASS: "Hook"},
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\ShellServiceObjectDelayLoad": {"Late": CLASS},
        r"SOFTWARE\Microsoft\Windows\CurrentVersion\Shell Extensions\Approved": {OTHER: "Listed"},
    }
    library = r"C:\x\plug.dll"
    assert told(windows(machine)) == [
        ("icon_overlay", CLASS, " Over", library),
        ("namespace", CLASS, "A plug-in", library),
        ("execute_hook", CLASS, "Hook", library),
        ("approved", OTHER, "Listed", None),
        ("delay_load", CLASS, "Late", library),
    ]


def test_the_same_for_two_people_is_told_once_and_32_bit_programs_have_their_own() -> None:
    person: Tree = {
        r"Software\Classes\*\shellex\ContextMenuHandlers\Mine": {"": OTHER},
        rf"Software\Classes\CLSID\{OTHER}\InprocServer32": {"": r"C:\Users\eve\p.dll"},
    }
    machine: Tree = {
        r"SOFTWARE\WOW6432Node\Classes\*\shellex\ContextMenuHandlers\Old": {"": CLASS},
        rf"SOFTWARE\Classes\WOW6432Node\CLSID\{CLASS}\InprocServer32": {"": r"C:\x86\plug.dll"},
    }
    assert told(windows(machine, person, person)) == [
        ("context_menu", CLASS, "Old", r"C:\x86\plug.dll"),
        ("context_menu", OTHER, "Mine", r"<home>\p.dll"),
    ]


def test_a_key_that_cannot_be_read_costs_only_itself() -> None:
    machine = registered() | {
        rf"SOFTWARE\{EXPLORER}\ShellExecuteHooks": {CLASS: "Hook"},
        rf"SOFTWARE\{EXPLORER}\ShellIconOverlayIdentifiers\Over": {"": CLASS},
    }
    host = windows(machine, refused=[rf"SOFTWARE\{EXPLORER}\ShellIconOverlayIdentifiers"])
    assert told(host) == [
        ("not permitted",),
        ("execute_hook", CLASS, "Hook", r"C:\x\plug.dll"),
    ]


def test_desktops_describe_their_extensions() -> None:
    share = "/usr/share"
    files = FakeFiles(
        {
            f"{share}/gnome-shell/extensions/a@x.org/metadata.json": (
                b'{"uuid": "a@x.org", "name": "Dock", "version": 7}'
            ),
            f"{share}/plasma/plasmoids/org.x.clock/metadata.json": (
                b'{"KPlugin": {"Name": "Clock", "Version": "1.2"}}'
            ),
            f"{share}/plasma/plasmoids/old/metadata.desktop": (
                b"[Desktop Entry]\nName=Old\nX-KDE-PluginInfo-Version=3\n"
            ),
            f"{share}/cinnamon/applets/broken/metadata.json": b"{" * 5000,
            f"{share}/cinnamon/applets/none/readme": b"",
            "/home/eve/.local/share/gnome-shell/extensions/b/metadata.json": b'{"name": "Eve\'s"}',
        }
    )
    host = FakeHost(files, private=PrivateNames(users=frozenset({"eve"})))
    assert told(host) == [
        ("extension", "a(at)x.org", "Dock", f"{share}/gnome-shell/extensions/<mail>"),
        ("the description of an extension is damaged",),
        ("extension", "broken", None, f"{share}/cinnamon/applets/broken"),
        ("extension", "old", "Old", f"{share}/plasma/plasmoids/old"),
        ("extension", "org.x.clock", "Clock", f"{share}/plasma/plasmoids/org.x.clock"),
        ("extension", "b", "<user>'s", "<home>/.local/share/gnome-shell/extensions/b"),
    ]


def test_file_managers_load_libraries_and_scripts() -> None:
    host = FakeHost(
        FakeFiles(
            {
                "/usr/lib/x86_64-linux-gnu/nautilus/extensions-4/libshare.so": b"",
                "/usr/lib/x86_64-linux-gnu/nautilus/extensions-4/readme": b"",
                "/usr/lib64/caja/extensions-2.0/libmenu.so": FakeFile(b"\x7fELF"),
                "/usr/share/nautilus-python/extensions/send.py": b"import os",
            }
        )
    )
    assert told(host) == [
        ("extension", "libmenu", None, "/usr/lib64/caja/extensions-2.0/libmenu.so"),
        (
            "extension",
            "libshare",
            None,
            "/usr/lib/x86_64-linux-gnu/nautilus/extensions-4/libshare.so",
        ),
        ("extension", "send", None, "/usr/share/nautilus-python/extensions/send.py"),
    ]


def test_actions_of_context_menus_are_told_with_their_program() -> None:
    host = FakeHost(
        FakeFiles(
            {
                "/usr/share/kio/servicemenus/zip.desktop": (
                    b"[Desktop Entry]\nType=Service\nActions=pack\n"
                    b"[Desktop Action pack]\nName=Pack\nExec=/usr/bin/ark --add %F\n"
                ),
                "/usr/share/nemo/actions/open.nemo_action": (
                    b"[Nemo Action]\nName=Open here\nExec=tool %F\n"
                ),
                "/usr/share/nemo/actions/pipe.nemo_action": FakeSpecial(),
            }
        )
    )
    assert told(host) == [
        ("context_menu", "zip.desktop", "Pack", "/usr/bin/ark"),
        ("context_menu", "open.nemo_action", "Open here", "tool"),
        ("not a regular file",),
    ]


def test_what_people_put_into_their_own_menus() -> None:
    uca = b"""<?xml version="1.0" encoding="UTF-8"?>
<actions>
<action><icon>x</icon><name>Terminal &amp; more</name><submenu/>
<command>exo-open --working-directory %f</command><patterns>*</patterns></action>
<action><name></name><command>/home/eve/bin/up &quot;%f&quot; --key=secret</command></action>
</actions>"""
    files = FakeFiles(
        {
            "/home/eve/.local/share/nautilus/scripts/Send to anna.sh": b"#!/bin/sh\n",
            "/home/eve/.local/share/nautilus/scripts/more/deeper.sh": b"#!/bin/sh\n",
            "/home/eve/.config/Thunar/uca.xml": uca,
            "/etc/xdg/Thunar/uca.xml": b"\0<action><name>half",
        }
    )
    host = FakeHost(files, private=PrivateNames(users=frozenset({"eve", "anna"})))
    assert told(host) == [
        (
            "context_menu",
            "Send to <user>.sh",
            None,
            "<home>/.local/share/nautilus/scripts/Send to <user>.sh",
        ),
        ("context_menu", None, "Terminal & more", "exo-open"),
        ("context_menu", None, None, "<home>/bin/up"),
    ]
    files.put("/home/eve/.config/Thunar/uca.xml", b" " * (2 << 20))
    assert ("too large",) in told(host)


def test_a_bare_computer_has_none() -> None:
    assert told(FakeHost()) == []
    assert told(windows({})) == []
