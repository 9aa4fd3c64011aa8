"""Services that are scripts of System V."""

from __future__ import annotations

from vedette.inventory import Unread
from vedette.inventory.services import Service, read
from vedette.testing.host import FakeFiles, FakeHost, FakeLink, Node

CRON = b"""#!/bin/sh
### BEGIN INIT INFO
# Provides:          cron
### END INIT INFO
DAEMON=/usr/sbin/cron
"""
TREE: dict[str, bytes | Node] = {
    "/etc/init.d/cron": CRON,
    "/etc/init.d/old": b'#!/bin/bash\nNAME=old\nDAEMON="/opt/old tool/run"\n',
    "/etc/init.d/built": b"#!/bin/sh\nDAEMON=$PREFIX/run\n",
    "/etc/init.d/hwclock.sh": b"#!/bin/sh\n",
    "/etc/init.d/README": b"#!/no/service\n",
    "/etc/init.d/notes": b"no script\n",
    "/etc/rc3.d/S20old": FakeLink("../init.d/old"),
    "/etc/rc0.d/K01cron": FakeLink("../init.d/cron"),
    "/etc/rcS.d/S01hwclock.sh": FakeLink("../init.d/hwclock.sh"),
}


def rows(host: FakeHost) -> dict[str, Service]:
    found = [each for each in read(host) if isinstance(each, Service)]
    return {each.name.value: each for each in found}


def test_scripts() -> None:
    found = {
        name: (each.start and each.start.value, each.image and each.image.value)
        for name, each in rows(FakeHost(files=FakeFiles(TREE))).items()
    }
    assert found == {
        "cron": ("demand", "/usr/sbin/cron"),
        "old": ("auto", "/opt/old tool/run"),
        "built": ("demand", None),
        "hwclock.sh": ("auto", None),
    }


def test_a_script_that_has_a_unit_is_told_as_that() -> None:
    units: dict[str, bytes | Node] = {
        "/lib/systemd/system/cron.service": b"[Service]\nExecStart=/usr/sbin/cron -f\n",
        "/lib/systemd/system/hwclock.service": FakeLink("/dev/null"),
    }
    host = FakeHost(files=FakeFiles({**TREE, **units}))
    found = [each for each in read(host) if isinstance(each, Service)]
    assert sorted((each.name.value, str(each.kind and each.kind.value)) for each in found) == [
        ("built", "script"),
        ("cron", "simple"),
        ("hwclock", "None"),
        ("old", "script"),
    ]


def test_scripts_of_openrc_are_not_told_twice() -> None:
    host = FakeHost(files=FakeFiles({"/etc/init.d/sshd": b"#!/sbin/openrc-run\n"}))
    assert len([each for each in read(host) if isinstance(each, Service)]) == 1


def test_what_cannot_be_read_costs_only_itself() -> None:
    files = FakeFiles(TREE, refused=frozenset({"/etc/init.d/cron", "/etc/rc3.d"}))
    host = FakeHost(files=files)
    assert set(rows(host)) == {"old", "built", "hwclock.sh"}
    assert {each.reason for each in read(host) if isinstance(each, Unread)} == {"not permitted"}
