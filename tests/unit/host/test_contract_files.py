"""What every tree of files must do: the running system's, an image's, and the fake's."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from vedette.errors import Unreadable
from vedette.host import Entry, Files
from vedette.host.linux.files import LinuxFiles
from vedette.host.offline.files import CaselessFiles
from vedette.host.windows.files import WindowsFiles
from vedette.testing.host import FakeFile, FakeFiles, FakeFolder, FakeLink, FakeSpecial, Node

TREE: dict[str, bytes | Node] = {
    "/etc/release": b"ID=test\n",
    "/etc/long": b"x" * 100,
    "/etc/relative": FakeLink("release"),
    "/etc/loop": FakeLink("loop"),
    "/etc/dangling": FakeLink("nowhere"),
    "/etc/unit.d/one": b"1",
    "/opt/tool": FakeFile(b"\x7fELF", mode=0o4755),
    "/opt/up": FakeLink("../etc/unit.d"),
    "/run/queue": FakeSpecial(),
    "/srv": FakeFolder(),
}


@dataclass
class Tree:
    files: Files
    prefix: str

    def at(self, path: str) -> str:
        return self.prefix + path


def _build(root: Path) -> None:
    for path, node in TREE.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        match node:
            case bytes():
                place.write_bytes(node)
            case FakeFile(content, mode):
                place.write_bytes(content)
                place.chmod(mode)
            case FakeLink(target):
                place.symlink_to(target)
            case FakeFolder():
                place.mkdir(exist_ok=True)
            case FakeSpecial():
                os.mkfifo(place)


def _live(root: Path) -> Tree:
    _build(root)
    return Tree(LinuxFiles("/"), str(root))


def _image(root: Path) -> Tree:
    _build(root)
    return Tree(LinuxFiles(root), "")


def _windows_image(root: Path) -> Tree:
    _build(root)
    return Tree(CaselessFiles(root), "")


def _drive(root: Path) -> Tree:
    """A drive of Windows that lies in a folder: the way to a file is gone as on a real one."""
    _build(root)
    return Tree(WindowsFiles(str(root), native=False), "")


def _fake(root: Path) -> Tree:
    return Tree(FakeFiles(TREE), "")


@pytest.fixture(params=[_live, _image, _windows_image, _drive, _fake])
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> Tree:
    make: Callable[[Path], Tree] = request.param
    return make(tmp_path)


@pytest.mark.parametrize(
    "path", ["/etc/release", "/etc/relative", "/opt/up/../release", "//etc/./release"]
)
def test_reads_a_file_however_it_is_named(tree: Tree, path: str) -> None:
    assert tree.files.read(tree.at(path)) == b"ID=test\n"


def test_takes_a_path_object(tree: Tree) -> None:
    assert tree.files.read(PurePosixPath(tree.at("/etc/release"))) == b"ID=test\n"


def test_reads_up_to_the_limit_and_no_part_of_more(tree: Tree) -> None:
    assert len(tree.files.read(tree.at("/etc/long"), limit=100)) == 100
    with pytest.raises(Unreadable) as caught:
        tree.files.read(tree.at("/etc/long"), limit=99)
    assert caught.value.reason == "too large"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/etc/none", "missing"),
        ("/none/none", "missing"),
        ("/etc/release/none", "missing"),
        ("/etc/dangling", "missing"),
        ("/etc/loop", "too many links"),
        ("/etc", "not a regular file"),
        ("/run/queue", "not a regular file"),
    ],
)
def test_says_why_it_cannot_read(tree: Tree, path: str, reason: str) -> None:
    with pytest.raises(Unreadable) as caught:
        tree.files.read(tree.at(path))
    assert caught.value.reason == reason
    assert path not in str(caught.value)


def test_lists_a_folder_by_name(tree: Tree) -> None:
    assert tree.files.entries(tree.at("/etc")) == [
        Entry("dangling", "link", "nowhere"),
        Entry("long", "file"),
        Entry("loop", "link", "loop"),
        Entry("relative", "link", "release"),
        Entry("release", "file"),
        Entry("unit.d", "folder"),
    ]
    assert tree.files.entries(tree.at("/run")) == [Entry("queue", "other")]


def test_follows_a_link_to_a_folder(tree: Tree) -> None:
    assert tree.files.entries(tree.at("/opt/up")) == [Entry("one", "file")]


@pytest.mark.parametrize("path", ["/none", "/etc/release/none", "/srv"])
def test_a_missing_or_empty_folder_has_no_entries(tree: Tree, path: str) -> None:
    assert tree.files.entries(tree.at(path)) == []


def test_a_file_is_no_folder(tree: Tree) -> None:
    with pytest.raises(Unreadable) as caught:
        tree.files.entries(tree.at("/etc/release"))
    assert caught.value.reason == "not a folder"


def test_tells_facts_about_a_file(tree: Tree) -> None:
    facts = tree.files.stat(tree.at("/opt/tool"))
    assert facts.size == 4
    assert stat.S_ISREG(facts.mode)
    assert stat.S_IMODE(facts.mode) == 0o4755
    assert facts.modified.utcoffset() is not None
    assert facts.created is None or facts.created.utcoffset() is not None


def test_facts_follow_links_and_tell_files_apart(tree: Tree) -> None:
    there = tree.files.stat(tree.at("/etc/release"))
    assert tree.files.stat(tree.at("/etc/relative")) == there
    other = tree.files.stat(tree.at("/etc/long"))
    assert (other.device, other.inode) != (there.device, there.inode)
    assert stat.S_ISDIR(tree.files.stat(tree.at("/etc")).mode)
    assert stat.S_ISFIFO(tree.files.stat(tree.at("/run/queue")).mode)


def test_no_facts_about_what_is_missing(tree: Tree) -> None:
    with pytest.raises(Unreadable):
        tree.files.stat(tree.at("/etc/none"))
