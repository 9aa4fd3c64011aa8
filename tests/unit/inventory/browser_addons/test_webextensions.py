"""Extensions in profiles of Chromium's and Firefox' families, on Linux and Windows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.inventory import Unread
from vedette.inventory.browser_addons import BrowserAddon, read
from vedette.testing.host import FakeFiles, FakeHost, Node

ID = "cjpalhdlnbpafiamejdnhcphjbkeiagm"
MANIFEST = {
    "manifest_version": 3,
    "name": "__MSG_ExtName__",
    "default_locale": "en",
    "version": "1.54.0",
    "permissions": ["storage", {"fileSystem": ["write"]}, 7],
    "host_permissions": ["<all_urls>"],
    "content_scripts": [{"matches": ["https://*.example.com/*", "<all_urls>"], "js": ["a.js"]}],
}
MESSAGES = {"extname": {"message": "uBlock Origin"}}
Tree = dict[str, bytes | Node]


def host_of(tree: Tree, platform: Platform = Platform.LINUX) -> FakeHost:
    return FakeHost(files=FakeFiles(tree), platform=platform)


def addons(host: FakeHost) -> list[BrowserAddon]:
    return [each for each in read(host) if isinstance(each, BrowserAddon)]


def unread(host: FakeHost) -> list[str]:
    return [each.reason for each in read(host) if isinstance(each, Unread)]


def packed(value: Any) -> bytes:
    return json.dumps(value).encode()


def installed(profile: str, version: str = "1.54.0_0") -> Tree:
    folder = f"{profile}/Extensions/{ID}/{version}"
    return {
        f"{folder}/manifest.json": packed(MANIFEST),
        f"{folder}/_locales/en/messages.json": packed(MESSAGES),
    }


@pytest.mark.parametrize(
    ("platform", "profile", "browser"),
    [
        (Platform.LINUX, "/home/ada/.config/chromium/Default", "Chromium"),
        (Platform.LINUX, "/root/.config/google-chrome/Profile 1", "Google Chrome"),
        (Platform.LINUX, "/home/a/snap/chromium/common/chromium/Default", "Chromium"),
        (
            Platform.LINUX,
            "/home/a/.var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser/P",
            "Brave",
        ),
        (Platform.LINUX, "/home/ada/.config/opera", "Opera"),
        (
            Platform.WINDOWS,
            "/Users/Ada/AppData/Local/Microsoft/Edge/User Data/Default",
            "Microsoft Edge",
        ),
        (
            Platform.WINDOWS,
            "/Documents and Settings/Ada/Local Settings/Application Data/Google/Chrome/User Data/Default",
            "Google Chrome",
        ),
        (Platform.WINDOWS, "/Users/Ada/AppData/Roaming/Opera Software/Opera Stable", "Opera"),
    ],
)
def test_what_a_profile_has_installed(platform: Platform, profile: str, browser: str) -> None:
    host = host_of(installed(profile), platform)
    (found,) = addons(host)
    assert found.role.value == "webextension"
    assert found.id.value == ID
    assert found.name
    assert found.name.value == "uBlock Origin"
    assert found.version
    assert found.version.value == "1.54.0"
    assert found.permissions
    assert found.permissions.value == [
        *("storage", "fileSystem", "<all_urls>", "https://*.example.com/*"),
    ]
    assert found.browser.value == browser
    assert found.library is None
    assert unread(host) == []


def test_two_people_with_the_same_are_not_counted() -> None:
    tree = installed("/home/ada/.config/chromium/Default") | installed(
        "/home/bob/.config/chromium/X"
    )
    assert len(addons(host_of(tree))) == 1


def test_the_newest_of_two_versions() -> None:
    profile = "/home/ada/.config/chromium/Default"
    old = packed(MANIFEST | {"version": "1.9.0", "name": "Old"})
    tree = installed(profile) | {f"{profile}/Extensions/{ID}/1.9.0_0/manifest.json": old}
    tree[f"{profile}/Extensions/Temp/x"] = b""
    assert [found.version.value for found in addons(host_of(tree)) if found.version] == ["1.54.0"]


def test_what_was_loaded_from_a_folder_of_its_own() -> None:
    profile = "/home/ada/.config/chromium/Default"
    settings = {
        ID: {"location": 4, "path": "/srv/dev/mine"},
        ID[::-1]: {"location": 8, "path": "/home/ada/gone"},
        "a" * 32: {"location": 1, "path": "inside/1_0"},
        "b" * 32: {"location": 5, "path": "/usr/lib/chromium/resources/pdf"},
        "c" * 32: "damaged",
        "not an id": {"location": 4, "path": "/x"},
    }
    preferences = {
        "account_info": [{"email": "ada@example.org"}],
        "extensions": {"settings": settings},
    }
    tree: Tree = {
        f"{profile}/Secure Preferences": packed(preferences),
        f"{profile}/Preferences": packed({"extensions": {"theme": {}}}),
        "/srv/dev/mine/manifest.json": b'// mine\n{"name": "Mine", "version": "0.1"}',
    }
    host = host_of(tree)
    found = addons(host)
    told = [(each.id.value, each.name.value if each.name else None) for each in found]
    assert told == [(ID, "Mine"), (ID[::-1], None)]
    assert found[0].library
    assert found[0].library.value == "/srv/dev/mine"
    assert unread(host) == []


def test_what_packages_install_for_all() -> None:
    folder = "/usr/share/chromium/extensions/ublock-origin"
    (found,) = addons(host_of({f"{folder}/manifest.json": packed({"name": "u", "version": "1"})}))
    assert found.id.value == "ublock-origin"
    assert found.library
    assert found.library.value == folder


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"\xff\xfe\x00", b"[" * 100_000, b'{"extensions": 5}'],
)
def test_damaged_preferences_and_manifests_are_said(content: bytes) -> None:
    profile = "/home/ada/.config/chromium/Default"
    host = host_of(
        installed("/home/bob/.config/chromium/Default")
        | {
            f"{profile}/Extensions/{ID}/1/manifest.json": content,
            f"{profile}/Preferences": content,
        }
    )
    assert len([each for each in addons(host) if each.name]) == 1
    assert 1 <= len(unread(host)) <= 2


def listed(*addons: Any) -> bytes:
    return packed({"schemaVersion": 35, "addons": list(addons)})


UBLOCK = {
    "id": "uBlock0@raymondhill.net",
    "type": "extension",
    "version": "1.54.0",
    "location": "app-profile",
    "path": "/home/ada/.mozilla/firefox/x/extensions/uBlock0@raymondhill.net.xpi",
    "defaultLocale": {"name": "uBlock Origin", "creator": "Raymond Hill"},
    "userPermissions": {"permissions": ["tabs"], "origins": ["<all_urls>"]},
    "signedState": 2,
}


@pytest.mark.parametrize(
    ("platform", "profile", "browser"),
    [
        (Platform.LINUX, "/home/ada/.mozilla/firefox/x.default", "Mozilla Firefox"),
        (Platform.LINUX, "/home/ada/snap/firefox/common/.mozilla/firefox/x", "Mozilla Firefox"),
        (
            Platform.LINUX,
            "/home/ada/.var/app/org.mozilla.firefox/.mozilla/firefox/x",
            "Mozilla Firefox",
        ),
        (Platform.LINUX, "/home/ada/.librewolf/x", "LibreWolf"),
        (
            Platform.WINDOWS,
            "/Users/Ada/AppData/Roaming/Mozilla/Firefox/Profiles/x",
            "Mozilla Firefox",
        ),
    ],
)
def test_what_a_profile_of_firefox_lists(platform: Platform, profile: str, browser: str) -> None:
    themes = [
        UBLOCK | {"id": "t", "type": "theme"},
        UBLOCK | {"id": "b", "location": "app-builtin"},
    ]
    host = host_of({f"{profile}/extensions.json": listed(UBLOCK, *themes)}, platform)
    (found,) = addons(host)
    assert found.id.value == "uBlock0(at)raymondhill.net"
    assert found.name
    assert found.name.value == "uBlock Origin"
    assert found.version
    assert found.version.value == "1.54.0"
    assert found.permissions
    assert found.permissions.value == ["tabs", "<all_urls>"]
    assert found.library is None
    assert found.browser.value == browser


def test_an_identifier_that_nobody_signed_may_be_an_address() -> None:
    own = UBLOCK | {"id": "ada@example.org", "signedState": 0, "location": "app-global"}
    host = host_of({"/home/ada/.mozilla/firefox/x/extensions.json": listed(own)})
    host.private = PrivateNames(users=frozenset({"ada"}), homes=frozenset({"/home/ada"}))
    (found,) = addons(host)
    assert found.id.value == "<mail>"
    assert found.library  # it lies where all have it, and the file is called after the identifier
    assert "example.org" not in repr(found)
    assert "ada" not in repr(found)


def test_a_profile_elsewhere() -> None:
    host = host_of(
        {
            "/home/ada/.mozilla/firefox/profiles.ini": b"[Profile0]\nIsRelative=0\nPath=/srv/fx\n",
            "/srv/fx/extensions.json": listed(UBLOCK),
        }
    )
    assert len(addons(host)) == 1


def test_a_damaged_entry_costs_only_itself() -> None:
    place = "/home/ada/.mozilla/firefox"
    host = host_of(
        {
            f"{place}/a/extensions.json": listed({"id": 5}, UBLOCK, "x"),
            f"{place}/b/extensions.json": b"{",
            f"{place}/c/extensions.json": b"[" * 100_000,
        }
    )
    assert len(addons(host)) == 1
    assert len(unread(host)) == 2


def test_a_refused_profile_costs_only_itself() -> None:
    tree = installed("/home/ada/.config/chromium/Default") | installed(
        "/home/bob/.config/vivaldi/Default"
    )
    files = FakeFiles(tree, frozenset({"/home/ada/.config/chromium/Default/Extensions"}))
    host = FakeHost(files=files)
    assert [each.browser.value for each in addons(host)] == ["Vivaldi"]
    assert unread(host) == ["not permitted"]
