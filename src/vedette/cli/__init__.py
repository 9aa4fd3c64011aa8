"""The command line: one program, ``vedette``; one file a command group; and the only progress bars.

Exit status: 0 on success, 1 on a failure that is told in one line, 2 on wrong usage.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Final

import click

from vedette import __version__
from vedette.cli.context import Invocation
from vedette.errors import VedetteError

# Where each command lives. Modules are imported when their command is asked for: starting stays quick.
_COMMANDS: Final = {
    "agent": "agent",
    "consent": "membership",
    "demo": "demo",
    "inspect": "inspect",
    "inventory": "inventory",
    "join": "membership",
    "network": "network",
    "observe": "observe",
    "protection": "membership",
    "sent": "sent",
    "why": "why",
}


class _Commands(click.Group):
    def list_commands(self, _: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, _: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"vedette.cli.{_COMMANDS[cmd_name]}")
        command = getattr(module, cmd_name)
        assert isinstance(command, click.Command)
        return command


@click.command(cls=_Commands)
@click.version_option(__version__, prog_name="vedette")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="VEDETTE_CONFIG",
    help="This computer's configuration (TOML).",
)
@click.option(
    "--state",
    type=click.Path(file_okay=False),
    envvar="VEDETTE_STATE",
    help="Where this computer's membership is kept.",
)
@click.pass_context
def vedette(context: click.Context, config: Path | None, state: str | None) -> None:
    """A security network for computers whose owners consent."""
    context.obj = Invocation(config, state)


def main() -> None:
    """Runs ``vedette`` with this process's arguments."""
    try:
        vedette(prog_name="vedette")
    except VedetteError as error:
        click.echo(f"vedette: {error}", err=True)
        sys.exit(1)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("vedette"):
            raise
        click.echo(
            "vedette: this command needs another part: pip install 'vedette[network]'", err=True
        )
        sys.exit(1)
    except BrokenPipeError:
        sys.exit(1)
