"""The agent on a Windows, as far as that can be told without one: what is imported there, and what runs through."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from vedette.testing.recorded import RecordedHost


def vedette(drive: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    hosts = drive / "Windows/System32/drivers/etc/hosts"
    hosts.parent.mkdir(parents=True, exist_ok=True)
    hosts.write_text("10.1.2.3 printer\n")
    return subprocess.run(
        [sys.executable, "-m", "tests.unit.agent.as_windows", str(drive), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, object]]:
    ended = vedette(tmp_path_factory.mktemp("drive"), "inventory", "--json")
    assert ended.returncode == 0, ended.stderr
    return [json.loads(line) for line in ended.stdout.splitlines()]


def test_the_inventory_runs_through(listed: list[dict[str, object]]) -> None:
    system = next(line for line in listed if line["item"] == "operating_system")
    assert (system["family"], system["name"]) == ("windows", "Windows 10 Pro")
    service = next(line for line in listed if line["item"] == "services")
    assert (service["name"], service["start"]) == ("Spooler", "auto")
    assert [line["line"] for line in listed if line["item"] == "hosts_records"] == [1]
    modules = [line["name"] for line in listed if line["item"] == "kernel_objects"]
    assert "ntoskrnl.exe" in modules


def test_vedette_tells_of_itself(listed: list[dict[str, object]]) -> None:
    (line,) = [line for line in listed if line["item"] == "vedette"]
    health = line["health"]
    assert isinstance(health, dict)
    assert health["process_peak_kilobytes"] == 40 << 10


def test_what_cannot_be_had_there_is_said(listed: list[dict[str, object]]) -> None:
    unread = {(line["of"], line["reason"]) for line in listed if line["item"] == "unread"}
    assert (
        "kernel_objects",
        "driver objects not permitted, devices not permitted",
    ) in unread


def test_the_agent_does_a_round(tmp_path: Path) -> None:
    ended = vedette(tmp_path, "agent", "run", "--once")
    assert ended.returncode == 0, ended.stderr
    assert (tmp_path / "Users/anna/AppData/Local/Vedette").is_dir()


def test_programs_cannot_be_refused_there(tmp_path: Path) -> None:
    configuration = tmp_path / "agent.toml"
    configuration.write_text('[protection]\ndeny_in = ["/srv/bin"]\n')
    ended = vedette(tmp_path, "--config", str(configuration), "agent", "run")
    assert ended.returncode == 1
    assert "programs cannot be refused on this system" in ended.stderr


def test_a_recording_can_be_made_there_and_played_here(tmp_path: Path) -> None:
    file = tmp_path / "recording.json"
    ended = vedette(tmp_path, "record", str(file))
    assert ended.returncode == 0, ended.stderr
    assert "Read through them" in ended.stdout
    played = RecordedHost(file.read_bytes())
    services = played.registry.machine.key(r"SYSTEM\CurrentControlSet\Services", 1)
    assert services is not None
    assert [key.name for key in services.keys] == ["Spooler"]
