"""Further packers that are known by the code at the entry point.

A row is the code that all files of a packer begin with; ``??`` stands for the bytes that differ. It counts only in a
program that finds its imports itself. Rows were read off files packed for the purpose.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Final

from vedette.filefacts.packers.rule import Evidence, Rule
from vedette.filefacts.packers.shape import finds_imports_itself
from vedette.filefacts.packers.view import PackerView

_DATABASE: Final = "https://github.com/horsicq/Detect-It-Easy/blob/master/db/PE"

_ROWS: Final = (
    (
        "BeRoEXEPacker",
        "packer_BeRoEXEPacker",
        "60 68 ?? ?? ?? ?? 68 ?? ?? ?? ?? 68 ?? ?? ?? ?? e8 ?? ?? 00 00 fc be",
    ),
    ("EXE32Pack", "packer_EXE32Pack", "3b ?? 74 02 81 83 55 3b ?? 74 02 81 83 53"),
    (
        "eXPressor",
        "protector_eXPressor",
        "55 8b ec 81 ec ?? ?? 00 00 53 56 57 83 a5 ?? ?? ?? ?? 00 f3 eb 0c",
    ),
    (
        "FSG",
        "packer_FSG",
        "bb ?? ?? ?? ?? bf ?? ?? ?? ?? be ?? ?? ?? ?? 53 e8 0a 00 00 00 02 d2 75 05 8a 16 46 12 d2",
    ),
    ("JDPack", "packer_JDPack", "60 e8 00 00 00 00 5d 8b d5 81 ed ?? ?? ?? ?? 2b 95"),
    ("MEW", "packer_MEW", "e9 ?? ?? ?? ff 0c ?? ?? ?? 00 00 00 00 00 00 00 00"),
    (
        "NeoLite",
        "packer_NeoLite",
        "e9 a6 00 00 00 " + "?? " * 24 + "4e 65 6f 4c 69 74 65",
    ),
    ("NsPack", "packer_NsPack", "e9 ?? ?? ?? ?? b4 09 ba 0b 01 cd 21 b4 4c cd 21"),
    ("Packman", "packer_Packman", "60 e8 00 00 00 00 5b 8d 5b c6 01 1b 8b 13 8d 73 14"),
    (
        "PECompact",
        "packer_PECompact",
        "b8 ?? ?? ?? ?? 50 64 ff 35 00 00 00 00 64 89 25 00 00 00 00 33 c0 89 08 50 45 43",
    ),
    (
        "Petite",
        "packer_Petite",
        "b8 ?? ?? ?? ?? 6a 00 68 ?? ?? ?? ?? 64 ff 35 00 00 00 00 64 89 25 00 00 00 00 66 9c 60 50",
    ),
    ("RLPack", "packer_RLPack", "60 e8 00 00 00 00 8b 2c 24 83 c4 04"),
    ("Upack", "packer_WinUpack", "be ?? ?? ?? ?? ad 50 ff 76 34 eb 7c 48"),
    (
        "Upack",
        "packer_WinUpack",
        "60 e8 09 00 00 00 ?? ?? ?? ?? e9 ?? ?? ?? ?? 33 c9 5e 87 0e e3 f4",
    ),
    (
        "Yoda's Crypter",
        "cryptor_Yodas_Crypter",
        "55 8b ec 53 56 57 60 e8 00 00 00 00 5d 81 ed ?? ?? ?? ?? b9 ?? ?? ?? ?? 81 e9",
    ),
    (
        "Yoda's Protector",
        "protector_Yodas_Protector",
        "e8 03 00 00 00 eb 01 ?? bb 55 00 00 00 e8 03 00 00 00 eb 01",
    ),
)


def _look(stub: re.Pattern[bytes], view: PackerView) -> Evidence:
    """The code at the entry point."""
    if not stub.match(view.entry_bytes) or not finds_imports_itself(view):
        return []
    return ["the entry point begins with its stub", "it imports what finds the other functions"]


def _pattern(row: str) -> re.Pattern[bytes]:
    code = (b"." if byte == "??" else re.escape(bytes.fromhex(byte)) for byte in row.split())
    return re.compile(b"".join(code), re.DOTALL)


STUBS: Final = tuple(
    Rule(name, f"{_DATABASE}/{file}.2.sg", partial(_look, _pattern(row)))
    for name, file, row in _ROWS
)
