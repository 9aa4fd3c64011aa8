"""What a running process has loaded: imports that are found at run time are invisible to the linter."""

from __future__ import annotations

import subprocess
import sys

import pytest

ENDPOINT_HEAVY = {
    "asyncio",
    "deltalake",
    "granian",
    "lief",
    "litestar",
    "numpy",
    "ordlookup",
    "pefile",
    "prometheus_client",
    "pyarrow",
    "sqlalchemy",
    "tlsh",
    "yara_x",
}
NETWORK_FOREIGN = {"vedette.host.linux", "vedette.endpoint", "vedette.agent"}


def loaded_by(program: str) -> set[str]:
    """The modules that a process has after running ``program``."""
    code = f"{program}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "program",
    [
        "import vedette.network.web, vedette.catalogue; vedette.catalogue.discover()",
        "import vedette.network.pipeline, vedette.catalogue; vedette.catalogue.discover()",
    ],
)
def test_a_network_process_never_loads_the_endpoint_or_a_host(program: str) -> None:
    assert not {m for m in loaded_by(program) if m.startswith(tuple(NETWORK_FOREIGN))}


def test_the_agent_stays_light() -> None:
    program = (
        "import vedette.cli.agent, vedette.agent.run, vedette.agent.launching, vedette.catalogue;"
        " vedette.catalogue.discover()"
    )
    assert not loaded_by(program) & ENDPOINT_HEAVY
