"""The demo's scanners find EICAR's test file, and nothing in other files."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from vedette.demo.scanner import EICAR, Clamd, Scanner, YaraX


@pytest.fixture(params=["clamd", "yara-x"])
def scanner(request: pytest.FixtureRequest) -> Iterator[Scanner]:
    if request.param == "yara-x":
        yield YaraX()
        return
    binary = shutil.which("clamd", path="/usr/sbin:/usr/local/sbin:/usr/bin")
    if binary is None:
        pytest.skip("clamd is not installed; as root on Debian `make test` installs it")
    # A socket's path is short: pytest's own folders can be too deep for it.
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.closing(Clamd(Path(binary), Path(folder) / "clamd")) as clamd,
    ):
        yield clamd


@pytest.mark.parametrize("spaces", [0, 1, 59])
def test_the_test_file_is_found(scanner: Scanner, tmp_path: Path, spaces: int) -> None:
    path = tmp_path / "eicar.com"
    path.write_bytes(EICAR + b" " * spaces)
    assert scanner.scan(path) == "Eicar-Test-Signature"


@pytest.mark.parametrize("content", [b"", b"harmless", b"x" + EICAR])
def test_nothing_else_is_found(scanner: Scanner, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "harmless"
    path.write_bytes(content)
    assert scanner.scan(path) is None


def test_the_test_file_is_the_published_one() -> None:
    # As EICAR publishes it: 68 characters.
    assert len(EICAR) == 68
    assert EICAR.endswith(b"TEST-FILE!$H+H*")
