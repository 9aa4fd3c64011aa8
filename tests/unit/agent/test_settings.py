"""The endpoint's configuration: one file, read whole, and every mistake told in one line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from vedette.agent.settings import AgentSettings, load
from vedette.errors import ConfigurationError


def write(folder: Path, text: str) -> Path:
    path = folder / "agent.toml"
    path.write_text(text)
    return path


def test_without_a_file_the_defaults_hold() -> None:
    assert load(None, None) == AgentSettings()


def test_every_table_is_read(tmp_path: Path) -> None:
    settings = load(
        write(
            tmp_path,
            'state = "/one"\n[spool]\nmax_age = "P2D"\n[launches]\nreport_again = "PT1H"\nsource = "polling"\n'
            '[protection]\ndeny_in = ["/srv/bin"]\n[uplink]\nsend_every = 5.0\n',
        ),
        None,
    )
    assert settings.folder == Path("/one")
    endpoint = settings.endpoint
    assert endpoint.spool.max_age == timedelta(days=2)
    assert endpoint.launches.report_again == timedelta(hours=1)
    assert endpoint.launches.source == "polling"
    assert endpoint.protection.deny_in == ("/srv/bin",)
    assert endpoint.uplink.send_every == 5.0


def test_the_command_line_goes_before_the_file(tmp_path: Path) -> None:
    assert load(write(tmp_path, 'state = "/one"\n'), "/two").folder == Path("/two")


@pytest.mark.parametrize(
    "text",
    [
        "state = ",
        "colour = 'blue'",
        "[spool]\ncolour = 'blue'",
        "[launches]\nsource = 'guessing'",
        "[launches]\nreport_again = 'a while'",
        "[endpoint]\n",
        "log_level = 'LOUD'",
    ],
)
def test_what_is_not_usable_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError):
        load(write(tmp_path, text), None)
