"""Files of Linux: no way out of an image, nothing that blocks, and times that the system does not give Python."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from vedette.clock import SystemClock
from vedette.errors import ConfigurationError, Unreadable
from vedette.host.linux.files import LinuxFiles

NOBODY = 65534


@pytest.fixture
def image(tmp_path: Path) -> Path:
    root = tmp_path / "image"
    (root / "etc").mkdir(parents=True)
    (root / "etc" / "inside").write_bytes(b"inside")
    (tmp_path / "outside").write_bytes(b"outside")
    return root


@pytest.fixture
def unprivileged(tmp_path: Path) -> Iterator[None]:
    """Nobody's rights for the test's own accesses."""
    if os.geteuid() != 0:
        yield
        return
    place = tmp_path
    while place != Path("/tmp") and place != place.parent:
        place.chmod(place.stat().st_mode | 0o055)
        place = place.parent
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.parametrize(
    "target",
    ["/etc/inside", "../etc/inside", "../../../../etc/inside", "/../../etc/inside", "./inside"],
)
def test_a_link_is_followed_inside_the_image(image: Path, target: str) -> None:
    (image / "etc" / "link").symlink_to(target)
    assert LinuxFiles(image).read("/etc/link") == b"inside"


@pytest.mark.parametrize(
    "path", ["/../outside", "/etc/../../outside", "../../outside", "/etc/link"]
)
def test_nothing_outside_the_image_is_reached(image: Path, path: str) -> None:
    (image / "etc" / "link").symlink_to(image.parent / "outside")
    with pytest.raises(Unreadable) as caught:
        LinuxFiles(image).read(path)
    assert caught.value.reason == "missing"


def test_a_linked_folder_leads_inside_too(image: Path) -> None:
    (image / "usr").mkdir()
    (image / "usr" / "etc").symlink_to("/etc")
    files = LinuxFiles(image)
    assert files.read("/usr/etc/inside") == b"inside"
    assert files.read("/usr/etc/../etc/inside") == b"inside"
    assert [entry.name for entry in files.entries("/usr/etc")] == ["inside"]


def test_a_link_to_the_host_s_own_file_reads_the_image_s(image: Path) -> None:
    (image / "etc" / "passwd").write_bytes(b"image")
    (image / "link").symlink_to("/etc/passwd")
    assert LinuxFiles(image).read("/link") == b"image"


def test_an_image_must_be_a_folder(image: Path) -> None:
    for root in (image / "none", image / "etc" / "inside"):
        with pytest.raises(ConfigurationError):
            LinuxFiles(root)


def test_devices_and_sockets_are_not_opened(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        for path in ("/dev/null", "/dev/zero", str(tmp_path / "socket")):
            with pytest.raises(Unreadable) as caught:
                LinuxFiles().read(path)
            assert caught.value.reason == "not a regular file"


def test_files_of_proc_have_no_size_and_are_read_whole() -> None:
    assert LinuxFiles().read("/proc/self/status").startswith(b"Name:")


def test_the_head_of_a_file_may_be_a_part(image: Path) -> None:
    assert LinuxFiles(image).head("/etc/inside", 2) == b"in"
    assert LinuxFiles(image).head("/etc/inside", 99) == b"inside"


@pytest.mark.usefixtures("unprivileged")
def test_says_what_is_not_permitted() -> None:
    closed = Path("/etc/shadow")
    if not closed.exists():
        pytest.skip("no file here that is closed to everybody")
    with pytest.raises(Unreadable) as caught:
        LinuxFiles().read(closed)
    assert caught.value.reason == "not permitted"
    assert LinuxFiles().stat(closed).owner == 0  # facts need no right to the content


@pytest.mark.root
def test_says_which_folder_is_not_permitted(image: Path, request: pytest.FixtureRequest) -> None:
    (image / "closed").mkdir(mode=0o700)
    request.getfixturevalue("unprivileged")
    with pytest.raises(Unreadable) as caught:
        LinuxFiles(image).entries("/closed")
    assert caught.value.reason == "not permitted"


@pytest.mark.parametrize("path", ["/etc/a\0b", "/" + "a" * 300, "/\udfff\ud800"])
def test_impossible_names_are_unreadable(path: str) -> None:
    with pytest.raises(Unreadable):
        LinuxFiles().read(path)


def test_names_that_are_not_text_survive(image: Path) -> None:
    name = b"caf\xe9"
    (image / os.fsdecode(name)).write_bytes(b"latin")
    entry = next(e for e in LinuxFiles(image).entries("/") if e.kind == "file")
    assert os.fsencode(entry.name) == name
    assert LinuxFiles(image).read("/" + entry.name) == b"latin"


def test_tells_when_a_file_was_created(image: Path) -> None:
    born = LinuxFiles(image).stat("/etc/inside").created
    if born is None:
        pytest.skip("this file system keeps no creation time")
    assert abs((SystemClock().now() - born).total_seconds()) < 60


def test_proc_keeps_no_creation_time() -> None:
    assert LinuxFiles().stat("/proc/self/status").created is None


def test_times_before_the_epoch_hold(image: Path) -> None:
    os.utime(image / "etc" / "inside", ns=(-(10**18), -(10**18)))
    assert LinuxFiles(image).stat("/etc/inside").modified == datetime(
        1938, 4, 24, 22, 13, 20, tzinfo=UTC
    )


def test_no_descriptor_is_left_open(image: Path) -> None:
    (image / "etc" / "loop").symlink_to("loop")
    files = LinuxFiles(image)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for path in ("/etc/inside", "/etc/loop", "/etc", "/none", "/etc/../../etc/inside"):
        for ask in (files.read, files.entries, files.stat):
            try:
                ask(path)
            except Unreadable:
                continue
    assert len(list(Path("/proc/self/fd").iterdir())) == before
