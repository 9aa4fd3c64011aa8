"""The style guide of collected things, run over every one; and that one new file is all that a new thing takes."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from vedette.activity import ActivityItem
from vedette.catalogue import (
    PACKAGES,
    Catalogue,
    discover,
    main,
    render_data,
    render_statement,
)
from vedette.errors import DeclarationError
from vedette.facts import kinds, remote, web
from vedette.facts.record import Field, Item, fields_of
from vedette.inventory import InventoryItem
from vedette.statement.clauses import CLAUSES, Purpose, Tier
from vedette.statement.terms import current
from vedette.testing.host import FakeHost

CATALOGUE = discover()
ITEMS = list(CATALOGUE.items.values())
FIELDS = [(item, field) for item in ITEMS for field in item.fields]
ROOT = Path(__file__).parents[2]


def module_of(item: Item) -> ModuleType:
    kind = "inventory" if isinstance(item, InventoryItem) else "activity"
    return importlib.import_module(f"vedette.{kind}.{item.name}")


@pytest.fixture(params=ITEMS, ids=lambda item: item.name)
def item(request: pytest.FixtureRequest) -> Item:
    assert isinstance(request.param, Item)
    return request.param


@pytest.fixture(params=FIELDS, ids=lambda pair: f"{pair[0].name}.{pair[1].name}")
def field(request: pytest.FixtureRequest) -> Field:
    found = request.param[1]
    assert isinstance(found, Field)
    return found


# ---- the style guide


def test_an_item_lies_in_the_module_of_its_name(item: Item) -> None:
    module = module_of(item)
    assert module.ITEM is item
    # An item of many sources keeps its record beside them, as they all make it.
    assert item.record.__module__ in {module.__name__, f"{module.__name__}.record"}


def test_its_module_says_what_it_is(item: Item) -> None:
    text = module_of(item).__doc__
    assert text
    first = text.strip().splitlines()[0]
    assert len(first) <= 120
    assert first[0].isupper()


def test_it_rests_on_a_clause_of_the_statement(item: Item) -> None:
    assert CLAUSES[item.clause.id] is item.clause
    assert item.tier in Tier
    assert item.purposes <= set(Purpose)


def test_it_is_reviewed_often_enough(item: Item) -> None:
    assert (item.expires - item.reviewed).days <= 3 * 366


def test_it_is_kept_for_no_longer_than_is_said(item: Item) -> None:
    assert item.retention.days <= 366


def test_a_field_is_described_in_one_line(field: Field) -> None:
    text = field.description
    assert text == text.strip() != ""
    assert "\n" not in text
    assert not text.endswith(".")
    assert len(text) <= 120
    assert text[0].islower() or text.split()[0].isupper()


def test_a_field_has_a_name_in_plain_words(field: Field) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", field.name)
    assert len(field.name) <= 40


def test_the_same_name_is_the_same_kind_everywhere() -> None:
    seen: dict[str, set[str]] = {}
    for _, each in FIELDS:
        seen.setdefault(each.name, set()).add(each.kind.__name__)
    # What a person did is told to the hour, what a threat did to the second: the statement says so.
    assert seen.pop("time") == {"Hour", "Moment"}
    assert {name: sorted(kinds) for name, kinds in seen.items() if len(kinds) > 1} == {}


def test_a_kind_is_one_of_the_vocabulary(field: Field) -> None:
    named = {name for module in (kinds, remote, web) for name in vars(module)}
    assert field.kind.__name__ in named


def test_an_inventory_item_can_be_read(item: Item) -> None:
    if isinstance(item, InventoryItem):
        assert item.period is not None
        found = list(item.read(FakeHost()))
        assert all(hasattr(each, "reason") or isinstance(each, item.record) for each in found)


def test_an_activity_item_is_read_at_no_time(item: Item) -> None:
    if isinstance(item, ActivityItem):
        assert item.period is None


# ---- discovery


def test_everything_is_found_once_in_the_order_of_the_statement() -> None:
    assert set(CATALOGUE.items) >= {
        "operating_system",
        "services",
        "vedette",
        "launches",
        "detections",
        "refusals",
    }
    places = [list(CLAUSES).index(item.clause.id) for item in ITEMS]
    assert places == sorted(places)
    assert {*CATALOGUE.inventory(), *CATALOGUE.activity()} == set(ITEMS)


def test_a_name_is_given_once() -> None:
    with pytest.raises(DeclarationError):
        Catalogue([ITEMS[0], ITEMS[0]])


def test_the_terms_are_those_of_the_items() -> None:
    terms = CATALOGUE.terms()
    assert terms.items == set(CATALOGUE.items)
    for each in ITEMS:
        assert terms.fields(each.name) == {field.name for field in fields_of(each.record)}
        assert terms.tier(each.name) == each.tier


NEW = '''
"""Kettles: a thing that nobody collects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

from vedette.facts.kinds import Count, Name
from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread
from vedette.statement.clauses import Purpose, clause


@dataclass(frozen=True, slots=True, kw_only=True)
class Kettle(Record):
    name: Annotated[Name, "what it is called | by <whom>"]
    litres: Annotated[Count | None, "how much it holds"] = None


def read(host: Host) -> Iterator[Record | Unread]:
    yield Kettle(name=Name("whistling", host.private), litres=Count(2))


ITEM = InventoryItem(
    name="kettles",
    clause=clause("computer.hardware"),
    record=Kettle,
    purposes=frozenset({Purpose.IMPROVE}),
    owner="tests",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX}),
    period=timedelta(minutes=90),
    retention=timedelta(days=7),
    read=read,
)
'''


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty package called ``kitchen``."""
    folder = tmp_path / "kitchen"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    yield folder
    for name in [name for name in sys.modules if name.partition(".")[0] == "kitchen"]:
        del sys.modules[name]


def test_one_file_is_all_that_a_new_item_takes(package: Path) -> None:
    (package / "kettles.py").write_text(NEW.lstrip())
    catalogue = discover([*PACKAGES, "kitchen"])
    assert set(catalogue.items) == {*CATALOGUE.items, "kettles"}
    # The terms.
    rows = [row for row in catalogue.terms().rows if row.item == "kettles"]
    assert [(row.field, row.kind, row.clause) for row in rows] == [
        ("litres", "Count", "computer.hardware"),
        ("name", "Name", "computer.hardware"),
    ]
    assert catalogue.terms().digest != CATALOGUE.terms().digest
    # Reading, sending and checking.
    (found,) = (each for each in catalogue.inventory() if each.name == "kettles")
    (record,) = found.read(FakeHost())
    schema = catalogue.schemas["kettles"]
    row = schema.row(record)  # type: ignore[arg-type]
    batch = schema.batch([row], catalogue.terms().fields("kettles"))
    assert schema.decode(batch) == {"name": ["whistling"], "litres": [2]}
    # The documents.
    data, statement = render_data(catalogue), render_statement(catalogue)
    assert "#### `kettles`" in data
    assert "| `litres` | Count, may be absent | how much it holds | as counted |" in data
    assert "what it is called \\| by \\<whom>" in data
    assert "read every 90 minutes · kept 7 days" in data
    assert "`computer.hardware` (basic): `hardware`, `kettles`" in statement
    assert catalogue.terms().digest in statement
    # Nothing else has changed in them.
    gone = set(render_data(CATALOGUE).splitlines()) - set(data.splitlines())
    assert gone == set()


def test_nothing_that_the_basic_tier_permits_is_left_out() -> None:
    basic, _, additional = render_data(CATALOGUE).partition("## Tier `additional`")
    assert "Nothing collects this yet." not in basic
    assert "Nothing collects this yet." in additional


def test_a_folder_is_an_item_with_many_sources(package: Path) -> None:
    (package / "kettles").mkdir()
    (package / "kettles" / "__init__.py").write_text(NEW.lstrip())
    (package / "kettles" / "copper.py").write_text("SOURCE = 1\n")
    assert set(discover(["kitchen"]).items) == {"kettles"}


def test_a_module_that_declares_nothing_is_no_item(package: Path) -> None:
    (package / "kettles.py").write_text(NEW.replace("ITEM =", "Item =").lstrip())
    with pytest.raises(DeclarationError):
        discover(["kitchen"])


# ---- the generated documents


def test_the_documents_are_current(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["--check"]) == 0, capsys.readouterr().err
    assert current() == CATALOGUE.terms()


def test_every_field_is_in_the_dictionary_and_every_clause_in_the_statement() -> None:
    data, statement = render_data(CATALOGUE), render_statement(CATALOGUE)
    for each, field in FIELDS:
        section = data[data.index(f"#### `{each.name}`") :]
        assert f"| `{field.name}` |" in section
    for clause in CLAUSES.values():
        assert f"`{clause.id}`" in data
        assert f"- `{clause.id}` ({clause.tier}): " in statement
    assert "nothing collects this yet" in statement


def test_no_mask_is_lost_in_markdown() -> None:
    cells = [line for line in render_data(CATALOGUE).splitlines() if line.startswith("|")]
    assert any("\\<home>" in cell for cell in cells)
    assert not any(re.search(r"(?<!\\)<", cell) for cell in cells)
    assert all(len(re.findall(r"(?<!\\)\|", cell)) == 5 for cell in cells)


def test_writing_and_checking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["--check"]) == 1
    assert "docs/DATA.md is not what the code says: run `make docs`" in capsys.readouterr().err
    assert main(["--write"]) == 0
    assert main(["--check"]) == 0
    (tmp_path / "docs/DATA.md").write_text("by hand")
    assert main(["--check"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    (terms,) = (tmp_path / "src/vedette/statement/terms").iterdir()
    assert msgspec.json.decode(terms.read_bytes()) == msgspec.json.decode(CATALOGUE.terms().dump())


@pytest.mark.parametrize("arguments", [[], ["--help"], ["--write", "--check"]])
def test_wrong_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "usage" in capsys.readouterr().err
