"""Hosts files of the shared set, one folder above the checkout: every entry that its manifest names is told, each name
that the contract calls internal masked, on Linux and on Windows.
"""

from __future__ import annotations

import ipaddress
import json
import lzma
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from vedette.cli import vedette
from vedette.facts.record import Platform
from vedette.inventory import Unread
from vedette.inventory.hosts_records import HostsRecord, read
from vedette.testing.host import FakeFiles, FakeHost

SHARED: Final = Path(__file__).parents[3] / "shared" / "data"
MANIFEST: Final = SHARED / "hosts-manifest.json"
ROWS: Final[list[dict[str, Any]]] = json.loads(MANIFEST.read_text()) if MANIFEST.exists() else []
PLACES: Final = {
    Platform.LINUX: "/etc/hosts",
    Platform.WINDOWS: "/Windows/System32/drivers/etc/hosts",
}


def expected(address: str, name: str) -> str:
    """As the contract has it; what the set's names end in is public."""
    networks = map(
        ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
    )
    found = ipaddress.ip_address(address)
    private = any(found in network for network in networks if network.version == found.version)
    return "<internal>" if private or "." not in name else name


@pytest.mark.skipif(not ROWS, reason="the shared set is not here")
@pytest.mark.parametrize("platform", PLACES)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_every_entry_is_told(row: dict[str, Any], platform: Platform) -> None:
    content = (SHARED / row["file"]).read_bytes()
    found = list(read(FakeHost(files=FakeFiles({PLACES[platform]: content}), platform=platform)))
    assert not [each for each in found if isinstance(each, Unread)]
    lines = content.decode().splitlines()
    for each, (address, *names) in zip(found, row["awk_entries"], strict=True):
        assert isinstance(each, HostsRecord)
        assert each.address.value == str(ipaddress.ip_address(address))
        assert each.names.value == [expected(address, name) for name in names]
        assert lines[each.line.value - 1].split("#")[0].split() == [address, *names]


@pytest.mark.skipif(not ROWS, reason="the shared set is not here")
def test_an_image_of_windows(tmp_path: Path) -> None:
    (tmp_path / "WINDOWS/system32/config").mkdir(parents=True)
    hive = lzma.decompress((SHARED / "hives" / "SYSTEM-win7x86.xz").read_bytes())
    (tmp_path / "WINDOWS/system32/config/SYSTEM").write_bytes(hive)
    (tmp_path / "WINDOWS/system32/Drivers/ETC").mkdir(parents=True)
    content = (SHARED / "hosts" / "hosts-hijack-bank").read_bytes()
    (tmp_path / "WINDOWS/system32/Drivers/ETC/HOSTS").write_bytes(content)
    command = ["inventory", "--root", str(tmp_path), "--item", "hosts_records", "--json"]
    result = CliRunner().invoke(vedette, command)
    assert result.exit_code == 0, result.output
    found = [json.loads(line) for line in result.stdout.splitlines()]
    entries = [[row["address"], *row["names"]] for row in found]
    (row,) = (row for row in ROWS if row["file"] == "hosts/hosts-hijack-bank")
    assert entries == row["awk_entries"]


@pytest.mark.skipif(not ROWS, reason="the shared set is not here")
def test_another_file_in_its_place_is_no_record() -> None:
    content = (SHARED / "hosts" / "etc-services").read_bytes()
    (found,) = read(FakeHost(files=FakeFiles({"/etc/hosts": content})))
    assert isinstance(found, Unread)
    assert found.reason.endswith("lines that tie no name to an address")
