"""The mail clients that are known by name. Others are told too, where the system knows them for mail clients."""

from __future__ import annotations

from typing import Final

from vedette.inventory.software.programs import Known

KNOWN: Final = (
    Known(
        "Mozilla Thunderbird",
        "Mozilla",
        packages=(
            *("thunderbird", "thunderbird-esr", "MozillaThunderbird"),
            *("org.mozilla.Thunderbird", "net.thunderbird.Thunderbird"),
        ),
        programs=("thunderbird", "thunderbird-esr"),
        versions=(
            (r"Mozilla\Mozilla Thunderbird", ""),
            (r"Mozilla\Mozilla Thunderbird ESR", ""),
        ),
    ),
    Known(
        "Microsoft Outlook",
        "Microsoft Corporation",
        programs=("outlook",),
        versions=((r"Microsoft\Office\ClickToRun\Configuration", "VersionToReport"),),
    ),
    Known(
        "Outlook Express",
        "Microsoft Corporation",
        programs=("msimn",),
        versions=((r"Microsoft\Outlook Express\Version Info", "Current"),),
    ),
    Known("Windows Mail", "Microsoft Corporation", programs=("winmail",)),
    Known("Windows Live Mail", "Microsoft Corporation", programs=("wlmail",)),
    Known(
        "Evolution",
        "GNOME",
        ("evolution", "org.gnome.Evolution"),
        ("evolution", "org.gnome.evolution"),
    ),
    Known("Geary", "GNOME", ("geary", "org.gnome.Geary"), ("geary", "org.gnome.geary")),
    Known("KMail", "KDE", ("kmail", "org.kde.kmail2"), ("kmail", "org.kde.kmail2")),
    Known("Kontact", "KDE", ("kontact", "org.kde.kontact"), ("kontact", "org.kde.kontact")),
    Known("Trojita", "KDE", ("trojita", "org.kde.trojita"), ("trojita", "org.kde.trojita")),
    Known(
        "Claws Mail",
        "Claws Mail",
        ("claws-mail", "org.claws_mail.Claws-Mail"),
        ("claws-mail",),
    ),
    Known("Sylpheed", None, ("sylpheed",), ("sylpheed",)),
    Known("Balsa", None, ("balsa", "org.desktop.Balsa"), ("balsa",)),
    Known("Mailspring", None, ("mailspring", "com.getmailspring.Mailspring"), ("mailspring",)),
    Known("BlueMail", None, ("bluemail", "net.blix.BlueMail"), ("bluemail",)),
    Known("Betterbird", None, ("betterbird", "eu.betterbird.Betterbird"), ("betterbird",)),
    Known("Foxmail", "Tencent", programs=("foxmail",)),
    Known("The Bat!", "Ritlabs", programs=("thebat", "thebat32", "thebat64")),
    Known("eM Client", "eM Client", programs=("mailclient",)),
    Known("Mutt", None, ("mutt",), ("mutt",)),
    Known("NeoMutt", None, ("neomutt",), ("neomutt",)),
    Known("Alpine", "University of Washington", ("alpine",), ("alpine",)),
    Known("aerc", None, ("aerc",), ("aerc",)),
)
