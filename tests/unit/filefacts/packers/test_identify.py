"""What the rules have in common, and what no rule may name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.filefacts.packers.views import CODE, DATA, FINDERS, compiled, packed, section
from vedette.filefacts.packers import identify
from vedette.filefacts.packers.identify import RULES
from vedette.filefacts.packers.rule import Rule
from vedette.filefacts.packers.view import OverlayView, PackerView, ResourceView, SectionView

SELF_MODIFYING = 0xE0000020


def driver() -> PackerView:
    """Entered in a section that is thrown away, can be written and lies behind the code."""
    return replace(
        compiled(),
        sections=(*compiled().sections, section("INIT", 0x20000, 0x800, 0xE2000020, 5.3)),
        entry_section=4,
        entry_point=0x20010,
        imports={"ntoskrnl.exe": ("MmGetSystemRoutineAddress", "IoCreateDevice")},
    )


def kernel() -> PackerView:
    """A compressed Linux kernel that firmware starts: as even as noise, and imports nothing."""
    rows = (
        section(".setup", 0x1000, 0x3000, CODE, 5.7),
        section(".text", 0x5000, 9 << 20, CODE, 7.45),
    )
    return replace(compiled(), sections=rows, entry_section=1, entry_point=0x8000, imports={})


def embedding() -> PackerView:
    """A program with tables of constants among its code, as numpy's for ARM64."""
    rows = (section(".text", 0x1000, 0x3AC00, CODE, 7.24), *compiled().sections[1:])
    return replace(compiled(), sections=rows)


def tiny() -> PackerView:
    """Written by hand into one section that can do everything, and finds its functions itself."""
    return packed(section("", 0x1000, 0x200, SELF_MODIFYING, 2.4), entry=0)


def assembly() -> PackerView:
    """.NET with packed resources in its only code section."""
    rows = (section(".text", 0x2000, 0x1DE00, CODE, 7.3), *compiled().sections[3:])
    return replace(
        compiled(), dotnet=True, sections=rows, imports={"mscoree.dll": ("_CorExeMain",)}
    )


def resources_only() -> PackerView:
    rows = (section(".rsrc", 0x1000, 0x90000, 0x40000040, 7.9),)
    return replace(
        compiled(), is_dll=True, sections=rows, entry_section=None, entry_point=0, imports={}
    )


CLEAN = (compiled, driver, kernel, embedding, tiny, assembly, resources_only)


@pytest.mark.parametrize("view", CLEAN, ids=lambda made: made.__name__)
def test_a_clean_program_has_no_packer(view: Callable[[], PackerView]) -> None:
    assert identify(view()) is None


def test_code_as_even_as_noise_needs_a_second_sign() -> None:
    rows = (section("", 0x1000, 0x8000, CODE, 7.9), section("", 0x9000, 0x400, CODE, 5.0))
    dense = packed(*rows, entry=0)
    packer = identify(dense)
    assert packer is not None
    assert packer.name == "unknown packer"
    assert len(packer.evidence) == 3
    many = {"kernel32.dll": (*FINDERS, *(f"F{n}" for n in range(50)))}
    assert identify(replace(dense, imports=many)) is None
    late = replace(packed(rows[0], replace(rows[1], flags=SELF_MODIFYING), entry=1), imports=many)
    assert identify(late) is not None


def test_a_small_packed_program_is_known_by_its_room() -> None:
    room = section("", 0x1000, 0, 0xC00000E0, 0.0, virtual=0x2000)
    code = section("", 0x3000, 0x400, 0xC00000E0, 6.2)
    packer = identify(packed(room, code, entry=1))
    assert packer is not None
    assert packer.name == "unknown packer"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_says_where_and_what_it_looks_at(rule: Rule) -> None:
    assert rule.reference.startswith("https://")
    assert (getattr(rule.look, "func", rule.look)).__doc__


numbers = st.one_of(st.sampled_from([0, 1, 0x1000, 0xFFFFFFFF, 1 << 63]), st.integers(0, 1 << 33))
marks = st.sampled_from(
    b"\xef\xbe\xad\xde PK\5\6 7z\xbc\xaf\x27\x1c Rar!\x1a\7 MSCF MEI\014\013\012\013\016 rDlPtS".split(
        b" "
    )
)
code = st.lists(st.one_of(marks, st.binary(max_size=90)), max_size=6).map(b"".join)
sections = st.lists(
    st.builds(
        SectionView,
        name=st.text(max_size=8),
        virtual_address=numbers,
        virtual_size=numbers,
        raw_offset=numbers,
        raw_size=numbers,
        flags=st.sampled_from([CODE, DATA, 0, SELF_MODIFYING, 0xFFFFFFFF]),
        entropy=st.one_of(st.none(), st.floats(0, 8)),
        head=code,
    ),
    max_size=6,
)
names = st.lists(st.sampled_from([*FINDERS, "", "ord7", "x" * 99]), max_size=5)


@st.composite
def hostile(draw: st.DrawFn) -> PackerView:
    rows = draw(sections)
    overlays = st.builds(
        OverlayView, offset=numbers, size=numbers, entropy=st.just(7.9), head=code, tail=code
    )
    leaves = st.builds(
        ResourceView,
        type=st.sampled_from([10, "RCDATA"]),
        name=st.one_of(numbers, st.just("CABINET")),
        language=numbers,
        size=numbers,
        head=code,
    )
    return PackerView(
        size=draw(numbers),
        machine=None,
        is_dll=draw(st.booleans()),
        dotnet=draw(st.booleans()),
        entry_point=draw(numbers),
        entry_section=draw(st.one_of(st.none(), st.integers(0, len(rows) - 1))) if rows else None,
        entry_bytes=draw(code),
        sections=rows,
        imports=draw(st.dictionaries(st.sampled_from(["kernel32.dll", "", "a"]), names)),
        resources=draw(st.lists(leaves, max_size=3)),
        overlay=draw(st.one_of(st.none(), overlays)),
        head=draw(code),
    )


@given(hostile())
def test_whatever_the_view_holds_there_is_an_answer(view: PackerView) -> None:
    packer = identify(view)
    assert packer is None or (packer.name and packer.evidence)
