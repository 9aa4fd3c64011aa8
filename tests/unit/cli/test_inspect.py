"""``vedette inspect``: a line a file, whatever lies at the paths, and a failure only where something failed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from vedette.cli import vedette
from vedette.crypto.authority import Authority
from vedette.testing.clock import ManualClock

FIELDS = [
    "path",
    "sha256",
    "sha1",
    "md5",
    "size",
    "entropy",
    "similarity",
    "kind",
    "error",
    "pe",
    "packer",
    "signature",
]
Inspect = Callable[..., Result]


@pytest.fixture
def inspect(monkeypatch: pytest.MonkeyPatch) -> Inspect:
    monkeypatch.setattr("vedette.cli.inspect.INSPECT", "tests.unit.cli.lookers:look")

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(vedette, ["inspect", *map(str, arguments)])

    return run


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with whatever a folder may hold."""
    root = tmp_path / "tree"
    (root / "b" / "deep").mkdir(parents=True)
    (root / "b" / "deep" / "last").write_bytes(b"last")
    (root / "a").write_bytes(b"first")
    (root / "empty").touch()
    (root / "b" / "up").symlink_to("..")
    (root / "circle").symlink_to("circle")
    os.mkfifo(root / "pipe")
    return root


def lines(result: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_folder_is_walked_in_order_and_no_link_is_followed(inspect: Inspect, tree: Path) -> None:
    result = inspect(tree, "--json")
    assert result.exit_code == 0
    found = lines(result)
    assert [Path(line["path"]).name for line in found] == ["a", "last", "empty"]
    assert all(list(line) == FIELDS for line in found)
    assert found[0]["sha256"] == hashlib.sha256(b"first").hexdigest()
    assert found[2]["size"] == 0
    assert result.stderr == "vedette: passed over 3 links and special files\n"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("pipe", "not a regular file"),
        ("circle", "its links lead in a circle"),
        ("nothing", "there is no such file"),
        ("a/b", "there is no such file"),
        ("x" * 300, "the name is too long"),
    ],
)
def test_what_cannot_be_looked_at_is_told_and_the_rest_goes_on(
    inspect: Inspect, tree: Path, name: str, reason: str
) -> None:
    result = inspect(tree / name, tree / "a", "--json")
    assert result.exit_code == 1
    closed, found = lines(result)
    assert (closed["error"], closed["sha256"], list(closed)) == (reason, None, FIELDS)
    assert found["size"] == 5
    assert result.stderr == f"vedette: {tree / name}: {reason}\n"


def test_a_device_without_end_is_not_read(inspect: Inspect) -> None:
    result = inspect("/dev/zero")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "vedette: /dev/zero: not a regular file\n"


def test_a_closed_folder_is_told(
    inspect: Inspect, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = os.scandir

    def closed(path: str) -> Any:
        if path.endswith("deep"):
            raise PermissionError(13, "closed", path)
        return opened(path)

    monkeypatch.setattr(os, "scandir", closed)
    result = inspect(tree, "--json")
    assert result.exit_code == 1
    assert [line["error"] for line in lines(result)] == [None, "not permitted", None]


def test_a_file_that_breaks_the_worker_costs_its_own_line(inspect: Inspect, tree: Path) -> None:
    (tree / "a").write_bytes(b"crash")
    result = inspect(tree, "--json")
    assert result.exit_code == 1
    assert [line["error"] for line in lines(result)] == [
        "the worker died of it, SIGABRT",
        None,
        None,
    ]


def test_people_read_what_programs_read(inspect: Inspect, tmp_path: Path) -> None:
    (tmp_path / "pro\x1bgram").write_bytes(b"program")
    result = inspect(tmp_path)
    assert result.exit_code == 0
    assert "pro\\u001bgram: pe AMD64, 7 bytes, entropy 1.50\n" in result.stdout
    assert "packed with UPX: two sections" in result.stdout
    assert "signed by Ann\\u001b[2J: digest NOT valid, chain untrusted" in result.stdout
    assert "\x1b" not in result.stdout + result.stderr


def test_a_name_need_not_be_text(inspect: Inspect, tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9")).touch()
    (line,) = lines(inspect(tmp_path, "--json"))
    assert line["path"].endswith("caf\ufffd")


def test_trust_roots_are_read_first_and_travel_along(inspect: Inspect, tmp_path: Path) -> None:
    program, root = tmp_path / "program", tmp_path / "root.pem"
    program.write_bytes(b"program")
    root.write_text(Authority.create("Test", ManualClock().now()).pem)
    result = inspect(program, "--json", "--trust-root", root, "--trust-root", root)
    (line,) = lines(result)
    assert line["signature"]["problems"] == ["2 roots"]
    broken = inspect(program, "--trust-root", program)
    assert (broken.exit_code, broken.stdout) == (1, "")
    assert inspect(program, "--trust-root", tmp_path / "none").exit_code == 2


def test_a_path_is_needed(inspect: Inspect) -> None:
    assert inspect().exit_code == 2
