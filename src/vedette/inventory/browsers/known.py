"""The browsers that are known by name. Others are told too, where the system knows them for browsers."""

from __future__ import annotations

from typing import Final

from vedette.inventory.software.programs import Known

_BEACON: Final = "BLBeacon"


def _updated(place: str, guid: str) -> tuple[str, str]:
    return (rf"{place}\Clients\{guid}", "pv")


KNOWN: Final = (
    Known(
        "Mozilla Firefox",
        "Mozilla",
        packages=(
            *("firefox", "firefox-esr", "firefox-beta", "firefox-devedition", "firefox-nightly"),
            *("MozillaFirefox", "org.mozilla.firefox"),
        ),
        programs=("firefox", "firefox-esr"),
        versions=((r"Mozilla\Mozilla Firefox", ""), (r"Mozilla\Mozilla Firefox ESR", "")),
    ),
    Known(
        "Google Chrome",
        "Google",
        packages=(
            *("google-chrome-stable", "google-chrome-beta", "google-chrome-unstable"),
            *("google-chrome-canary", "com.google.Chrome", "com.google.ChromeDev"),
        ),
        programs=("chrome", "google-chrome", "google-chrome-stable"),
        versions=(
            (rf"Google\Chrome\{_BEACON}", "version"),
            _updated(r"Google\Update", "{8A69D345-D564-463C-AFF1-A69D9E530F96}"),
        ),
    ),
    Known(
        "Chromium",
        "The Chromium Authors",
        packages=(
            *("chromium", "chromium-browser", "chromium-freeworld", "ungoogled-chromium"),
            *("org.chromium.Chromium", "io.github.ungoogled_software.ungoogled_chromium"),
        ),
        programs=("chromium", "chromium-browser"),
        versions=((rf"Chromium\{_BEACON}", "version"),),
    ),
    Known(
        "Microsoft Edge",
        "Microsoft Corporation",
        packages=(
            *("microsoft-edge-stable", "microsoft-edge-beta", "microsoft-edge-dev"),
            "com.microsoft.Edge",
        ),
        programs=("msedge", "microsoft-edge", "microsoft-edge-stable"),
        versions=(
            (rf"Microsoft\Edge\{_BEACON}", "version"),
            _updated(r"Microsoft\EdgeUpdate", "{56EB18F8-B008-4CBD-B6D2-8C97FE7E9062}"),
        ),
    ),
    Known(
        "Internet Explorer",
        "Microsoft Corporation",
        programs=("iexplore",),
        versions=(
            (r"Microsoft\Internet Explorer", "svcVersion"),  # since version 10
            (r"Microsoft\Internet Explorer", "Version"),
        ),
    ),
    Known(
        "Brave",
        "Brave Software",
        packages=("brave-browser", "brave-browser-beta", "brave", "com.brave.Browser"),
        programs=("brave", "brave-browser"),
        versions=(
            (rf"BraveSoftware\Brave-Browser\{_BEACON}", "version"),
            _updated(r"BraveSoftware\Update", "{AFE6A462-C574-4B8A-AF43-4CC60DF4563B}"),
        ),
    ),
    Known(
        "Opera",
        "Opera Software",
        packages=("opera-stable", "opera-beta", "opera", "com.opera.Opera"),
        programs=("opera",),
    ),
    Known(
        "Vivaldi",
        "Vivaldi Technologies",
        packages=("vivaldi-stable", "vivaldi-snapshot", "vivaldi", "com.vivaldi.Vivaldi"),
        programs=("vivaldi", "vivaldi-stable"),
        versions=((rf"Vivaldi\{_BEACON}", "version"),),
    ),
    Known(
        "Yandex Browser",
        "Yandex",
        packages=("yandex-browser-stable", "yandex-browser-beta"),
        programs=("yandex-browser",),
        versions=((rf"Yandex\YandexBrowser\{_BEACON}", "version"),),
    ),
    Known(
        "LibreWolf",
        "LibreWolf",
        packages=("librewolf", "io.gitlab.librewolf-community"),
        programs=("librewolf",),
    ),
    Known(
        "Tor Browser",
        "The Tor Project",
        packages=("torbrowser-launcher", "org.torproject.torbrowser-launcher"),
        programs=("torbrowser-launcher", "start-tor-browser"),
    ),
    Known("Waterfox", "Waterfox", ("waterfox", "net.waterfox.waterfox"), ("waterfox",)),
    Known("Pale Moon", "Moonchild Productions", ("palemoon",), ("palemoon",)),
    Known("SeaMonkey", "SeaMonkey", ("seamonkey",), ("seamonkey",)),
    Known(
        "GNOME Web",
        "GNOME",
        ("epiphany", "epiphany-browser", "gnome-epiphany", "org.gnome.Epiphany"),
        ("epiphany", "epiphany-browser", "org.gnome.epiphany"),
    ),
    Known("Konqueror", "KDE", ("konqueror", "org.kde.konqueror"), ("konqueror",)),
    Known("Falkon", "KDE", ("falkon", "org.kde.falkon"), ("falkon",)),
    Known("Midori", "Midori", ("midori", "org.midori_browser.Midori"), ("midori",)),
    Known("qutebrowser", None, ("qutebrowser", "org.qutebrowser.qutebrowser"), ("qutebrowser",)),
    Known("Dillo", None, ("dillo",), ("dillo",)),
    Known("NetSurf", None, ("netsurf", "netsurf-gtk", "netsurf-fb"), ("netsurf", "netsurf-gtk")),
    Known("Lynx", None, ("lynx",), ("lynx",)),
    Known("w3m", None, ("w3m",), ("w3m",)),
    Known("Links", None, ("links", "links2"), ("links", "links2")),
    Known("ELinks", None, ("elinks",), ("elinks",)),
)
