"""Packers by the tools themselves: what they make is named, what they were given is not.

The shared set, one folder above the checkout, says of each of its files how it was packed. The launchers that this
environment's own packages bring are clean; from them the tools that are installed make packed ones.
"""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
import zlib
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from vedette.filefacts.entropy import entropies
from vedette.filefacts.packers import identify
from vedette.filefacts.pe import packer_view, read_pe, signature_offset

SHARED: Final = Path(__file__).parents[3] / "shared" / "data"
MANIFEST: Final = SHARED / "pe-manifest.json"
LAUNCHERS: Final = sorted(Path(sys.prefix).glob("lib/python3*/site-packages/**/*.exe"))
UPX: Final = shutil.which("upx") or shutil.which("upx-ucl")
MAKENSIS: Final = shutil.which("makensis")

NSIS_SCRIPT: Final = """
SetCompressor {compressor}
OutFile {out}
Name packed
InstallDir $TEMP
Section
File {payload}
SectionEnd
"""


def packer(content: bytes) -> str | None:
    offset = signature_offset(content)
    assert offset is not None
    view = packer_view(read_pe(content, offset), entropies(content, [(0, len(content))])[0])
    found = identify(view)
    return None if found is None else found.name


@cache
def rows() -> list[dict[str, Any]]:
    if not MANIFEST.exists():
        pytest.skip("the shared set of executables is not beside the checkout")
    rows: list[dict[str, Any]] = json.loads(MANIFEST.read_text())
    return rows


def test_each_label_of_the_shared_set_is_met_and_no_other_file_is_named() -> None:
    named = {}
    for row in rows():
        content = (SHARED / row["file"]).read_bytes()
        named[row["file"]] = packer(content) if signature_offset(content) is not None else None
    assert named == {row["file"]: row["packer_known"] for row in rows()}


@pytest.mark.parametrize("launcher", LAUNCHERS, ids=lambda path: path.name)
def test_a_launcher_without_a_script_is_not_packed(launcher: Path) -> None:
    assert packer(launcher.read_bytes()) is None


@pytest.mark.skipif(UPX is None, reason="upx is not installed (Debian has it as upx-ucl)")
@pytest.mark.parametrize(
    "options", ["-1", "--best", "--lzma", "--nrv2b -7", "--nrv2d -9", "--nrv2e"]
)
def test_upx(tmp_path: Path, options: str) -> None:
    """As it comes, and with its sections' names and its own mark taken away."""
    packed = 0
    for number, launcher in enumerate(LAUNCHERS):
        made = tmp_path / f"{number}.exe"
        command = [str(UPX), "-qqq", *options.split(), "-o", str(made), str(launcher)]
        if subprocess.run(command, check=False, capture_output=True).returncode:
            continue  # it packs neither ARM nor what is packed
        content = made.read_bytes()
        wiped = content.replace(b"UPX!", bytes(4))
        for name, other in ((b"UPX0", b".text"), (b"UPX1", b".code"), (b"UPX2", b".data")):
            wiped = wiped.replace(name.ljust(8, b"\0"), other.ljust(8, b"\0"), 1)
        assert b"UPX" not in wiped[:0x400]
        assert (packer(content), packer(wiped)) == ("UPX", "UPX")
        packed += 1
    assert packed >= 4


@pytest.mark.skipif(MAKENSIS is None, reason="makensis is not installed (Debian: nsis)")
@pytest.mark.parametrize("compressor", ["zlib", "bzip2", "lzma", "/SOLID zlib", "/SOLID lzma"])
def test_nsis(tmp_path: Path, compressor: str) -> None:
    script, out = tmp_path / "packed.nsi", tmp_path / "packed.exe"
    script.write_text(NSIS_SCRIPT.format(compressor=compressor, out=out, payload=__file__))
    subprocess.run([str(MAKENSIS), "-V1", str(script)], check=True)
    content = out.read_bytes()
    assert packer(content) == "NSIS"
    assert packer(content.replace(b"NullsoftInst", b"otherinstall")) == "NSIS"


def test_pyinstaller() -> None:
    """Its own loader for Windows, with an archive behind it as its ``CArchiveWriter`` writes them."""
    loader = next(
        (SHARED / row["file"] for row in rows() if "pyinstaller_run" in row["file"]), None
    )
    assert loader is not None
    module = zlib.compress(b"print('packed')")
    entry = struct.pack("!iIIIBc", 34, 0, len(module), 15, 1, b"s") + b"packed".ljust(16, b"\0")
    length = len(module) + len(entry) + 88
    fields = (b"MEI\014\013\012\013\016", length, len(module), len(entry), 312, b"python312.dll")
    archive = module + entry + struct.pack("!8sIIII64s", *fields)
    content = loader.read_bytes()
    assert packer(content) is None
    assert packer(content + archive) == "PyInstaller"
    assert packer(content + archive + bytes(5)) == "PyInstaller"
