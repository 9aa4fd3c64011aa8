"""Where people's profile folders lie."""

from __future__ import annotations

from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host.homes import homes
from vedette.testing.host import FakeFiles, FakeHost, FakeLink, Node


def test_homes_of_linux() -> None:
    host = FakeHost(
        files=FakeFiles({"/home/ada/x": b"", "/home/lost+found/x": b"", "/home/note": b""}),
        private=PrivateNames(homes=frozenset({"/srv/people/bob/", "/home/ada", "C:\\no"})),
    )
    assert homes(host) == ["/home/ada", "/root", "/srv/people/bob"]


def test_homes_of_windows() -> None:
    tree: dict[str, bytes | Node] = {
        "/Users/Ada/NTUSER.DAT": b"",
        "/Users/Public/x": b"",
        "/Users/Default/NTUSER.DAT": b"",
        "/Users/All Users": FakeLink("/ProgramData"),
        "/Users/Old": FakeLink("/Users/Ada"),
        "/Users/desktop.ini": b"",
        "/Documents and Settings": FakeLink("/Users"),
    }
    host = FakeHost(platform=Platform.WINDOWS, files=FakeFiles(tree))
    assert homes(host) == ["/Users/Ada"]


def test_homes_of_an_older_windows() -> None:
    files = FakeFiles({"/Documents and Settings/Ada/NTUSER.DAT": b""})
    assert homes(FakeHost(platform=Platform.WINDOWS, files=files)) == [
        "/Documents and Settings/Ada"
    ]


def test_a_place_that_is_refused_hides_nobody_else() -> None:
    files = FakeFiles({"/home/ada/x": b"", "/var/home/bob/x": b""}, frozenset({"/home"}))
    assert homes(FakeHost(files=files)) == ["/root", "/var/home/bob"]
