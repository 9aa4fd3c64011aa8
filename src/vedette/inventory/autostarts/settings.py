r"""Single values of the Windows registry that name what starts: of Winlogon, the session manager, logon scripts and the
like; and the scripts of group policies.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from vedette.facts.record import Record
from vedette.host import Host
from vedette.host.registry import Hive, Key
from vedette.inventory import Unread
from vedette.inventory.autostarts.hives import MACHINE, USER, hives, key_of
from vedette.inventory.autostarts.record import autostart


@dataclass(frozen=True, slots=True)
class _Setting:
    """``names`` of values below ``path`` in the hive of ``root``; ``apart`` is what stands between several commands."""

    root: str
    path: str
    names: tuple[str, ...]
    role: str
    apart: str = ""


_NT: Final = r"Microsoft\Windows NT\CurrentVersion"
_VERSION: Final = r"Microsoft\Windows\CurrentVersion"
_CONTROL: Final = r"SYSTEM\CurrentControlSet\Control"
_WINLOGON: Final = ("Shell", "Userinit", "Taskman", "AppSetup", "VmApplet", "UIHost", "System")
_SETTINGS: Final = (
    _Setting(MACHINE, rf"SOFTWARE\{_NT}\Winlogon", _WINLOGON, "winlogon", ","),
    _Setting(MACHINE, rf"SOFTWARE\WOW6432Node\{_NT}\Winlogon", _WINLOGON, "winlogon", ","),
    _Setting(USER, rf"Software\{_NT}\Winlogon", ("Shell",), "winlogon", ","),
    _Setting(MACHINE, rf"SOFTWARE\{_VERSION}\Policies\System", ("Shell",), "winlogon"),
    _Setting(USER, rf"Software\{_VERSION}\Policies\System", ("Shell",), "winlogon"),
    _Setting(
        MACHINE,
        rf"{_CONTROL}\Session Manager",
        ("BootExecute", "SetupExecute", "Execute", "S0InitialCommand"),
        "boot_execute",
    ),
    _Setting(USER, rf"Software\{_NT}\Windows", ("Load", "Run"), "logon", ","),
    _Setting(USER, "Environment", ("UserInitMprLogonScript",), "logon"),
    _Setting(USER, r"Control Panel\Desktop", ("SCRNSAVE.EXE",), "screen_saver"),
    _Setting(MACHINE, r"SOFTWARE\Microsoft\Command Processor", ("AutoRun",), "shell"),
    _Setting(MACHINE, r"SOFTWARE\WOW6432Node\Microsoft\Command Processor", ("AutoRun",), "shell"),
    _Setting(USER, r"Software\Microsoft\Command Processor", ("AutoRun",), "shell"),
    _Setting(MACHINE, rf"{_CONTROL}\SafeBoot", ("AlternateShell",), "safe_boot"),
    _Setting(MACHINE, rf"{_CONTROL}\Terminal Server\Wds\rdpwd", ("StartupPrograms",), "logon", ","),
    _Setting(
        MACHINE, rf"{_CONTROL}\Terminal Server\WinStations\RDP-Tcp", ("InitialProgram",), "logon"
    ),
)
_SCRIPTS: Final = {
    MACHINE: (
        rf"SOFTWARE\{_VERSION}\Group Policy\Scripts\Startup",
        r"SOFTWARE\Policies\Microsoft\Windows\System\Scripts\Startup",
    ),
    USER: (
        rf"Software\{_VERSION}\Group Policy\Scripts\Logon",
        r"Software\Policies\Microsoft\Windows\System\Scripts\Logon",
    ),
}


def read(host: Host) -> Iterator[Record | Unread]:
    for found in hives(host):
        if isinstance(found, Unread):
            yield found
            continue
        root, hive = found
        for setting in _SETTINGS:
            if setting.root == root:
                yield from _commands(host, hive, setting)
        for path in _SCRIPTS[root]:
            yield from _scripts(host, root, hive, path)


def _commands(host: Host, hive: Hive, setting: _Setting) -> Iterator[Record | Unread]:
    for key in key_of(hive, setting.path):
        if isinstance(key, Unread):
            yield key
            continue
        for name in setting.names:
            for text in key.texts(name):
                for command in re.split(",", text) if setting.apart else (text,):
                    if command.strip():
                        yield autostart(
                            host.private,
                            place=rf"{setting.root}\{setting.path}",
                            role=setting.role,
                            name=name,
                            command=command,
                        )


def _scripts(host: Host, root: str, hive: Hive, path: str) -> Iterator[Record | Unread]:
    """The scripts of each policy: its key has a numbered key for each of them."""
    for key in key_of(hive, path, depth=2):
        if isinstance(key, Key):
            for script in (script for policy in key.keys for script in policy.keys):
                if program := script.text("Script"):
                    yield autostart(
                        host.private,
                        place=rf"{root}\{path}",
                        role="policy_script",
                        name=program.replace("/", "\\").rpartition("\\")[2],
                        command=f'"{program}" {script.text("Parameters") or ""}',
                    )
        else:
            yield key
