"""Where a Linux keeps its libraries."""

from __future__ import annotations

import pytest

from vedette.errors import Unreadable
from vedette.host.library_folders import library_folders
from vedette.testing.host import FakeFiles, FakeHost, FakeLink, Node


def test_folders_of_processors_are_among_them() -> None:
    tree: dict[str, bytes | Node] = {
        "/usr/lib/x86_64-linux-gnu/libc.so.6": b"",
        "/usr/lib/python3/x": b"",
        "/usr/lib64": FakeLink("lib"),
        "/usr/lib/i386-linux-gnu.conf": b"",
    }
    assert library_folders(FakeHost(FakeFiles(tree))) == [
        "/usr/lib",
        "/usr/local/lib",
        "/usr/lib/x86_64-linux-gnu",
    ]


def test_each_kind_of_system_has_its_own() -> None:
    found = library_folders(FakeHost(FakeFiles({"/usr/lib64/libc.so.6": b""})))
    assert found == ["/usr/lib", "/usr/lib64", "/usr/local/lib"]


def test_libraries_that_may_not_be_looked_at() -> None:
    files = FakeFiles({"/usr/lib/x": b""}, refused=frozenset({"/usr/lib"}))
    with pytest.raises(Unreadable, match="not permitted"):
        library_folders(FakeHost(files))
