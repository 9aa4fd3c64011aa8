"""Everything about a file, from its descriptor."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.unit.filefacts.forge import Forge, section
from vedette.errors import Unreadable
from vedette.filefacts.facts import FileFacts
from vedette.filefacts.inspect import inspect

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def inspected(folder: Path, content: bytes, *, signature: bool = True) -> FileFacts:
    path = folder / "file"
    path.write_bytes(content)
    with path.open("rb") as file:
        return inspect(file.fileno(), now=NOW, signature=signature)


def test_a_program(tmp_path: Path) -> None:
    content = Forge(b"code").build()
    facts = inspected(tmp_path, content)
    assert (facts.kind, facts.size, facts.error) == ("pe", len(content), None)
    assert facts.sha256 == hashlib.sha256(content).hexdigest()
    assert facts.pe is not None
    assert facts.pe.machine == "AMD64"
    assert facts.signature is not None
    assert not facts.signature.present


def test_without_the_signature(tmp_path: Path) -> None:
    assert inspected(tmp_path, Forge(b"code").build(), signature=False).signature is None


def test_what_is_odd_is_said(tmp_path: Path) -> None:
    rows = [section(b".a", 1, 0x1000, 1 << 30, 0x200), bytes(40)]
    facts = inspected(tmp_path, Forge(b"x", sections=rows).build(), signature=False)
    assert facts.error == ("sections lie out of the file; 2 sections are declared, 1 were read")


@pytest.mark.parametrize(
    ("content", "kind"),
    [(b"", "other"), (b"#!/bin/sh\n", "script"), (b"\x7fELF" + bytes(60), "elf")],
)
def test_other_kinds_have_only_the_common_fields(tmp_path: Path, content: bytes, kind: str) -> None:
    facts = inspected(tmp_path, content)
    assert (facts.kind, facts.size) == (kind, len(content))
    assert (facts.error, facts.pe, facts.packer, facts.signature) == (None, None, None, None)


def test_a_folder_has_no_bytes(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        with pytest.raises(Unreadable):
            inspect(descriptor, now=NOW)
    finally:
        os.close(descriptor)
