"""Status files of dpkg, and apk's database."""

from __future__ import annotations

from vedette.formats import apk, dpkg
from vedette.formats.package import Package, maker

STATUS = b"""\
Package: firefox-esr
Status: install ok installed
Priority: optional
Maintainer: Maintainers of Mozilla-related packages <team+mozilla@tracker.debian.org>
Architecture: amd64
Version: 115.5.0esr-1~deb12u1
Description: Mozilla Firefox web browser
 Version: 1.0 of this text
 .
 Package: no

Package: gone
Status: deinstall ok config-files
Version: 1

Package: half
Status: install reinstreq half-configured
Version: 1:2.3-4

Status: install ok installed
Version: nameless


Package: last
Version: 9"""


def test_installed_packages_of_dpkg() -> None:
    assert list(dpkg.packages(STATUS)) == [
        Package("firefox-esr", "115.5.0esr-1~deb12u1", "Maintainers of Mozilla-related packages"),
        Package("half", "1:2.3-4", None),
        Package("last", "9", None),
    ]


def test_carriage_returns_and_odd_bytes_of_dpkg() -> None:
    status = b"Package: caf\xe9\r\nVersion: 1\r\n"
    assert list(dpkg.packages(status)) == [Package("caf\ufffd", "1", None)]


def test_nothing_is_no_package() -> None:
    assert list(dpkg.packages(b"")) == list(dpkg.packages(b"\n\n\n")) == []
    assert list(apk.packages(b"")) == list(apk.packages(b"\0" * 5000)) == []


INSTALLED = b"""\
C:Q1abc=
P:musl
V:1.2.4-r2
A:x86_64
m:Timo Ter\xc3\xa4s <timo.teras@iki.fi>
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
P:not-a-package

P:firefox
V:120.0-r0
v:no
F:usr

V:1
F:nameless
"""


def test_packages_of_apk() -> None:
    assert list(apk.packages(INSTALLED)) == [
        Package("musl", "1.2.4-r2", "Timo Ter\u00e4s"),
        Package("firefox", "120.0-r0", None),
    ]


def test_a_maker_is_told_without_an_address() -> None:
    assert maker('"Chrome Linux Team" <chromium-dev@chromium.org>') == "Chrome Linux Team"
    assert maker("someone@example.org") is maker("<someone@example.org>") is maker(None) is None
