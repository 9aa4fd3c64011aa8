"""What every command is given, and how facts are printed."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from vedette.agent.computer import Computer
    from vedette.agent.settings import AgentSettings

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")


@dataclass(frozen=True)
class Invocation:
    """The options before the command."""

    config: Path | None
    state: str | None

    @cached_property
    def settings(self) -> AgentSettings:
        """This computer's configuration. Raises ``ConfigurationError``."""
        from vedette.agent.settings import load

        return load(self.config, self.state)

    @cached_property
    def computer(self) -> Computer:
        """This computer's endpoint."""
        from vedette.agent.computer import Computer
        from vedette.clock import SystemClock

        return Computer(self.settings, SystemClock())


def print_json(value: Any) -> None:
    """``value`` as JSON on one line; bytes as lower-case hexadecimal digits."""
    import msgspec

    click.echo(msgspec.json.encode(_plain(value)).decode())


def shown(text: str) -> str:
    """``text`` from elsewhere, with what could steer a terminal or mislead a reader made visible."""
    return "".join(
        c if c.isprintable() and unicodedata.category(c) != "Cf" else f"\\u{ord(c):04x}"
        for c in text
    )


def readable(line: dict[str, Any]) -> str:
    """A row of an item, whose name comes first in ``line``."""
    name, *rest = line.items()
    return f"{name[1]}: " + ", ".join(
        f"{key} {shown(str(value))}" for key, value in rest if value is not None
    )


def moment(time: datetime) -> str:
    """``time`` in UTC, to the second."""
    return time.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
