"""Other people's executables: our facts beside those of pefile and LIEF.

The files and what the two tools said of them lie in the shared set, one folder above the checkout. Beside them, the
launchers that this environment's own packages bring are compared with pefile as they are found.
"""

from __future__ import annotations

import hashlib
import json
import sys
from functools import cache
from pathlib import Path
from typing import Any, Final

import pefile
import pytest

from vedette.filefacts.content import WHOLE
from vedette.filefacts.digests import digest
from vedette.filefacts.entropy import entropies
from vedette.filefacts.pe import PeFile, read_pe, signature_offset

SHARED: Final = Path(__file__).parents[3] / "shared" / "data"
MANIFEST: Final = SHARED / "pe-manifest.json"

LIEF_SEES_NO_IMPORTS: Final = "LIEF wants lookup tables and names that Windows does without"
DIFFERENCES: Final = {
    (f"pe/pocs_{name}.exe", "lief.imphash"): LIEF_SEES_NO_IMPORTS
    for name in (
        "96emptysections",
        "appendeddata",
        "bigalign",
        "copyright",
        "debug",
        "dupsec",
        "normal64",
        "nosectionXP",
        "resource_icon",
        "safeseh",
        "signature",
        "tls",
    )
}
"""Where another tool says something else, and why ours holds."""


@cache
def manifest() -> list[dict[str, Any]]:
    return json.loads(MANIFEST.read_bytes()) if MANIFEST.exists() else []


def read(content: bytes) -> PeFile:
    offset = signature_offset(content)
    assert offset is not None
    return read_pe(content, offset)


def ours(content: bytes) -> dict[str, Any]:
    """Our facts in the manifest's words."""
    digests = digest(content)
    facts = read(content).facts
    pe = {
        "subsystem_name": f"IMAGE_SUBSYSTEM_{facts.subsystem}",
        "machine_name": f"IMAGE_FILE_MACHINE_{facts.machine}",
        "characteristics": hex(facts.characteristics or 0),
        "timestamp": facts.timestamp,
        "entry_point": facts.entry_point,
        "image_base": facts.image_base,
        "linker": facts.linker,
        "dll": facts.is_dll,
        "imphash": facts.imphash or "",
        "sections": [
            {
                "name": section.name,
                "vsize": section.virtual_size,
                "raw_size": section.raw_size,
                "entropy": round(section.entropy or 0.0, 4),
            }
            for section in facts.sections or ()
        ],
        "imports": facts.imports,
        "exports": facts.exports,
        "overlay_offset": facts.overlay and facts.overlay.offset,
        "dotnet": facts.dotnet,
        "rich_hash_md5": facts.rich_hash,
        "version_strings": facts.version,
    }
    return {
        "size": len(content),
        "sha256": digests.sha256,
        "sha1": digests.sha1,
        "md5": digests.md5,
        "entropy": round(entropies(content, [(0, len(content))])[0], 4),
        **{f"pefile.{key}": value for key, value in pe.items()},
        "lief.machine": facts.machine,
        "lief.timestamp": facts.timestamp,
        "lief.sections": len(facts.sections or ()),
        "lief.imphash": facts.imphash or "",
    }


def theirs(row: dict[str, Any], field: str) -> Any:
    tool, _, key = field.rpartition(".")
    value = row[tool][key] if tool else row[key]
    if key == "sections" and tool == "pefile":
        kept = ("name", "vsize", "raw_size", "entropy")
        return [{name: section[name] for name in kept} for section in value]
    return value


@pytest.mark.skipif(not manifest(), reason="the shared set is not beside the checkout")
def test_the_set_is_read_whole() -> None:
    assert len(manifest()) > 70
    assert {file for file, _ in DIFFERENCES} <= {row["file"] for row in manifest()}


@pytest.mark.parametrize("row", manifest(), ids=lambda row: row["file"])
def test_every_field_agrees(row: dict[str, Any]) -> None:
    found = ours((SHARED / row["file"]).read_bytes())
    different = {
        field: (theirs(row, field), value)
        for field, value in found.items()
        if theirs(row, field) != value
    }
    expected = {field for file, field in DIFFERENCES if file == row["file"]}
    assert {field: different[field] for field in different if field not in expected} == {}
    assert set(different) >= expected, "a difference that is gone is still listed"


def launchers() -> list[Path]:
    """The environment's own, each content once."""
    found = {
        hashlib.sha256(path.read_bytes()).digest(): path
        for root in {sys.prefix, sys.base_prefix}
        for path in sorted(Path(root).rglob("*.exe"))
        if path.is_file() and path.stat().st_size < WHOLE
    }
    return sorted(found.values())


@pytest.mark.parametrize("path", launchers(), ids=lambda path: path.name)
def test_launchers_agree_with_pefile(path: Path) -> None:
    content = path.read_bytes()
    facts = read(content).facts
    other = pefile.PE(data=content)
    imports = {
        library.dll.decode(): len(library.imports)
        for library in getattr(other, "DIRECTORY_ENTRY_IMPORT", [])
    }
    overlay = other.get_overlay_data_start_offset()
    assert facts.imphash == (other.get_imphash() or None)
    assert facts.imports == imports
    assert facts.rich_hash == (other.get_rich_header_hash() or None)
    assert (facts.overlay and facts.overlay.offset) == overlay
    assert [section.entropy for section in facts.sections or ()] == [
        pytest.approx(section.get_entropy(), abs=1e-9) for section in other.sections
    ]
