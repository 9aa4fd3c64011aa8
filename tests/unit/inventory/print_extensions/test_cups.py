"""Back ends and filters of CUPS."""

from __future__ import annotations

from vedette.facts.privacy import PrivateNames
from vedette.inventory import Unread
from vedette.inventory.print_extensions import PrintExtension, read
from vedette.testing.host import FakeFile, FakeFiles, FakeFolder, FakeHost, FakeLink, Node

CONVS = b"""# local rules
application/pdf  application/vnd.cups-pdf  66  pdftopdf
#application/x  application/y 1 /not/this
image/x-foo application/pdf 10 /opt/foo/foo to pdf
a/b c/d 0 -
"""
PPD = b"""*PPD-Adobe: "4.3"
*NickName: "Anna's secret printer"
*cupsFilter: "application/vnd.cups-raster 0 rastertofoo"
*cupsFilter: "application/vnd.cups-postscript 0 /home/anna/.x/filter"
*cupsFilter2: "application/pdf application/vnd.foo 0 maxsize(1024) /opt/foo/two"
*cupsFilter2 : "application/pdf application/vnd.foo 0 maxsize(1024)/opt/foo/three"
*FoomaticRIPCommandLine: "/usr/bin/gs x"
"""
TREE: dict[str, bytes | Node] = {
    "/usr/lib/cups/backend/ipp": FakeFile(b"\x7fELF", mode=0o755),
    "/usr/lib/cups/backend/https": FakeLink("ipp"),
    "/usr/lib/cups/backend/more": FakeFolder(),
    "/usr/lib/cups/filter/pdftopdf": b"",
    "/usr/share/cups/mime/cupsfilters.convs": CONVS,
    "/usr/share/cups/mime/mime.types": CONVS.replace(b"/opt", b"/types"),
    "/etc/cups/ppd/Office.ppd": PPD,
    "/etc/cups/ppd/Office.ppd.O": PPD.replace(b"/opt", b"/older"),
}


def rows(host: FakeHost) -> list[tuple[str, str, str | None]]:
    return sorted(
        (each.role.value, each.name.value, each.library.value if each.library else None)
        for each in read(host)
        if isinstance(each, PrintExtension)
    )


def cups(tree: dict[str, bytes | Node], refused: frozenset[str] = frozenset()) -> FakeHost:
    return FakeHost(files=FakeFiles(tree, refused), private=PrivateNames(users=frozenset({"anna"})))


def test_backends_and_filters() -> None:
    assert rows(cups(TREE)) == [
        ("backend", "https", "/usr/lib/cups/backend/https"),
        ("backend", "ipp", "/usr/lib/cups/backend/ipp"),
        ("filter", "filter", "<home>/.x/filter"),
        ("filter", "foo to pdf", "/opt/foo/foo to pdf"),
        ("filter", "pdftopdf", "/usr/lib/cups/filter/pdftopdf"),
        ("filter", "three", "/opt/foo/three"),
        ("filter", "two", "/opt/foo/two"),
    ]


def test_the_folder_that_the_settings_name() -> None:
    conf = b"#ServerBin /not/this\n  serverbin /opt/cups/\nServerRoot /etc/cups\n"
    tree: dict[str, bytes | Node] = {
        "/etc/cups/cups-files.conf": conf,
        "/opt/cups/backend/x": b"",
    }
    assert rows(cups(tree)) == [("backend", "x", "/opt/cups/backend/x")]


def test_nothing_where_there_is_no_cups() -> None:
    assert list(read(cups({}))) == []


def test_what_cannot_be_read_costs_only_itself() -> None:
    tree = TREE | {
        "/usr/share/cups/mime/large.convs": b"x" * (1 << 20),
        "/etc/cups/cups-files.conf": FakeFolder(),
    }
    host = cups(tree, frozenset({"/usr/lib/cups/backend", "/etc/cups/ppd"}))
    assert [name for _, name, _ in rows(host)] == ["foo to pdf", "pdftopdf"]
    reasons = sorted(each.reason for each in read(host) if isinstance(each, Unread))
    assert reasons == ["not a regular file", "not permitted", "not permitted", "too large"]
