"""Makes images of Windows computers, and looks at them without a sandbox."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TypeVar

from tests.unit.formats.regf.forge import Hive, Tree, with_sequences
from vedette.host import Parser

T = TypeVar("T")
CONFIG = "Windows/System32/config"

SYSTEM: Tree = {
    "Select": {"=Current": 2, "=Default": 1},
    "ControlSet001": {"Services": {"Old": {"=Start": 4}}},
    "ControlSet002": {
        "Services": {
            "Tool": {"=Start": 2},
            "Tcpip": {"Parameters": {"=Hostname": "anna-laptop", "=Domain": "nordwind.test"}},
        },
        "Control": {
            "ComputerName": {"ComputerName": {"=ComputerName": "ANNA-LAPTOP"}},
            "Session Manager": {"Environment": {"=PROCESSOR_ARCHITECTURE": "AMD64"}},
        },
    },
}
SOFTWARE: Tree = {
    "Classes": {"CLSID": {"{1}": {"=": "A class"}}, "WOW6432Node": {"CLSID": {"{32}": {}}}},
    "WOW6432Node": {
        "Classes": {
            "=SymbolicLinkValue": (
                6,
                r"\Registry\Machine\Software\Classes\WOW6432Node".encode("utf-16-le"),
            )
        }
    },
    "Microsoft": {
        "Windows NT": {
            "CurrentVersion": {
                "=CurrentBuildNumber": "19045",
                "=RegisteredOwner": "Anna Berg",
                "ProfileList": {
                    "S-1-5-18": {
                        "=ProfileImagePath": r"%systemroot%\system32\config\systemprofile"
                    },
                    "S-1-5-21-1-2-3-1001": {"=ProfileImagePath": r"C:\Users\anna.berg"},
                    "S-1-5-21-1-2-3-1002": {"=ProfileImagePath": r"D:\Profiles\bertil"},
                },
            }
        }
    },
}


def software() -> bytes:
    return Hive(SOFTWARE, links=[r"WOW6432Node\Classes"]).build()


def user(program: str) -> bytes:
    return Hive(
        {"Software": {"Microsoft": {"Windows": {"CurrentVersion": {"Run": {"=It": program}}}}}}
    ).build()


def image(root: Path) -> Path:
    """A Windows in ``root``: two people on its drive, one elsewhere, and the system's own accounts."""
    put(root / CONFIG / "SYSTEM", Hive(SYSTEM).build())
    put(root / CONFIG / "SOFTWARE", software())
    put(root / CONFIG / "DEFAULT", user("system.exe"))
    put(root / "Users/anna.berg/NTUSER.DAT", user("annas.exe"))
    classes = "AppData/Local/Microsoft/Windows/UsrClass.dat"
    put(root / "Users/anna.berg" / classes, Hive({"CLSID": {"{7}": {"=": "Annas"}}}).build())
    put(root / "Users/former/ntuser.dat", user("formers.exe"))
    put(root / "Users/Public/NTUSER.DAT", user("nobodys.exe"))
    put(root / "Users/Default/NTUSER.DAT", user("nobodys.exe"))
    put(root / "Windows/System32/drivers/etc/hosts", b"127.0.0.1 localhost\n")
    return root


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def dirty(hive: bytes) -> bytes:
    return with_sequences(hive, 5, 4)


def here(parser: Parser[T], descriptor: int, /, **arguments: object) -> T:
    """Runs a parser in this process."""
    module, _, function = parser.entry.partition(":")
    answer: T = getattr(import_module(module), function)(descriptor, **arguments)
    return answer
