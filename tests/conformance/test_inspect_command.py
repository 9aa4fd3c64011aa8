"""``vedette inspect`` as a whole, on other people's files and on what is no file."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from vedette.clock import SystemClock
from vedette.filefacts import INSPECT
from vedette.filefacts.facts import FileFacts
from vedette.filefacts.inspect import inspect
from vedette.sandbox.limits import Limits
from vedette.sandbox.sandbox import Sandbox

PROGRAM: Final = [sys.executable, "-m", "vedette.cli", "inspect"]
LAUNCHERS: Final = sorted(Path(sys.prefix).glob("**/*.exe"))
EFI: Final = [
    path
    for folder in ("/usr/lib", "/usr/share", "/boot")
    for path in sorted(Path(folder).glob("**/*.efi*"))
    if path.is_file()
]
SHARED: Final = sorted((Path(__file__).parents[3] / "shared" / "data" / "pe").glob("*"))
NOW: Final = datetime(2026, 11, 25, tzinfo=UTC)


def inspected(*arguments: str | Path) -> tuple[int, list[dict[str, Any]], str]:
    command = [*PROGRAM, "--json", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_the_launchers_of_this_environment() -> None:
    assert LAUNCHERS
    status, lines, errors = inspected(*LAUNCHERS)
    assert (status, errors, len(lines)) == (0, "", len(LAUNCHERS))
    for line in lines:
        assert (line["kind"], line["error"]) == ("pe", None)
        assert line["pe"]["machine"] in {"I386", "AMD64", "ARM64"}
        assert line["signature"]["chain"] == "none"


def test_the_firmware_programs_of_this_machine() -> None:
    if not EFI:
        pytest.skip("there are none here")
    status, lines, errors = inspected(*EFI)
    assert (status, errors) == (0, "")
    found = [line["pe"]["subsystem"] for line in lines if line["kind"] == "pe"]
    assert found
    assert all(subsystem.startswith("EFI_") for subsystem in found)


def test_what_is_no_file_is_told_beside_what_is(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "up").symlink_to("..")
    os.mkfifo(tmp_path / "pipe")
    status, lines, errors = inspected(tmp_path)
    assert (status, [line["size"] for line in lines]) == (0, [0])
    assert errors.count("\n") == 1
    named = [tmp_path / "circle", tmp_path / "pipe", Path("/dev/zero"), tmp_path / "none"]
    status, lines, errors = inspected(*named, tmp_path / "empty")
    assert status == 1
    assert [line["sha256"] is None for line in lines] == [True, True, True, True, False]
    assert errors.count("\n") == 4


@pytest.mark.root
def test_a_folder_without_permission(tmp_path: Path) -> None:
    """Root may read every folder, so the command runs without that right (setpriv(1) of util-linux)."""
    (tmp_path / "closed").mkdir(mode=0)
    command = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all", "--ambient-caps", "-all"]
    drop = [*command, "--reuid", "65534", "--regid", "65534", "--clear-groups"]
    tmp_path.chmod(0o755)
    check = subprocess.run([*drop, sys.executable, "-c", ""], check=False, capture_output=True)
    if check.returncode:
        pytest.skip("nobody may not run this interpreter")
    done = subprocess.run(
        [*drop, *PROGRAM, str(tmp_path / "closed")], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("closed: not permitted\n")


def test_the_sandbox_says_what_the_function_says() -> None:
    """Something that a worker lacks behind its doors would show as a difference."""
    files = [*LAUNCHERS, *EFI, *SHARED, Path(__file__), Path(sys.executable).resolve()]
    with Sandbox(INSPECT, FileFacts, Limits(), SystemClock()) as sandbox:
        for path in files:
            with path.open("rb") as file:
                there = sandbox.call(file.fileno(), now=NOW)
                here = inspect(file.fileno(), now=NOW)
            assert msgspec.to_builtins(there) == msgspec.to_builtins(here), path
