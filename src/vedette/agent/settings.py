"""The endpoint's configuration: one TOML file, read once into one frozen object.

::

    state = "/var/lib/vedette"

    [protection]
    deny_in = ["/home/shared/bin"]       # refused files cannot be executed here

    [launches]
    report_again = "PT24H"               # ISO 8601 durations
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Final, Literal

import msgspec

from vedette.endpoint.settings import EndpointSettings
from vedette.errors import ConfigurationError
from vedette.formats import toml

STATE_VARIABLE: Final = "VEDETTE_STATE"
CONFIG_VARIABLE: Final = "VEDETTE_CONFIG"


class AgentSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``state``: the folder of this computer's membership; the rest is in ``EndpointSettings``, a table of TOML
    each.
    """

    state: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_form: Literal["json", "text"] = "json"
    endpoint: EndpointSettings = msgspec.field(default_factory=EndpointSettings)

    @property
    def folder(self) -> Path:
        """Where this computer's membership is kept."""
        return Path(self.state) if self.state else _default_folder()


_TABLES: Final = frozenset(EndpointSettings.__struct_fields__)


def load(path: Path | None, state: str | None) -> AgentSettings:
    """The settings in the TOML file at ``path``, or the defaults; ``state`` goes before what the file says.

    Raises ``ConfigurationError``.
    """
    values = toml.read(path)
    if "endpoint" in values:
        raise ConfigurationError(
            "the configuration has a table that there is none of", "remove [endpoint]"
        )
    tables = {name: values.pop(name) for name in _TABLES & values.keys()}
    if state is not None:
        values["state"] = state
    return toml.settings({**values, "endpoint": tables}, AgentSettings)


def _default_folder() -> Path:
    if sys.platform == "win32":
        # Of a profile, which nobody but its user and administrators may read; a service has one too.
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData/Local")
        folder = Path(base) / "Vedette"
    elif os.geteuid() == 0:
        folder = Path("/var/lib/vedette")
    else:
        base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local/state")
        folder = Path(base) / "vedette"
    return folder
