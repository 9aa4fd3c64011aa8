"""The network's configuration: one file, read whole, and every mistake told in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.errors import ConfigurationError
from vedette.network.settings import NetworkSettings, load


def write(folder: Path, text: str) -> Path:
    path = folder / "network.toml"
    path.write_text(text)
    return path


def test_without_a_file_the_defaults_hold() -> None:
    assert load(None) == NetworkSettings()


def test_every_table_is_read(tmp_path: Path) -> None:
    settings = load(
        write(
            tmp_path,
            'controller = "Example University"\nlisten = "0.0.0.0:8443"\naddress = "https://v.example.org"\n'
            "[ingest]\nwaiting = 7\n[detection]\nvotes_to_block = 3\n[urgent]\nbeat_every = 5.0\n"
            "[pipeline]\nkeep_log = 2.5\n",
        )
    )
    assert settings.controller == "Example University"
    assert (settings.host, settings.port) == ("0.0.0.0", 8443)
    assert settings.url == "https://v.example.org"
    assert settings.names == ["127.0.0.1", "localhost", "v.example.org"]
    assert settings.ingest.waiting == 7
    assert settings.detection.votes_to_block == 3
    assert settings.urgent.beat_every == 5.0
    assert settings.pipeline.keep_log == 2.5


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    path = write(tmp_path, 'data = "/one"\nlisten = "127.0.0.1:1"\n')
    settings = load(path, data="/two", listen=None)
    assert settings.folder == Path("/two")
    assert settings.port == 1


def test_behind_a_proxy_the_address_is_in_clear() -> None:
    assert load(None, tls="off").url == "http://127.0.0.1:7443"


@pytest.mark.parametrize(
    "text",
    [
        "controller = ",
        "colour = 'blue'",
        "[ingest]\nwaiting = 'many'",
        "[detection]\nvotes_to_block = 0",
        "[pipeline]\nkeep_log = 8",
        "[pipeline]\nderive_every = 0",
        "[urgent]\nbeat_every = 60.0",
        "listen = 'nowhere'",
        "listen = 'host:0'",
        "listen = 'host:99999'",
        "tls = 'maybe'",
    ],
)
def test_what_is_not_usable_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError):
        load(write(tmp_path, text))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        load(tmp_path / "missing.toml")
