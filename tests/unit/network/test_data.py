"""The data folder: made once, private, and held by one network at a time."""

from __future__ import annotations

import stat
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from vedette.clock import SystemClock
from vedette.crypto.authority import verify_authority
from vedette.errors import StoreUnusable, VerdictError
from vedette.network.data import DataFolder
from vedette.network.operator import invite, revoke_verdict
from vedette.network.settings import NetworkSettings, load
from vedette.wire.join import JoinString

CLOCK = SystemClock()


@pytest.fixture
def settings(tmp_path: Path) -> NetworkSettings:
    return load(None, data=str(tmp_path / "data"), controller="Example", contact="x@example.org")


def prepared(settings: NetworkSettings) -> DataFolder:
    folder = DataFolder(settings.folder)
    folder.prepare(CLOCK.now())
    folder.certify(settings.names, CLOCK.now())
    return folder


def test_a_second_start_changes_no_key(settings: NetworkSettings) -> None:
    folder = prepared(settings)
    before = (folder.fingerprint(), folder.signer().public, folder.prefix_key())
    prepared(settings)
    assert (folder.fingerprint(), folder.signer().public, folder.prefix_key()) == before


def test_no_secret_is_readable_by_others(settings: NetworkSettings) -> None:
    folder = prepared(settings)
    assert stat.S_IMODE((folder.path / "authority").stat().st_mode) == 0o700
    for name in ("ca.key", "signer.key", "server.key", "prefix.key"):
        assert stat.S_IMODE((folder.path / "authority" / name).stat().st_mode) == 0o600


def test_the_authority_vouches_for_the_signer(settings: NetworkSettings) -> None:
    folder = prepared(settings)
    keys = verify_authority(folder.authority_document(), folder.fingerprint(), CLOCK.now())
    assert list(keys) == [folder.signer().public.thumbprint]


def test_a_first_start_that_was_cut_off_can_be_done_again(settings: NetworkSettings) -> None:
    folder = prepared(settings)
    for last in ("ca.key", "signer.key", "prefix.key"):
        (folder.path / "authority" / last).unlink()
        (folder.path / "authority" / "server.pem.new").write_text("half of it")
        prepared(settings)
        assert verify_authority(folder.authority_document(), folder.fingerprint(), CLOCK.now())


def test_those_who_come_at_once_find_one_network(settings: NetworkSettings) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = [pool.submit(prepared_only, settings) for _ in range(8)]
    assert len({one.result() for one in found}) == 1


def prepared_only(settings: NetworkSettings) -> str:
    folder = DataFolder(settings.folder)
    folder.prepare(CLOCK.now())
    return folder.fingerprint()


def test_a_pipeline_waits_for_the_one_before(settings: NetworkSettings) -> None:
    folder, never = prepared(settings), threading.Event()
    events: list[str] = []

    def second() -> None:
        with folder.locked_for_pipeline(CLOCK, never):
            events.append("second")

    thread = threading.Thread(target=second)
    with folder.locked_for_pipeline(CLOCK, never):
        thread.start()
        CLOCK.sleep(0.2)
        events.append("first")
    thread.join()
    assert events == ["first", "second"]


def test_a_pipeline_that_is_told_to_stop_does_not_wait(settings: NetworkSettings) -> None:
    folder, stop = prepared(settings), threading.Event()
    stop.set()
    with (
        folder.locked_for_pipeline(CLOCK, threading.Event()),
        folder.locked_for_pipeline(CLOCK, stop),
    ):
        pass


def test_one_network_holds_it(settings: NetworkSettings) -> None:
    folder = prepared(settings)
    with folder.locked(), pytest.raises(StoreUnusable), folder.locked():
        pass


def test_a_join_string_says_all_that_a_computer_needs(settings: NetworkSettings) -> None:
    invitation = invite(settings, "Alpha", managed=False, clock=CLOCK)
    joined = JoinString.decode(invitation.join)
    assert joined.address == settings.url
    assert joined.fingerprint == DataFolder(settings.folder).fingerprint()
    assert (joined.controller, joined.contact) == ("Example", "x@example.org")
    assert 6 < (invitation.expires - CLOCK.now()).days + 1 <= 7


def test_revoking_what_was_never_said_is_told(settings: NetworkSettings) -> None:
    prepared(settings)
    with pytest.raises(VerdictError, match="no verdict about this file holds"):
        revoke_verdict(settings, "0" * 64, "a mistake", CLOCK)
