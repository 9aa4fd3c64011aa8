"""The terms: rows, their canonical form and digest, and the released files that may never change."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import DeclarationError, StatementMismatch
from vedette.statement import terms as module
from vedette.statement.clauses import CLAUSES, Purpose, Tier
from vedette.statement.terms import (
    Term,
    Terms,
    current,
    newest,
    promised,
    read_released,
    released,
)

SERVICE = Term(
    clause="computer.services",
    item="services",
    field="name",
    kind="Name",
    transform="names of users removed",
    purposes=(Purpose.DETECT,),
    expires="2028-11-24",
)
IMAGE = msgspec.structs.replace(SERVICE, field="image", kind="Path")
SAMPLE = msgspec.structs.replace(SERVICE, clause="samples.files", item="samples", field="content")


def changed(**values: Any) -> Term:
    return msgspec.structs.replace(SERVICE, **values)


def test_what_terms_cover() -> None:
    terms = Terms([SERVICE, IMAGE, SAMPLE])
    assert terms.items == {"services", "samples"}
    assert terms.covers("services")
    assert not terms.covers("launches")
    assert terms.fields("services") == {"name", "image"}
    assert terms.fields("launches") == frozenset()
    assert terms.tier("services") is Tier.BASIC
    assert terms.tier("samples") is Tier.ADDITIONAL
    with pytest.raises(StatementMismatch):
        terms.tier("launches")


def test_terms_are_canonical_json_of_their_rows() -> None:
    terms = Terms([IMAGE, changed(transform="é → <home>")])
    rows = json.loads(terms.dump())
    assert [row["field"] for row in rows] == ["image", "name"]
    canonical = json.dumps(rows, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert terms.dump() == canonical
    assert terms.digest == hashlib.sha256(canonical.encode()).hexdigest()


def test_the_digest_stays_what_it_is() -> None:
    """Receipts keep digests for good: neither a library's nor our own update may change how they come about."""
    assert Terms([SERVICE, IMAGE, SAMPLE]).digest == PINNED


PINNED = "4d30b26671b6bd65058ae1e9c574f2d3a6ba0159026a9c290b3c026fcc3c92f2"

texts = st.text(max_size=20)
rows = st.builds(
    Term,
    clause=st.sampled_from(sorted(CLAUSES)),
    item=texts,
    field=texts,
    kind=texts,
    transform=texts,
    purposes=st.sets(st.sampled_from(Purpose), min_size=1).map(lambda p: tuple(sorted(p))),
    expires=st.dates().map(str),
)
row_lists = st.lists(rows, max_size=8, unique_by=lambda row: row.item)


@given(row_lists, st.randoms())
def test_terms_survive_writing_in_any_order(given_rows: list[Term], random: Any) -> None:
    terms = Terms(given_rows)
    shuffled = given_rows[:]
    random.shuffle(shuffled)
    assert Terms.load(terms.dump()) == terms == Terms(shuffled)
    assert Terms.load(terms.dump().encode()).dump() == terms.dump() == Terms(shuffled).dump()
    assert Terms.load(json.dumps(json.loads(terms.dump()), indent=2)).digest == terms.digest


@pytest.mark.parametrize(
    "row",
    [
        changed(clause="computer.hosts"),
        changed(item="other"),
        changed(field="other"),
        changed(kind="Path"),
        changed(transform="left as it is"),
        changed(purposes=(Purpose.DETECT, Purpose.IMPROVE)),
        changed(expires="2029-11-24"),
    ],
)
def test_every_part_of_a_row_changes_the_digest(row: Term) -> None:
    assert Terms([row]).digest != Terms([SERVICE]).digest


@pytest.mark.parametrize(
    "wrong",
    [
        [SERVICE, SERVICE],
        [SERVICE, changed(field="image", clause="computer.drivers")],
        [changed(clause="computer.diary")],
        [changed(purposes=())],
        [changed(purposes=(Purpose.DETECT, Purpose.DETECT))],
        [changed(purposes=(Purpose.PROTECT, Purpose.DETECT))],
    ],
)
def test_rows_that_contradict_each_other_are_refused(wrong: list[Term]) -> None:
    with pytest.raises(DeclarationError):
        Terms(wrong)
    with pytest.raises(StatementMismatch):
        Terms.load(msgspec.json.encode(wrong))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[1]",
        b"[{}]",
        b"\xff",
        b"[" * 10**6,
        b'[{"item":' + b"[" * 10**6,
        Terms([SERVICE]).dump().replace('"item"', '"thing"'),
    ],
)
def test_what_is_no_terms_file_is_refused(data: bytes | str) -> None:
    with pytest.raises(StatementMismatch, match="not readable"):
        Terms.load(data)


# ---- released files ----


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    first, second = Terms([SERVICE]), Terms([SERVICE, IMAGE])
    (tmp_path / "0001.json").write_text(first.dump(), encoding="utf-8")
    (tmp_path / "0002.json").write_text(second.dump() + "\n", encoding="utf-8")
    (tmp_path / "RELEASED").write_text(f"# They stay.\n0001 {first.digest}\n", encoding="utf-8")
    return tmp_path


def test_released_files_are_found_by_number(folder: Path) -> None:
    assert read_released(folder) == {1: Terms([SERVICE]), 2: Terms([SERVICE, IMAGE])}
    assert promised(folder) == {1: Terms([SERVICE]).digest}


@pytest.mark.parametrize("attack", ["changed", "removed", "renumbered"])
def test_released_terms_never_change(folder: Path, attack: str) -> None:
    file = folder / "0001.json"
    if attack == "changed":
        file.write_text(Terms([IMAGE]).dump(), encoding="utf-8")
    elif attack == "removed":
        file.unlink()
    else:
        file.rename(folder / "0003.json")
    with pytest.raises(StatementMismatch, match="0001 are not what they were"):
        read_released(folder)


@pytest.mark.parametrize("line", ["0003", "0003 abc", "3 " + "a" * 64, "0001 " + "a" * 64])
def test_the_list_of_released_terms_is_strict(folder: Path, line: str) -> None:
    with (folder / "RELEASED").open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    with pytest.raises(StatementMismatch):
        read_released(folder)


def test_without_any_terms_nothing_can_be_agreed_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_released(tmp_path) == {}
    monkeypatch.setattr(module, "_numbered", dict)
    with pytest.raises(StatementMismatch, match="no terms are installed"):
        newest()


def test_each_promised_digest_has_its_file_and_each_file_keeps_its_digest() -> None:
    """Reading checks it: see ``test_released_terms_never_change``."""
    known = released()
    assert set(promised().values()) <= set(known)
    for digest, terms in known.items():
        assert terms.digest == digest
        assert {row.clause for row in terms.rows} <= set(CLAUSES)
    if known:
        number, terms = newest()
        assert current() is terms is known[terms.digest]
        assert number >= max(promised(), default=1)
