"""Where browsers keep people's profiles, below a person's home."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vedette.facts.record import Platform
from vedette.host import Host
from vedette.host.homes import homes

_CHROMIUM: Final = {
    "Google Chrome": (
        *(".config/google-chrome", ".config/google-chrome-beta", ".config/google-chrome-unstable"),
        *(".var/app/com.google.Chrome/config/google-chrome",),
    ),
    "Chromium": (
        *(".config/chromium", "snap/chromium/common/chromium"),
        *(".var/app/org.chromium.Chromium/config/chromium",),
        ".var/app/io.github.ungoogled_software.ungoogled_chromium/config/chromium",
    ),
    "Microsoft Edge": (
        *(".config/microsoft-edge", ".config/microsoft-edge-beta", ".config/microsoft-edge-dev"),
        *(".var/app/com.microsoft.Edge/config/microsoft-edge",),
    ),
    "Brave": (
        ".config/BraveSoftware/Brave-Browser",
        "snap/brave/current/.config/BraveSoftware/Brave-Browser",
        ".var/app/com.brave.Browser/config/BraveSoftware/Brave-Browser",
    ),
    "Vivaldi": (".config/vivaldi", ".var/app/com.vivaldi.Vivaldi/config/vivaldi"),
    "Opera": (
        *(".config/opera", "snap/opera/current/.config/opera"),
        ".var/app/com.opera.Opera/config/opera",
    ),
    "Yandex Browser": (".config/yandex-browser", ".config/yandex-browser-beta"),
}
_CHROMIUM_ON_WINDOWS: Final = {
    "Google Chrome": (
        *("Google/Chrome/User Data", "Google/Chrome Beta/User Data"),
        *("Google/Chrome Dev/User Data", "Google/Chrome SxS/User Data"),
    ),
    "Chromium": ("Chromium/User Data",),
    "Microsoft Edge": (
        *("Microsoft/Edge/User Data", "Microsoft/Edge Beta/User Data"),
        *("Microsoft/Edge Dev/User Data", "Microsoft/Edge SxS/User Data"),
    ),
    "Brave": ("BraveSoftware/Brave-Browser/User Data",),
    "Vivaldi": ("Vivaldi/User Data",),
    "Yandex Browser": ("Yandex/YandexBrowser/User Data",),
}
_OPERA_ON_WINDOWS: Final = {
    "Opera": ("Opera Software/Opera Stable", "Opera Software/Opera GX Stable")
}

_FIREFOX: Final = {
    "Mozilla Firefox": (
        *(".mozilla/firefox", ".config/mozilla/firefox", "snap/firefox/common/.mozilla/firefox"),
        *(".var/app/org.mozilla.firefox/.mozilla/firefox",),
        ".var/app/org.mozilla.firefox/config/mozilla/firefox",
    ),
    "LibreWolf": (
        *(".librewolf", ".config/librewolf/librewolf"),
        ".var/app/io.gitlab.librewolf-community/.librewolf",
    ),
    "Waterfox": (".waterfox", ".var/app/net.waterfox.waterfox/.waterfox"),
    "SeaMonkey": (".mozilla/seamonkey",),
    "Pale Moon": (".moonchild productions/pale moon",),
}
_FIREFOX_ON_WINDOWS: Final = {
    "Mozilla Firefox": ("Mozilla/Firefox",),
    "LibreWolf": ("librewolf", "LibreWolf"),
    "Waterfox": ("Waterfox",),
    "SeaMonkey": ("Mozilla/SeaMonkey",),
    "Pale Moon": ("Moonchild Productions/Pale Moon",),
}
_LOCAL: Final = ("AppData/Local", "Local Settings/Application Data")
_ROAMING: Final = ("AppData/Roaming", "Application Data")


def chromium(host: Host) -> list[tuple[str, str]]:
    """Browsers of Chromium's family, each with a folder that may hold profiles."""
    if host.platform is Platform.LINUX:
        return _below(host, ("",), _CHROMIUM)
    return _below(host, _LOCAL, _CHROMIUM_ON_WINDOWS) + _below(host, _ROAMING, _OPERA_ON_WINDOWS)


def firefox(host: Host) -> list[tuple[str, str]]:
    """Browsers of Firefox' family, each with a folder that may hold profiles."""
    if host.platform is Platform.LINUX:
        return _below(host, ("",), _FIREFOX)
    return _below(host, _ROAMING, _FIREFOX_ON_WINDOWS)


def _below(
    host: Host, parts: tuple[str, ...], places: Mapping[str, tuple[str, ...]]
) -> list[tuple[str, str]]:
    return [
        (browser, "/".join(filter(None, (home, part, folder))))
        for home in homes(host)
        for part in parts
        for browser, folders in places.items()
        for folder in folders
    ]
