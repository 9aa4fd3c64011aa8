"""The antivirus of the story: ClamAV's ``clamd`` where it is installed, else YARA-X. What they look for is
EICAR's test file.

The EICAR file (https://www.eicar.org/download-anti-malware-testfile/) is no malware: scanners agree to report
it so that they can be tried.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path
from typing import Final, Protocol

from vedette.demo.machines import CLOCK
from vedette.errors import StoreUnusable

# In two parts, so that scanners do not report this file.
EICAR: Final = (
    rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
).strip()
_THREAT: Final = "Eicar-Test-Signature"
_CLAMD: Final = ("/usr/sbin/clamd", "/usr/local/sbin/clamd")
_SYSTEM_DATABASE: Final = Path("/var/lib/clamav")
_START: Final = 60.0  # seconds; a full database takes long to load


class Scanner(Protocol):
    """Something that finds threats in files."""

    @property
    def name(self) -> str:
        """The product's name, as it is reported."""
        ...

    def scan(self, path: Path) -> str | None:
        """The threat in the file at ``path``, or none."""
        ...

    def close(self) -> None: ...


def scanner(folder: Path) -> Scanner:
    """The best scanner that this computer has; it keeps its files in ``folder``."""
    binary = next((place for place in _CLAMD if Path(place).exists()), shutil.which("clamd"))
    return Clamd(Path(binary), folder) if binary else YaraX()


class Clamd:
    """A ``clamd`` of our own, with the system's signatures where there are some, else with one for the EICAR
    file alone.
    """

    def __init__(self, binary: Path, folder: Path) -> None:
        folder.mkdir()
        self._socket = folder / "clamd.sock"
        full = any(_SYSTEM_DATABASE.glob("*.c[lv]d"))
        self.name = "ClamAV" if full else "ClamAV, with a signature for the EICAR test file only"
        (folder / "eicar.ndb").write_text(f"{_THREAT}:0:0:{EICAR.hex()}\n")
        (folder / "clamd.conf").write_text(
            f"LocalSocket {self._socket}\n"
            f"DatabaseDirectory {_SYSTEM_DATABASE if full else folder}\n"
            "Foreground yes\n"
        )
        self._process = subprocess.Popen(
            [binary, "--config-file", folder / "clamd.conf"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._await()

    def scan(self, path: Path) -> str | None:
        # clamd(8): INSTREAM takes lengths of four bytes before each chunk, and a zero at the end.
        content = path.read_bytes()
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self._socket))
            connection.sendall(
                b"zINSTREAM\0" + len(content).to_bytes(4, "big") + content + bytes(4)
            )
            answer = connection.makefile("rb").read().rstrip(b"\0").decode()
        found = answer.removeprefix("stream: ")
        return (
            found.removesuffix(" FOUND").removesuffix(".UNOFFICIAL")
            if found.endswith(" FOUND")
            else None
        )

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _await(self) -> None:
        until = CLOCK.monotonic() + _START
        while not self._socket.exists():
            if self._process.poll() is not None or CLOCK.monotonic() > until:
                self.close()
                raise StoreUnusable(
                    "clamd does not start", "see what `clamd` says, or remove it for YARA-X"
                )
            CLOCK.sleep(0.05)


class YaraX:
    """YARA-X with one rule."""

    name = "YARA-X, with a rule for the EICAR test file only"

    def __init__(self) -> None:
        import yara_x

        pattern = " ".join(f"{byte:02x}" for byte in EICAR)
        self._rules = yara_x.compile(
            f"rule eicar {{ strings: $a = {{ {pattern} }} condition: $a at 0 }}"
        )

    def scan(self, path: Path) -> str | None:
        return _THREAT if self._rules.scan(path.read_bytes()).matching_rules else None

    def close(self) -> None:
        pass
