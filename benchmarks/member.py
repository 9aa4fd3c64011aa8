"""A computer that has joined a network, agreed to the basic tier and is protected."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from vedette.demo.machines import DemoNetwork

VEDETTE = str(Path(sys.executable).parent / "vedette")


def member(folder: Path, network: DemoNetwork) -> list[str]:
    """The beginning of every command on the computer whose files are in ``folder``. It has the default settings, but
    that it guards a folder.
    """
    guarded = folder / "bin"
    guarded.mkdir(parents=True)
    config = folder / "agent.toml"
    config.write_text(
        f'state = "{folder / "state"}"\nlog_level = "WARNING"\n'
        f'[protection]\ndeny_in = ["{guarded}"]\n'
    )
    vedette = [VEDETTE, "--config", str(config)]

    def command(*arguments: str) -> bytes:
        return subprocess.run(
            [*vedette, *arguments, "--json"], stdout=subprocess.PIPE, check=True
        ).stdout

    command("join", network.invite("Bench"))
    terms = json.loads(command("consent", "show"))["terms"]
    command("consent", "grant", "basic", "--accept", terms)
    command("protection", "on")
    return vedette
