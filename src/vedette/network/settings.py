"""The network's configuration: one TOML file, read once into one frozen object.

::

    controller = "Example University"          # who answers for the data
    contact = "security@example.org"
    listen = "0.0.0.0:7443"
    address = "https://vedette.example.org"    # how computers reach it, if not by `listen`

    [detection]
    votes_to_block = 3
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from vedette.detection.votes import Policy
from vedette.errors import ConfigurationError
from vedette.feed.urgent import UrgentSettings
from vedette.formats import toml
from vedette.ingest.settings import IngestSettings

PORT: Final = 7443
SETTINGS_VARIABLE: Final = "VEDETTE_NETWORK_SETTINGS"
"""Where the web process leaves the settings, as JSON, for the processes that it starts."""


class PipelineSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds between two looks at the log: of what is derived from it (``derive_every``) and of the lake
    (``lake_every``); ``keep_log``: days that accepted envelopes are kept, seven at most.
    """

    derive_every: float = 0.02
    lake_every: float = 1.0
    keep_log: float = 7.0

    def __post_init__(self) -> None:
        if not (
            0 < self.derive_every <= 60 and 0 < self.lake_every <= 600 and 0 < self.keep_log <= 7
        ):
            raise ValueError("a figure of [pipeline] is out of its range")


class NetworkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``listen``: HOST:PORT; ``address``: the URL that join strings carry; ``tls``: ``off`` only behind a proxy
    that ends TLS; ``token_days``: how long a join string is good for.
    """

    data: str = ""
    listen: str = f"127.0.0.1:{PORT}"
    address: str = ""
    tls: Literal["own", "off"] = "own"
    controller: str = "the operator of this network"
    contact: str = "the person who gave you the join string"
    token_days: float = 7.0
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_form: Literal["json", "text"] = "json"
    ingest: IngestSettings = msgspec.field(default_factory=IngestSettings)
    detection: Policy = msgspec.field(default_factory=Policy)
    urgent: UrgentSettings = msgspec.field(default_factory=UrgentSettings)
    pipeline: PipelineSettings = msgspec.field(default_factory=PipelineSettings)

    @property
    def folder(self) -> Path:
        """Where the network keeps everything."""
        return Path(self.data) if self.data else _default_folder()

    @property
    def host(self) -> str:
        """The address listened on."""
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port listened on."""
        return int(self.listen.rpartition(":")[2])

    @property
    def url(self) -> str:
        """How computers reach this network."""
        scheme = "http" if self.tls == "off" else "https"
        return self.address or f"{scheme}://{self.listen}"

    @property
    def names(self) -> list[str]:
        """The hosts that the server's certificate names."""
        named = [urlsplit(self.url).hostname or "", self.host, "localhost", "127.0.0.1"]
        return sorted({name for name in named if name and name not in {"0.0.0.0", "::"}})


def load(path: Path | None, **given: str | None) -> NetworkSettings:
    """The settings in the TOML file at ``path``, or the defaults; what is ``given`` on the command line goes
    before them.

    Raises ``ConfigurationError``.
    """
    values = toml.read(path) | {name: value for name, value in given.items() if value is not None}
    settings = toml.settings(values, NetworkSettings)
    host, _, port = settings.listen.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise ConfigurationError("the address to listen on is not usable", "give it as HOST:PORT")
    return settings


def _default_folder() -> Path:
    if os.geteuid() == 0:
        return Path("/var/lib/vedette-network")
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local/share")
    return Path(base) / "vedette-network"
