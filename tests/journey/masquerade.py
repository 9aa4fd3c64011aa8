"""A computer that seems to be somebody's: with people, names and files of its own, in namespaces of its own, so that
nothing of it is left on the machine that the test runs on.
"""

from __future__ import annotations

import shutil
import subprocess
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

import pytest

from tests.journey.machines import await_that

ACCOUNT: Final = "zebulonquark"
FULL_NAME: Final = "Zébulon Quarkström"
SECOND_ACCOUNT: Final = "wilmaquaver"
SECOND_HOME: Final = "/srv/people/wq7731"
COMPUTER: Final = "quibblevault"
DOMAIN: Final = "fizzbang-institute.example"
MAIL: Final = "z.quark@fizzmail.example"
MACHINE: Final = "c0ffee0ddba11c0ffee0ddba11c0ffee"
CANARIES: Final = (
    *(ACCOUNT, FULL_NAME, SECOND_ACCOUNT, SECOND_HOME, "wq7731"),
    *(COMPUTER, "fizzbang-institute", MAIL, "fizzmail", MACHINE),
)
MARKER: Final = "harmlesswidget"
"""What is nobody's name, and is found wherever the canaries are looked for."""

DECOMPOSED: Final = unicodedata.normalize("NFD", FULL_NAME)
_UNITS: Final = {
    f"{MARKER}.service": f"/usr/lib/{MARKER}/run",
    f"{ACCOUNT}-sync.service": f"/home/{ACCOUNT}/bin/sync --user {MAIL}",
    f"backup@{ACCOUNT}.service": "/usr/bin/env",
    f"{COMPUTER.upper()}-status.service": f"/opt/{COMPUTER}.{DOMAIN}/status",
    f"mail-{MAIL}.service": f"/opt/mail/{MAIL}/run",
    f"{FULL_NAME}.service": f"/opt/{DECOMPOSED}/run",
    "journal.service": f"/var/log/journal/{MACHINE}/run",
    "second.service": f"{SECOND_HOME}/bin/run",
}
_BINDS: Final = {
    "passwd": "/etc/passwd",
    "hostname": "/etc/hostname",
    "hosts": "/etc/hosts",
    "machine-id": "/etc/machine-id",
    "home": "/home",
    "srv": "/srv",
    "units": "/etc/systemd/system",
}


@dataclass(frozen=True)
class Masquerade:
    """``inside``: what a command has to run under to be on the computer that seems to be; ``programs``: the
    programs that lie there, each in a telling place, all different.
    """

    inside: list[str]
    programs: list[str]


@contextmanager
def masquerade(folder: Path) -> Iterator[Masquerade]:
    """Makes it; what it seems to have lies in ``folder``."""
    folder.mkdir()
    programs = list(_furnish(folder))
    mounts = "".join(f"mount --bind '{folder / name}' {place}\n" for name, place in _BINDS.items())
    script, ready = folder / "enter.sh", folder / "ready"
    script.write_text(f"set -e\n{mounts}hostname {COMPUTER}\n: >'{ready}'\nexec sleep 600\n")
    holder = subprocess.Popen(["unshare", "--uts", "--mount", "sh", str(script)])
    try:
        await_that(lambda: ready.exists() or holder.poll() is not None, "the namespaces are made")
        if holder.poll() is not None:
            pytest.skip("no mount namespace can be made here")
        yield Masquerade(["nsenter", f"--target={holder.pid}", "--uts", "--mount"], programs)
    finally:
        holder.kill()
        holder.wait()


def _furnish(folder: Path) -> Iterator[str]:
    people = (
        f"{ACCOUNT}:x:1000:1000:{FULL_NAME},,,:/home/{ACCOUNT}:/bin/bash\n"
        f"{SECOND_ACCOUNT}:x:1001:1001::{SECOND_HOME}:/bin/bash\n"
    )
    (folder / "passwd").write_text(Path("/etc/passwd").read_text() + people)
    (folder / "hostname").write_text(f"{COMPUTER}\n")
    (folder / "hosts").write_text(
        f"127.0.0.1 localhost\n127.0.1.1 {COMPUTER}.{DOMAIN} {COMPUTER}\n"
    )
    (folder / "machine-id").write_text(f"{MACHINE}\n")
    (folder / "units").mkdir()
    for name, command in _UNITS.items():
        unit = (
            f"[Unit]\nDescription=Of {FULL_NAME}\n[Service]\nUser={ACCOUNT}\nExecStart={command}\n"
        )
        (folder / "units" / name).write_text(unit)
    places = (
        f"home/{ACCOUNT}/Downloads/{MARKER}",
        f"home/{ACCOUNT}/Downloads/{FULL_NAME} CV",
        f"home/{ACCOUNT}/Documents/{DECOMPOSED}/{MAIL.upper()}-tool",
        f"home/{ACCOUNT}/.cache/{ACCOUNT.title()}@{COMPUTER}",
        f"srv/people/wq7731/{COMPUTER.upper()}.{DOMAIN}-setup",
        f"srv/shared/{SECOND_ACCOUNT}_{MACHINE}",
    )
    for number, place in enumerate(places):
        program = folder / place
        program.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy("/bin/true", program)
        with program.open("ab") as file:  # each has a digest of its own
            file.write(b"%d" % number)
        yield f"/{place}"


def found(names: Iterable[str], content: bytes) -> list[str]:
    """Which of ``names`` stand in ``content``: in UTF-8 or UTF-16, in any case, composed or decomposed."""
    texts = [
        content.decode("utf-8", "ignore"),
        *(
            content[start:].decode(encoding, "ignore")
            for encoding in ("utf-16-le", "utf-16-be")
            for start in (0, 1)
        ),
    ]
    texts.append(unquote(texts[0]))
    plain = [_plain(text) for text in texts]
    return [name for name in names if any(_plain(name) in text for text in plain)]


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
