"""The state folder is private, and a crash leaves old or new."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vedette.endpoint.state_folder import JOIN, LEDGER, StateFolder
from vedette.errors import NotPermitted, StoreUnusable


@pytest.fixture
def folder(tmp_path: Path) -> StateFolder:
    return StateFolder(tmp_path / "state")


def test_nothing_is_made_until_something_is_written(folder: StateFolder) -> None:
    folder.check()
    assert folder.read(JOIN) is None
    assert folder.stamp(JOIN) is None
    assert not folder.has(JOIN)
    assert not folder.path.exists()


def test_what_is_written_is_for_its_owner_alone(folder: StateFolder) -> None:
    folder.write(JOIN, b"one")
    folder.write(JOIN, b"two")
    assert folder.read(JOIN) == b"two"
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert folder.file(JOIN).stat().st_mode & 0o777 == 0o600
    assert [file.name for file in folder.path.iterdir()] == [JOIN]


def test_a_stamp_changes_with_each_writing(folder: StateFolder) -> None:
    folder.write(LEDGER, b"one\n")
    first = folder.stamp(LEDGER)
    folder.append(LEDGER, b"two\n", after=4)
    assert folder.read(LEDGER) == b"one\ntwo\n"
    assert folder.stamp(LEDGER) != first


def test_what_was_torn_is_cut_off(folder: StateFolder) -> None:
    folder.append(LEDGER, b"one\nto", after=0)
    folder.append(LEDGER, b"two\n", after=4)
    assert folder.read(LEDGER) == b"one\ntwo\n"


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o777])
def test_a_folder_that_others_can_look_into_is_refused(folder: StateFolder, mode: int) -> None:
    folder.create()
    folder.path.chmod(mode)
    with pytest.raises(NotPermitted, match="0700"):
        folder.write(JOIN, b"one")


@pytest.mark.root
def test_a_folder_of_somebody_else_is_refused(folder: StateFolder) -> None:
    folder.create()
    os.chown(folder.path, 12345, 12345)
    with pytest.raises(NotPermitted, match="another user"):
        folder.check()


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    (tmp_path / "state").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotPermitted, match="not a folder"):
        StateFolder(tmp_path / "state").check()


def test_a_link_in_place_of_a_file_is_not_followed(folder: StateFolder, tmp_path: Path) -> None:
    folder.create()
    (tmp_path / "victim").write_bytes(b"precious")
    folder.file(LEDGER).symlink_to(tmp_path / "victim")
    with pytest.raises(StoreUnusable):
        folder.append(LEDGER, b"line\n", after=0)
    assert (tmp_path / "victim").read_bytes() == b"precious"


def test_one_agent_at_a_time(folder: StateFolder) -> None:
    with folder.agent():
        with pytest.raises(StoreUnusable, match="already runs"), folder.agent():
            pass
        with folder.changing():
            folder.write(JOIN, b"one")
    with folder.agent():
        pass


def test_an_error_inside_is_not_taken_for_one_of_the_folder(folder: StateFolder) -> None:
    with pytest.raises(FileNotFoundError), folder.agent():
        raise FileNotFoundError
