"""A worker that was taken over gets nowhere: each attempt fails, and nothing has changed afterwards."""

from __future__ import annotations

import inspect
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.unit.sandbox import escapes
from vedette.clock import SystemClock
from vedette.errors import CallFailed
from vedette.sandbox import landlock, seccomp
from vedette.sandbox.limits import Limits
from vedette.sandbox.sandbox import Sandbox

SECRET = "what the worker must not learn"
REFUSED = {"PermissionError", "OSError", "BlockingIOError", "MemoryError", "ValueError"}
ATTEMPTS = sorted(
    name
    for name, function in inspect.getmembers(escapes, inspect.isfunction)
    if function.__module__ == escapes.__name__ and not name.startswith("_")
)
# What each layer stops by itself, on a kernel without the others.
ALONE = {
    "limits": ["append_to_a_file", "open_many"],
    "nobody": [
        "become_root",
        "fork",
        "lift_a_limit",
        "limit_the_parent",
        "read_the_parents_environment",
        "read_the_parents_memory",
        "signal_the_parent",
        "stop_the_parents_thread",
        "trace_the_parent",
    ],
    "landlock": [
        "connect",
        "listen",
        "list_a_folder",
        "open_the_file_for_writing",
        "read_a_file",
        "read_the_parents_environment",
        "read_the_parents_memory",
        "remove_a_file",
        "signal_the_parent",
        "stop_the_parents_thread",
        "trace_the_parent",
        "write_a_file",
    ],
    "seccomp": [
        attempt
        for attempt in ATTEMPTS
        if attempt not in {"lift_a_limit", "open_many", "write_to_the_file"}
    ],
}
PROGRAM = """
import os, sys, msgspec, vedette.sandbox.prctl as prctl
from vedette.sandbox import doors, landlock, seccomp
from vedette.sandbox.limits import Limits
from tests.unit.sandbox import escapes
layer, attempt, victim, arguments = sys.argv[1:]
with open(victim, "rb") as file:
    prctl.renounce_privileges()
    match layer:
        case "limits": doors.limit_resources(Limits())
        case "nobody": doors.limit_resources(Limits()), doors.become_nobody()
        case "landlock": landlock.restrict(landlock.version())
        case "seccomp": seccomp.restrict()
    try:
        getattr(escapes, attempt)(file.fileno(), **msgspec.json.decode(arguments))
    except Exception as error:
        os.write(1, type(error).__name__.encode())
os._exit(0)
"""


class Surroundings:
    """A computer with things that a worker would like to reach, all of them open to everybody."""

    def __init__(self, folder: Path, port: int) -> None:
        self.victim = folder / "victim"
        self.victim.write_text(SECRET)
        self.victim.chmod(0o666)
        self.folder = folder
        self.port = port

    def arguments(self, attempt: str) -> dict[str, Any]:
        places = {"connect_locally": "socket", "list_a_folder": ""}
        values = {
            "path": str(self.folder / places.get(attempt, "victim")),
            "port": self.port,
            "pid": os.getpid(),
        }
        wanted = inspect.getfullargspec(getattr(escapes, attempt)).kwonlyargs
        return {name: values[name] for name in wanted}


@pytest.fixture
def surroundings(tmp_path: Path) -> Iterator[Surroundings]:
    signalled: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: signalled.append(number))
    tmp_path.chmod(0o777)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        local.bind(str(tmp_path / "socket"))
        local.listen()
        (tmp_path / "socket").chmod(0o777)
        around = Surroundings(tmp_path, server.getsockname()[1])
        yield around
    signal.signal(signal.SIGUSR1, before)
    assert around.victim.read_text() == SECRET
    assert not signalled


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_an_attempt_to_escape_fails(attempt: str, surroundings: Surroundings) -> None:
    sandbox: Sandbox[object] = Sandbox(
        f"{escapes.__name__}:{attempt}", object, Limits(wall=10), SystemClock()
    )
    with sandbox, surroundings.victim.open("rb") as file:
        with pytest.raises(CallFailed) as caught:
            sandbox.call(file.fileno(), **surroundings.arguments(attempt))
        assert caught.value.reason in REFUSED


@pytest.mark.parametrize(
    ("layer", "attempt"), [(layer, attempt) for layer in ALONE for attempt in ALONE[layer]]
)
def test_each_layer_holds_without_the_others(
    layer: str, attempt: str, surroundings: Surroundings
) -> None:
    if layer == "nobody" and os.geteuid() != 0:
        pytest.skip("only root can become another user")
    if layer == "landlock" and landlock.version() < 6:
        pytest.skip("this kernel's Landlock knows no network or signals")
    arguments = msgspec.json.encode(surroundings.arguments(attempt)).decode()
    command = [sys.executable, "-c", PROGRAM, layer, attempt, str(surroundings.victim), arguments]
    environment = {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout in REFUSED


def test_nothing_is_lacking_here() -> None:
    """On the machines that these tests are for, the kernel has all of it."""
    with (
        Sandbox("tests.unit.sandbox.behaviour:look", object, Limits(), SystemClock()) as sandbox,
        Path(__file__).open("rb") as file,
    ):
        sandbox.call(file.fileno())
        expected = () if landlock.version() and seccomp.supported() else ("Landlock", "seccomp")
        assert set(sandbox.lacks) <= set(expected)
