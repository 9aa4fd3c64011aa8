"""The command line: exit statuses, one-line errors, and facts as JSON. No network is needed for any of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.host.offline.computers import image
from vedette.cli import vedette as program
from vedette.statement.terms import current
from vedette.wire.join import JoinString

JOIN = JoinString(
    "https://192.0.2.1:7443", "token", "ab" * 32, "Example University", "x@example.org"
).encode()


def run(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "vedette.cli", "--state", str(state), *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


def commands() -> list[str]:
    import click

    context = click.Context(program)
    return program.list_commands(context)


@pytest.mark.parametrize("command", commands())
def test_every_command_explains_itself(state: Path, command: str) -> None:
    done = run(state, command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: vedette {command}")
    assert not state.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["join"],
        ["consent", "grant", "everything"],
        ["protection", "maybe"],
        ["inventory", "--item", "colour"],
        ["inventory", "--registry", "SYSTEM"],
        ["inventory", "--registry", "SYSTEM=/does/not/exist"],
        ["inventory", "--registry", "SYSTEM=/"],
        ["inventory", "--root", "/", "--registry", "SYSTEM=/etc/passwd"],
        ["observe", "detection", "--threat", "x"],
        ["observe", "launch", "/does/not/exist"],
        ["observe", "download", sys.executable],
        ["observe", "attack", "--source", "203.0.113.7"],
        [
            "observe",
            "attack",
            "--source",
            "1.2.3.4",
            "--port",
            "0",
            "--protocol",
            "tcp",
            "--kind",
            "x",
        ],
        ["observe", "operation", "--kind", "x"],
        ["network", "revoke", "abc"],
    ],
)
def test_wrong_usage_ends_with_two(state: Path, arguments: list[str]) -> None:
    assert run(state, *arguments).returncode == 2


@pytest.mark.parametrize(
    "arguments",
    [
        ["join", "rubbish"],
        ["protection", "on"],
        ["consent", "withdraw"],
        ["consent", "grant", "basic"],
        ["consent", "grant", "basic", "--accept", "0" * 64],
        ["observe", "launch", sys.executable],
        ["observe", "download", sys.executable, "--url", "https://example.org/"],
        ["observe", "detection", sys.executable, "--threat", "x"],
        ["observe", "attack", "--source", "203.0.113.7", "--protocol", "tcp", "--kind", "scan"],
        [
            "observe",
            "operation",
            *["--kind", "open", "--application", "/a", "--rule", "r", "--action", "denied"],
        ],
        ["sent", "7"],
        ["network", "up", "--listen", "nowhere"],
    ],
)
def test_a_failure_is_told_in_one_line_and_ends_with_one(state: Path, arguments: list[str]) -> None:
    done = run(state, *arguments)
    assert done.returncode == 1
    assert done.stderr.startswith("vedette: ")
    assert done.stderr.count("\n") == 1


def test_joining_only_stores_the_join_string(state: Path) -> None:
    done = run(state, "join", JOIN, "--json")
    assert json.loads(done.stdout)["controller"] == "Example University"
    assert {path.name for path in state.iterdir()} <= {"join", "change.lock"}


def test_the_statement_names_who_answers_for_it(state: Path) -> None:
    run(state, "join", JOIN)
    done = run(state, "consent", "show")
    assert "Example University" in done.stdout
    assert "Agreed to now: nothing" in done.stdout
    assert current().digest in done.stdout


def test_consent_is_told_as_json(state: Path) -> None:
    shown = json.loads(run(state, "consent", "show", "--json").stdout)
    assert shown["tiers"] == []
    assert shown["terms"] == current().digest
    assert shown["protection"] is False


def test_protection_is_switched_without_consent(state: Path) -> None:
    run(state, "join", JOIN)
    assert json.loads(run(state, "protection", "on", "--json").stdout) == {"protection": True}
    assert json.loads(run(state, "protection", "off", "--json").stdout) == {"protection": False}


def test_the_inventory_is_one_object_a_line_and_sends_nothing(state: Path) -> None:
    lines = [json.loads(line) for line in run(state, "inventory", "--json").stdout.splitlines()]
    items = {line["item"] for line in lines}
    assert {"operating_system", "services", "vedette"} <= items
    assert all(next(iter(line)) == "item" for line in lines)
    assert not (state / "sent.db").exists()


def test_an_offline_image_is_read_by_its_root(state: Path, tmp_path: Path) -> None:
    (tmp_path / "image/etc").mkdir(parents=True)
    (tmp_path / "image/etc/os-release").write_text('PRETTY_NAME="Example OS 7"\nVERSION_ID=7\n')
    done = run(
        state,
        "inventory",
        "--root",
        str(tmp_path / "image"),
        "--item",
        "operating_system",
        "--json",
    )
    (line,) = map(json.loads, done.stdout.splitlines())
    assert line["name"] == "Example OS 7"
    assert line["source"] == str(tmp_path / "image")


def test_an_offline_windows_is_read_by_its_root_or_by_its_hives(
    state: Path, tmp_path: Path
) -> None:
    root = image(tmp_path / "image")
    hive = root / "Windows/System32/config/SYSTEM"
    for place, given in ((root, ["--root", str(root)]), (hive, ["--registry", f"SYSTEM={hive}"])):
        done = run(state, "inventory", *given, "--item", "operating_system", "--json")
        assert done.returncode == 0, done.stderr
        (line,) = (
            line
            for line in map(json.loads, done.stdout.splitlines())
            if line["item"] == "operating_system"
        )
        assert line["family"] == "windows"
        assert line["architecture"] == "AMD64"
        assert line["source"] == str(place)
    assert not (state / "sent.db").exists()


def test_a_hive_must_have_a_name_that_is_known(state: Path, tmp_path: Path) -> None:
    (tmp_path / "SAM").touch()
    done = run(state, "inventory", "--registry", f"SAM={tmp_path / 'SAM'}")
    assert done.returncode == 1
    assert "SYSTEM, SOFTWARE, NTUSER" in done.stderr


def test_without_a_request_nothing_was_sent(state: Path) -> None:
    run(state, "join", JOIN)
    assert "0 requests, 0 bytes" in run(state, "sent").stdout
    assert run(state, "sent", "--raw").stdout == ""


def test_without_the_network_extra_the_network_commands_say_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "pyarrow.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'pyarrow'\", name='pyarrow')\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "vedette.cli", "demo", "--exit"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 1
    assert (
        done.stderr == "vedette: this command needs another part: pip install 'vedette[network]'\n"
    )
