from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from vedette.errors import AdmissionError
from vedette.store.database import open_database, writing
from vedette.store.registry import ConsentRecord, Install, Registry
from vedette.store.registry_schema import SCHEMA, TOMBSTONES
from vedette.wire.refusals import Refusal

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
LATER = NOON + timedelta(days=1)
KEY = b"k" * 32
PREFIX = b"p" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.db"


@pytest.fixture
def registry(path: Path) -> Iterator[Registry]:
    """The registry under test; another database's engine would be put in here."""
    registry = Registry.open(path)
    yield registry
    registry.close()


def join(registry: Registry, key: bytes = KEY, *, organisation: str | None = None) -> Install:
    return registry.register(registry.mint_token(organisation, False, LATER), key, PREFIX, NOON)


def consent(receipt: str, time: datetime, *tiers: str) -> ConsentRecord:
    return ConsentRecord(receipt, receipt.encode(), "terms", frozenset(tiers), time)


def entomb(path: Path, key: bytes) -> None:
    engine = open_database(path, SCHEMA)
    with writing(engine) as connection:
        digest = hashlib.sha256(key).digest()
        connection.execute(insert(TOMBSTONES).values(erasure_key=digest, receipt=b"", erased_at=0))
    engine.dispose()


def refusal(caught: pytest.ExceptionInfo[AdmissionError]) -> tuple[int, str]:
    return caught.value.status, caught.value.reason


def test_joining_makes_an_install_that_says_nothing_of_the_computer(registry: Registry) -> None:
    token = registry.mint_token("ACME", True, LATER)
    install = registry.register(token, KEY, PREFIX, NOON)
    assert (install.organisation, install.managed, install.joined) == ("ACME", True, NOON)
    assert (install.public_key, install.revoked) == (KEY, None)
    assert len(bytes.fromhex(install.install)) == 16
    assert registry.install(install.install) == install
    assert registry.installs() == [install]


def test_a_token_is_only_kept_as_its_hash(registry: Registry, path: Path) -> None:
    token = registry.mint_token(None, False, LATER)
    registry.close()
    assert len(token) >= 22
    assert token.encode() not in path.read_bytes()


def test_a_lost_answer_can_be_asked_for_again(registry: Registry) -> None:
    token = registry.mint_token(None, False, LATER)
    first = registry.register(token, KEY, PREFIX, NOON)
    assert registry.register(token, KEY, b"q" * 32, NOON + timedelta(days=9)) == first
    assert len(registry.installs()) == 1


def test_a_known_key_leaves_another_token_unspent(registry: Registry) -> None:
    first = join(registry)
    token = registry.mint_token("other", True, LATER)
    assert registry.register(token, KEY, PREFIX, NOON) == first
    assert registry.register(token, b"n" * 32, PREFIX, NOON).organisation == "other"


def test_a_token_is_worth_one_install(registry: Registry) -> None:
    token = registry.mint_token(None, False, LATER)
    registry.register(token, KEY, PREFIX, NOON)
    with pytest.raises(AdmissionError) as caught:
        registry.register(token, b"o" * 32, PREFIX, NOON)
    assert refusal(caught) == (403, Refusal.TOKEN_SPENT)
    join(registry, b"z" * 32)
    with pytest.raises(AdmissionError) as caught:
        registry.register(token, b"z" * 32, PREFIX, NOON)
    assert refusal(caught) == (403, Refusal.TOKEN_SPENT)


def test_an_unknown_or_expired_token_is_refused(registry: Registry) -> None:
    with pytest.raises(AdmissionError) as caught:
        registry.register("made up", KEY, PREFIX, NOON)
    assert refusal(caught) == (403, Refusal.TOKEN_UNKNOWN)
    token = registry.mint_token(None, False, NOON)
    with pytest.raises(AdmissionError) as caught:
        registry.register(token, KEY, PREFIX, NOON)
    assert refusal(caught) == (403, Refusal.TOKEN_EXPIRED)
    assert registry.installs() == []


def test_an_erased_key_never_comes_back(registry: Registry, path: Path) -> None:
    token = registry.mint_token(None, False, LATER)
    assert not registry.is_erased(KEY)
    entomb(path, KEY)
    assert registry.is_erased(KEY)
    with pytest.raises(AdmissionError) as caught:
        registry.register(token, KEY, PREFIX, NOON)
    assert refusal(caught) == (410, Refusal.ERASED_INSTALL)
    registry.register(token, b"n" * 32, PREFIX, NOON)


def test_a_revoked_install_stays_barred(registry: Registry) -> None:
    token = registry.mint_token(None, False, LATER)
    install = registry.register(token, KEY, PREFIX, NOON)
    revoked = registry.revoke(install.install, "lost laptop", LATER)
    assert (revoked.revoked, revoked.revoked_reason) == (LATER, "lost laptop")
    assert registry.revoke(install.install, "again", LATER + timedelta(days=1)) == revoked
    assert registry.install_snapshot(install.install).revoked
    with pytest.raises(AdmissionError) as caught:
        registry.register(token, KEY, PREFIX, NOON)
    assert refusal(caught) == (403, Refusal.REVOKED_INSTALL)


def test_an_unknown_install_is_refused(registry: Registry) -> None:
    for ask in (
        lambda: registry.install("00" * 16),
        lambda: registry.install_snapshot("00" * 16),
        lambda: registry.revoke("00" * 16, "reason", NOON),
        lambda: registry.put_consent(7, consent("r1", NOON)),
    ):
        with pytest.raises(AdmissionError) as caught:
            ask()
        assert refusal(caught) == (401, Refusal.UNKNOWN_INSTALL)


def test_the_latest_consent_is_the_current_one(registry: Registry) -> None:
    number = join(registry).number
    assert registry.consent(number) is None
    first = consent("r1", NOON, "basic", "additional")
    assert registry.put_consent(number, first)
    assert registry.consent(number) == first
    withdrawn = consent("r2", NOON + timedelta(microseconds=1))
    assert registry.put_consent(number, withdrawn)
    assert registry.consent(number) == withdrawn


def test_consent_never_goes_back_in_time(registry: Registry) -> None:
    number = join(registry).number
    current = consent("r2", NOON)
    assert registry.put_consent(number, current)
    assert not registry.put_consent(number, consent("r1", NOON - timedelta(days=1), "basic"))
    assert not registry.put_consent(number, consent("r3", NOON, "basic"))
    assert registry.put_consent(number, current), "the same again is no news"
    assert registry.consent(number) == current


def test_a_snapshot_holds_all_that_admission_needs(registry: Registry) -> None:
    install = join(registry, organisation="ACME")
    bare = registry.install_snapshot(install.install)
    assert (bare.receipt, bare.terms, bare.tiers) == (None, None, frozenset())
    registry.put_consent(install.number, consent("r1", NOON, "basic"))
    full = registry.install_snapshot(install.install)
    assert (full.receipt, full.terms, full.tiers) == ("r1", "terms", frozenset({"basic"}))
    assert (full.number, full.install, full.public_key) == (install.number, install.install, KEY)
    assert (full.organisation, full.managed, full.revoked) == ("ACME", False, False)
    assert (full.token, full.prefix_hash) == (install.token, PREFIX)
    registry.put_consent(install.number, consent("r2", LATER))
    assert registry.install_snapshot(install.install).tiers == frozenset()


def test_a_cache_hears_of_every_write(registry: Registry, path: Path) -> None:
    changes = registry.changes()
    install = join(registry)
    assert changes.changed()
    elsewhere = Registry.open(path)
    assert not changes.changed()
    elsewhere.revoke(install.install, "lost", NOON)
    assert changes.changed()
    assert not changes.changed()
    elsewhere.close()
    changes.close()


def test_one_token_raced_for_by_many_is_spent_once(registry: Registry) -> None:
    token = registry.mint_token(None, False, LATER)
    won: list[Install] = []
    lost: list[str] = []

    def race(key: bytes) -> None:
        try:
            won.append(registry.register(token, key, PREFIX, NOON))
        except AdmissionError as error:
            lost.append(error.reason)

    threads = [threading.Thread(target=race, args=(bytes([n]) * 32,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1
    assert lost == [Refusal.TOKEN_SPENT] * 7


def test_every_table_with_an_installs_data_is_erasable() -> None:
    named = {
        name: column
        for name, table in SCHEMA.tables.tables.items()
        for column in ("install", "number")
        if column in table.c
    }
    assert set(named) == set(SCHEMA.erasable) == {"installs", "consents"}
    assert all(SCHEMA.tables.tables[t].c[c] is not None for t, c in SCHEMA.erasable.items())


def test_installs_are_found_by_number(registry: Registry) -> None:
    installs = [join(registry, bytes([n]) * 32) for n in range(3)]
    assert installs[0].prefix_hash == PREFIX
    found = registry.numbered([installs[2].number, 99_999, installs[0].number])
    assert {install.number for install in found} == {installs[0].number, installs[2].number}
    assert len(registry.numbered(range(2000))) == 3
    assert registry.numbered([]) == []
