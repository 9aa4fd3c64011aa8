"""Imported functions and the hash over them; pefile computes the same hash."""

from __future__ import annotations

import struct

import pefile
import pytest

from tests.unit.filefacts.forge import Body, Forge
from vedette.filefacts.pe.headers import read_headers
from vedette.filefacts.pe.image import Image
from vedette.filefacts.pe.imports import (
    INVALID,
    MAX_FUNCTIONS,
    Imports,
    Library,
    named,
    read_imports,
)


def forged(wanted: list[tuple[bytes, list[bytes | int]]], plus: bool = True) -> bytes:
    body = Body()
    directory = body.imports(wanted, plus)
    return Forge(bytes(body.data), plus=plus, directories={1: (directory, 40)}).build()


def read(content: bytes) -> Imports:
    return read_imports(Image(content, read_headers(content, 64)))


WANTED: list[tuple[bytes, list[bytes | int]]] = [
    (b"KERNEL32.dll", [b"ExitProcess", b"CreateFileW", b"?name@@YAXXZ"]),
    (b"WS2_32.dll", [115, 23, b"send"]),
    (b"wsock32.dll", [10, 11, 12, 1142]),
    (b"OLEAUT32.dll", [2, 6, 9]),
    (b"driver.sys", [4]),
    (b"odd.name.ocx", [b"DllRegisterServer"]),
    (b"no_suffix", [b"one"]),
    (b"KERNEL32.dll", [b"Sleep"]),
]


@pytest.mark.parametrize("plus", [True, False])
def test_the_hash_is_pefiles(plus: bool) -> None:
    content = forged(WANTED, plus)
    assert read(content).imphash() == pefile.PE(data=content).get_imphash()


def test_functions_are_counted_by_library() -> None:
    counts = read(forged(WANTED)).counts()
    assert counts["KERNEL32.dll"] == 4
    assert counts["wsock32.dll"] == 4
    assert list(counts)[:2] == ["KERNEL32.dll", "WS2_32.dll"]


def test_numbers_have_names_where_the_tables_know_them() -> None:
    assert named("WS2_32.dll", 115) == "WSAStartup"
    assert named("other.dll", 7) == "ord7"
    assert named("other.dll", "plain") == "plain"


def test_nothing_imported_has_no_hash() -> None:
    imports = read(Forge(b"x").build())
    assert (imports.libraries, imports.imphash(), imports.problem) == ((), None, None)


def test_a_name_that_no_file_has() -> None:
    assert read(forged([(b"a\x01b", [b"f"])])).libraries[0].name == INVALID


def test_functions_without_a_possible_name_are_left_out() -> None:
    (library,) = read(forged([(b"a.dll", [b"good", b"b\xffd", b""])])).libraries
    assert library.functions == ("good",)


def test_the_second_table_serves_where_the_first_is_none() -> None:
    body = Body()
    names = body.add(b"\0\0work\0")
    table = body.add(struct.pack("<QQ", names, 0))
    bad = body.add(struct.pack("<QQ", 0x7F000000, 0))
    library = body.add(b"a.dll\0")
    rows = struct.pack("<IIIII", 0, 0, 0, library, table)
    rows += struct.pack("<IIIII", bad, 0, 0, library, table)
    directory = body.add(rows + bytes(20))
    imports = read(Forge(bytes(body.data), directories={1: (directory, 60)}).build())
    assert [one.functions for one in imports.libraries] == [("work",), ("work",)]


def test_a_library_that_cannot_be_read_is_a_problem() -> None:
    body = Body()
    bad = body.add(struct.pack("<QQ", 0x7F000000, 0))
    directory = body.add(struct.pack("<IIIII", bad, 0, 0, body.add(b"a.dll\0"), bad) + bytes(20))
    imports = read(Forge(bytes(body.data), directories={1: (directory, 40)}).build())
    assert imports.libraries == ()
    assert imports.problem == "functions of an imported library cannot be read"


def test_a_table_out_of_the_file_is_a_problem() -> None:
    imports = read(Forge(b"x", directories={1: (0x7F000000, 40)}).build())
    assert imports.problem == "the import table leads out of the file"


def test_a_table_may_end_in_memory_that_the_file_does_not_have() -> None:
    body = Body()
    directory = body.imports([(b"a.dll", [b"work"])])
    content = Forge(bytes(body.data[:-20]), directories={1: (directory, 40)}).build()
    assert read(content) == Imports((Library("a.dll", ("work",)),))


def test_the_work_is_bounded() -> None:
    entry = struct.pack("<Q", (1 << 63) | 1)
    body = Body()
    table = body.add(entry * (MAX_FUNCTIONS // 4) + bytes(8))
    library = body.add(b"a.dll\0")
    directory = body.add(struct.pack("<IIIII", table, 0, 0, library, table) * 100)
    imports = read(Forge(bytes(body.data), directories={1: (directory, 40)}).build())
    assert sum(imports.counts().values()) == MAX_FUNCTIONS
    assert imports.problem == f"of more than {MAX_FUNCTIONS} imported functions the first were read"
