"""Browsers and mail clients of Linux: from packages, from bundles, and unpacked by hand."""

from __future__ import annotations

from vedette.host import Host
from vedette.inventory import Unread, browsers, mail_clients
from vedette.testing.host import FakeFiles, FakeHost, FakeLink, Node

Row = tuple[str, str | None, str | None, str | None]


def rows(host: Host, item: str = "browsers") -> list[Row]:
    read = {"browsers": browsers.read, "mail_clients": mail_clients.read}[item]
    return [
        (
            each.name.value,
            each.id.value if each.id else None,
            each.version.value if each.version else None,
            each.publisher.value if each.publisher else None,
        )
        for each in read(host)
        if isinstance(each, browsers.Browser | mail_clients.MailClient)
    ]


def linux(tree: dict[str, bytes | Node]) -> Host:
    return FakeHost(files=FakeFiles(tree))


def entry(name: str, program: str, categories: str) -> bytes:
    return f"[Desktop Entry]\nName={name}\nExec={program} %U\nCategories={categories}\n".encode()


def test_packages_are_told_once_with_their_desktop_entry() -> None:
    host = linux(
        {
            "/var/lib/dpkg/status": b"Package: firefox-esr\nVersion: 115.5.0esr-1~deb12u1\n\n"
            b"Package: chromium-common\nVersion: 1\n\nPackage: lynx\nVersion: 2.9\n",
            "/usr/share/applications/firefox-esr.desktop": entry(
                "Firefox ESR", "/usr/lib/firefox-esr/firefox-esr", "Network;WebBrowser;"
            ),
            "/usr/share/applications/mutt.desktop": entry("Mutt", "mutt", "Network;Email;"),
        }
    )
    assert rows(host) == [
        ("Mozilla Firefox", "firefox-esr", "115.5.0esr-1~deb12u1", "Mozilla"),
        ("Lynx", "lynx", "2.9", None),
    ]
    assert rows(host, "mail_clients") == [("Mutt", "mutt", None, None)]


def test_alpine_flatpak_and_snap() -> None:
    host = linux(
        {
            "/lib/apk/db/installed": b"P:thunderbird\nV:115.4.2-r0\nm:Someone <a@b.c>\n",
            "/var/lib/flatpak/app/org.gnome.Epiphany/current/active/metadata": b"",
            "/snap/brave/current": FakeLink("315"),
            "/snap/brave/315/meta/snap.yaml": b"version: 1.60.118\n",
        }
    )
    assert rows(host) == [
        ("GNOME Web", "org.gnome.Epiphany", None, "GNOME"),
        ("Brave", "brave", "1.60.118", "Brave Software"),
    ]
    assert rows(host, "mail_clients") == [
        ("Mozilla Thunderbird", "thunderbird", "115.4.2-r0", "Mozilla")
    ]


APPLICATION = b"[App]\nVendor=Mozilla\nName=Firefox\nVersion=121.0b9\n[Gecko]\nMinVersion=1\n"


def test_what_was_unpacked_by_hand() -> None:
    host = linux(
        {
            "/opt/firefox/application.ini": APPLICATION,
            "/opt/other/application.ini": APPLICATION,
            "/opt/thunderbird/readme": b"",
        }
    )
    assert rows(host) == [("Mozilla Firefox", "firefox", "121.0b9", "Mozilla")]
    assert rows(host, "mail_clients") == []


def test_a_persons_own_browser_is_found_by_its_entry_and_its_link() -> None:
    host = linux(
        {
            "/home/ada/.local/share/applications/mine.desktop": entry(
                "Zen Browser", "/usr/local/bin/zen", "WebBrowser;"
            ),
            "/home/ada/.local/share/applications/page.desktop": entry(
                "A page", "/usr/bin/chromium --app=x", "Office;"
            ),
            "/usr/local/bin/zen": FakeLink("../zen/zen"),
            "/usr/local/zen/application.ini": b"[App]\nVersion=1.0\nVendor=Zen OSS\n",
        }
    )
    assert rows(host) == [("Zen Browser", "mine", "1.0", "Zen OSS")]


def test_what_cannot_be_read_is_said_once() -> None:
    files = FakeFiles(
        {
            "/var/lib/dpkg/status": b"Package: lynx\nVersion: 1\n",
            "/usr/lib/sysimage/rpm/rpmdb.sqlite": b"no database",
        }
    )
    found = list(browsers.read(FakeHost(files=files)))
    assert [type(each).__name__ for each in found] == ["Browser", "Unread"]
    assert isinstance(found[1], Unread)
    assert found[1].of == "browsers"
