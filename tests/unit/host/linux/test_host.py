"""The Linux host as a whole, running and as an image."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vedette.facts.record import Platform
from vedette.host import Host, Kernel
from vedette.host.linux import LinuxHost
from vedette.testing.host import FakeHost

ELF_ARM64 = b"\x7fELF\x02\x01\x01" + bytes(11) + b"\xb7\x00" + bytes(44)


def test_every_host_fits_the_seam(tmp_path: Path) -> None:
    hosts: list[Host] = [LinuxHost(), LinuxHost(tmp_path), FakeHost()]
    for host in hosts:
        assert host.platform is Platform.LINUX
        assert host.health() == {}
        assert host.files.entries("/none") == []
        assert host.private is not None
        assert isinstance(host.kernel(), Kernel)


def test_the_running_computer() -> None:
    host = LinuxHost("/", health=lambda: {"drops": 3})
    assert host.live
    assert host.kernel() == Kernel(os.uname().release, os.uname().machine)
    assert host.health() == {"drops": 3}


def test_another_name_of_the_root_is_live_too() -> None:
    assert LinuxHost("/usr/..").live


def test_private_names_are_read_again_only_when_they_change(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host = LinuxHost()
    first = host.private
    assert host.private is first
    monkeypatch.setattr(host, "_sources", lambda: "changed")
    assert host.private is not first


def test_an_image_tells_of_itself_not_of_this_computer(tmp_path: Path) -> None:
    for folder in ("etc", "bin", "lib/modules/6.1.0-9-arm64"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc" / "hostname").write_text("tower\n")
    (tmp_path / "bin" / "sh").write_bytes(ELF_ARM64)
    host = LinuxHost(tmp_path)
    assert not host.live
    assert host.kernel() == Kernel("6.1.0-9-arm64", "aarch64")
    assert host.private.computers == {"tower"}
    (tmp_path / "lib/modules/6.1.0-10-arm64").mkdir()
    assert host.kernel().release is None  # which of the two it would run is not known


def test_an_empty_image_knows_nothing(tmp_path: Path) -> None:
    host = LinuxHost(tmp_path)
    assert host.kernel() == Kernel(None, None)
    assert not host.private.users | host.private.computers
