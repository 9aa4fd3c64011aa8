"""The journal's export format, in whatever pieces it comes, whole or damaged."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vedette.formats.journal_export import JournalExport

ENTRIES = [
    {"MESSAGE": "one", "SYSLOG_IDENTIFIER": "sshd", "__CURSOR": "s=1"},
    {"MESSAGE": "several\nlines\n", "_UID": "0"},
    {"MESSAGE": "", "EMPTY": "a=b=c"},
]


def exported(entry: dict[str, str], binary: bool = False) -> bytes:
    lines = b""
    for name, value in entry.items():
        data = value.encode()
        if binary or b"\n" in data:
            lines += b"%s\n%s%s\n" % (name.encode(), len(data).to_bytes(8, "little"), data)
        else:
            lines += b"%s=%s\n" % (name.encode(), data)
    return lines + b"\n"


def read(data: bytes, size: int = 7, longest: int = 1000) -> tuple[list[dict[str, str]], int]:
    export = JournalExport(longest)
    found = [
        entry for at in range(0, len(data), size) for entry in export.feed(data[at : at + size])
    ]
    found += export.end()
    return found, export.damaged


@given(
    st.lists(
        st.dictionaries(
            st.from_regex(r"[A-Z_][A-Z0-9_]{0,20}", fullmatch=True), st.text(), min_size=1
        )
    ),
    st.booleans(),
    st.integers(1, 40),
)
def test_what_was_exported_is_read(entries: list[dict[str, str]], binary: bool, size: int) -> None:
    data = b"".join(exported(entry, binary) for entry in entries)
    assert read(data, size) == (entries, 0)


@given(st.binary(max_size=200), st.integers(1, 40))
def test_garbage_does_not_make_it_fail(data: bytes, size: int) -> None:
    read(data, size)
    found, _ = read(b"x" + data.replace(b"\n", b"x") + b"\n\n" + exported(ENTRIES[0]), size)
    assert found[-1]["MESSAGE"] == "one"


def test_damage_costs_only_itself() -> None:
    data = exported(ENTRIES[0]) + b"no field\n=none\nnAME=x\n" + exported(ENTRIES[2])
    assert read(data) == ([ENTRIES[0], ENTRIES[2]], 3)


def test_an_entry_that_is_cut_is_told() -> None:
    data = exported(ENTRIES[0]) + exported(ENTRIES[1])
    assert read(data[:-20]) == ([ENTRIES[0]], 1)


def test_the_last_empty_line_may_be_missing() -> None:
    assert read(exported(ENTRIES[0])[:-1]) == ([ENTRIES[0]], 0)


def test_long_values_are_cut_and_cost_no_memory() -> None:
    text = exported({"MESSAGE": "x" * 5000, "NEXT": "a"})
    assert read(text) == ([{"MESSAGE": "x" * 1000, "NEXT": "a"}], 0)
    binary = exported({"MESSAGE": "y" * 5000, "NEXT": "a"}, binary=True)
    assert read(binary) == ([{"MESSAGE": "y" * 1000, "NEXT": "a"}], 0)
    export = JournalExport(1000)
    huge = b"MESSAGE\n" + (1 << 62).to_bytes(8, "little")
    assert not list(export.feed(huge))
    for _ in range(100):
        assert not list(export.feed(b"z" * 100_000))
    assert sum(len(str(value)) for value in vars(export).values()) < 10_000


def test_fields_without_end_cost_no_memory() -> None:
    data = b"".join(b"F%d=x\n" % number for number in range(5000)) + b"\n"
    ((entry,), damaged) = read(data, 1000)
    assert (len(entry), damaged) == (1024, 5000 - 1024)
