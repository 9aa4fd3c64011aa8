"""What starts by itself on Linux."""

from __future__ import annotations

from typing import Any

import pytest

from vedette.facts.privacy import PrivateNames
from vedette.inventory import Unread
from vedette.inventory.autostarts import Autostart, read
from vedette.testing.host import FakeFile, FakeFiles, FakeHost, FakeLink, Node

SYSTEM = "/usr/lib/systemd/system"
WANTED = "/etc/systemd/system/multi-user.target.wants"


def linux(files: dict[str, bytes | Node], refused: frozenset[str] = frozenset()) -> FakeHost:
    return FakeHost(
        files=FakeFiles(files, refused),
        private=PrivateNames(users=frozenset({"anna"}), homes=frozenset({"/home/anna"})),
    )


def rows(host: FakeHost) -> list[tuple[Any, ...]]:
    return [
        (
            each.place.value,
            each.role.value,
            each.name.value,
            each.command and each.command.value,
            each.enabled and each.enabled.value,
        )
        for each in read(host)
        if isinstance(each, Autostart)
    ]


def reasons(host: FakeHost) -> list[str]:
    return [each.reason for each in read(host) if isinstance(each, Unread)]


def test_units_and_what_starts_them() -> None:
    host = linux(
        {
            f"{SYSTEM}/a.service": b"[Service]\nExecStart=-/usr/bin/a --key=secret\n",
            f"{WANTED}/a.service": FakeLink(f"{SYSTEM}/a.service"),
            f"{SYSTEM}/b.service": b"[Service]\nExecStart=/bin/b1\nExecStart=/bin/b2 -x\n",
            f"{SYSTEM}/b.timer": b"[Timer]\nOnCalendar=daily\n",
            f"{WANTED}/b.timer": FakeLink(f"{SYSTEM}/b.timer"),
            f"{SYSTEM}/c.timer": b"[Timer]\nUnit=a.service\n",
            f"{WANTED}/c.timer": FakeLink(f"{SYSTEM}/c.timer"),
            f"{SYSTEM}/d.socket": b"[Socket]\nAccept=yes\n",
            f"{SYSTEM}/d@.service": b"[Service]\nExecStart=/bin/d\n",
            f"{WANTED}/d.socket": FakeLink(f"{SYSTEM}/d.socket"),
            f"{WANTED}/e.mount": FakeLink("/x"),
            f"{WANTED}/gone.service": FakeLink("/x"),
            f"{SYSTEM}/unwanted.service": b"[Service]\nExecStart=/bin/u\n",
        }
    )
    assert rows(host) == [
        (WANTED, "unit", "a.service", "/usr/bin/a --key=<value>", None),
        (WANTED, "timer", "b.timer", "/bin/b1", None),
        (WANTED, "timer", "b.timer", "/bin/b2 -x", None),
        (WANTED, "timer", "c.timer", "/usr/bin/a --key=<value>", None),
        (WANTED, "socket", "d.socket", "/bin/d", None),
        (WANTED, "unit", "gone.service", None, None),
    ]


def test_instances_masks_and_drop_ins() -> None:
    host = linux(
        {
            f"{SYSTEM}/vpn@.service": b"[Service]\nExecStart=/bin/vpn %i\n",
            f"{WANTED}/vpn@anna.service": FakeLink(f"{SYSTEM}/vpn@.service"),
            f"{SYSTEM}/cron.service": b"[Service]\nExecStart=/usr/sbin/cron -f\n",
            f"{SYSTEM}/cron.service.d/x.conf": b"[Service]\nExecStart=/bin/overridden\n",
            "/etc/systemd/system/cron.service.d/x.conf": b"[Service]\nExecStart=\nExecStart=/tmp/evil\n",
            f"{WANTED}/cron.service": FakeLink(f"{SYSTEM}/cron.service"),
            f"{SYSTEM}/off.service": b"[Service]\nExecStart=/bin/off\n",
            "/etc/systemd/system/off.service": FakeLink("/dev/null"),
            f"{WANTED}/off.service": FakeLink(f"{SYSTEM}/off.service"),
        }
    )
    assert rows(host) == [
        (WANTED, "unit", "cron.service", "/tmp/evil", None),
        (WANTED, "unit", "off.service", None, None),
        (WANTED, "unit", "vpn@.service", "/bin/vpn <value>", None),
    ]


def test_units_of_people() -> None:
    own = "/home/anna/.config/systemd/user"
    host = linux(
        {
            f"{own}/mine.service": b"[Service]\nExecStart=/home/anna/bin/mine\n",
            f"{own}/default.target.wants/mine.service": FakeLink("../mine.service"),
        }
    )
    assert rows(host) == [
        (
            "<home>/.config/systemd/user/default.target.wants",
            "unit",
            "mine.service",
            "<home>/bin/mine",
            None,
        )
    ]


CRONTAB = b"""# comment
SHELL=/bin/sh
MAILTO = root
17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly
@reboot  anna  /usr/local/bin/x --password 'a && b' secret%stdin of it
25 6 * * * root test -x /usr/sbin/anacron || { cd / && /usr/bin/y -z; }
broken line
"""


def test_cron() -> None:
    host = linux(
        {
            "/etc/crontab": CRONTAB,
            "/etc/cron.d/.placeholder": b"@daily root /x",
            "/etc/cron.d/e2scrub": b"30 3 * * 0 root /sbin/e2scrub_all -A -r\n",
            "/var/spool/cron/crontabs/anna": b"@hourly\t/home/anna/bin/tool token\n",
            "/etc/anacrontab": b"START_HOURS_RANGE=3-22\n7 10 cron.weekly nice run-parts /etc/cron.weekly\n",
            "/etc/cron.daily/dpkg": b"#!/bin/sh",
            "/etc/cron.daily/.placeholder": b"",
            "/etc/periodic/15min/x": b"#!/bin/sh",
        }
    )
    assert rows(host) == [
        ("/etc/crontab", "cron", "crontab", "run-parts --report /etc/cron.hourly", None),
        ("/etc/crontab", "cron", "crontab", "/usr/local/bin/x --password <value> <value>", None),
        ("/etc/crontab", "cron", "crontab", "/usr/bin/y -z", None),
        ("/etc/cron.d/e2scrub", "cron", "e2scrub", "/sbin/e2scrub_all -A -r", None),
        ("/var/spool/cron/crontabs/<user>", "cron", "<user>", "<home>/bin/tool <value>", None),
        ("/etc/anacrontab", "cron", "cron.weekly", "nice <value> /etc/cron.weekly", None),
        ("/etc/cron.daily", "cron", "dpkg", "/etc/cron.daily/dpkg", None),
        ("/etc/periodic/15min", "cron", "x", "/etc/periodic/15min/x", None),
    ]


@pytest.mark.parametrize(
    ("more", "enabled"),
    [
        (b"", True),
        (b"Hidden=true\n", False),
        (b"X-GNOME-Autostart-enabled=false\n", False),
        (b"X-GNOME-Autostart-enabled=true\n", True),
    ],
)
def test_desktops(more: bytes, enabled: bool) -> None:
    entry = b"[Desktop Entry]\nName=Nobody asks\nExec=/usr/bin/x --token=y %U\n" + more
    host = linux(
        {
            "/etc/xdg/autostart/x.desktop": entry,
            "/etc/xdg/autostart/readme": b"",
            "/home/anna/.config/autostart/anna.desktop": entry,
        }
    )
    command = "/usr/bin/x --token=<value> <value>"
    assert rows(host) == [
        ("/etc/xdg/autostart", "desktop", "x", command, enabled),
        ("<home>/.config/autostart", "desktop", "<user>", command, enabled),
    ]


def test_scripts() -> None:
    host = linux(
        {
            "/etc/rc.local": FakeFile(b"#!/bin/sh -e\n/usr/bin/x\nexit 0\n", mode=0o755),
            "/etc/rc.d/rc.local": FakeFile(b"#!/bin/sh\n# nothing\nexit 0\n", mode=0o755),
            "/etc/local.d/y.start": b"",
            "/etc/local.d/README": b"",
            "/etc/profile.d/z.sh": b"",
        }
    )
    assert rows(host) == [
        ("/etc", "boot_script", "rc.local", "/etc/rc.local", None),
        ("/etc/local.d", "boot_script", "y.start", "/etc/local.d/y.start", None),
        ("/etc/profile.d", "logon", "z.sh", "/etc/profile.d/z.sh", None),
    ]


def test_a_script_that_may_not_run_does_not_start() -> None:
    assert rows(linux({"/etc/rc.local": FakeFile(b"/usr/bin/x\n", mode=0o644)})) == []


def test_what_cannot_be_read_costs_only_itself() -> None:
    host = linux(
        {
            "/etc/crontab": b"@daily root /bin/a\n",
            "/var/spool/cron/crontabs/anna": b"",
            "/etc/cron.daily/x": b"",
            "/etc/cron.d/big": b"#" * (1 << 19),
            "/etc/xdg/autostart/x.desktop": b"[Desktop Entry]\nExec=x\n",
        },
        refused=frozenset({"/var/spool/cron", "/etc/xdg/autostart/x.desktop"}),
    )
    assert [row[2] for row in rows(host)] == ["crontab", "x"]
    assert sorted(reasons(host)) == ["not permitted", "too large"]
