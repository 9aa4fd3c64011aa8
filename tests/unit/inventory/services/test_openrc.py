"""Services of OpenRC, as an Alpine has them."""

from __future__ import annotations

from vedette.facts.privacy import PrivateNames
from vedette.inventory import Unread
from vedette.inventory.services import Service, read
from vedette.testing.host import FakeFile, FakeFiles, FakeFolder, FakeHost, FakeLink, Node

SSHD = b"""#!/sbin/openrc-run
# Copyright

description="OpenBSD Secure Shell server"
: ${cfgfile:=/etc/ssh/sshd_config}
command="${SSHD_BINARY:-/usr/sbin/sshd}"
command_args="-o Secret=1"

start_pre() {
	command=/not/this
}
"""
TREE: dict[str, bytes | Node] = {
    "/etc/init.d/sshd": SSHD,
    "/etc/init.d/crond": b"#!/sbin/openrc-run\ncommand=/usr/sbin/crond\nsupervisor=supervise-daemon\n",
    "/etc/init.d/ntpd": b"#!/sbin/openrc-run\ncommand='/usr/sbin/ntpd'\ncommand_user=\"ntp:ntp\"\n",
    "/etc/init.d/net.lo": b"#!/sbin/openrc-run\nstart() { :; }\n",
    "/etc/init.d/net.eth0": FakeLink("net.lo"),
    "/etc/init.d/user": b"#!/sbin/openrc-run\ncommand_user=anna\n",
    "/etc/init.d/user.anna": FakeLink("/etc/init.d/user"),
    "/etc/init.d/killprocs": b"#!/sbin/openrc-run\n",
    "/etc/init.d/functions.sh": FakeLink("../../lib/rc/sh/functions.sh"),
    "/lib/rc/sh/functions.sh": b"# no script of its own\n",
    "/etc/init.d/conf.d": FakeFolder(),
    "/etc/runlevels/default/sshd": FakeLink("/etc/init.d/sshd"),
    "/etc/runlevels/boot/net.eth0": FakeLink("/etc/init.d/net.eth0"),
    "/etc/runlevels/shutdown/killprocs": FakeLink("/etc/init.d/killprocs"),
    "/etc/runlevels/nonetwork": FakeFolder(),
}


def rows(host: FakeHost) -> dict[str, Service]:
    found = [each for each in read(host) if isinstance(each, Service)]
    assert len({each.name.value for each in found}) == len(found)
    return {each.name.value: each for each in found}


def test_services() -> None:
    host = FakeHost(
        files=FakeFiles(TREE), private=PrivateNames(users=frozenset({"anna"})), live=False
    )
    found = {
        name: (
            each.kind and each.kind.value,
            each.start and each.start.value,
            each.image and each.image.value,
            each.account_kind.value,
        )
        for name, each in rows(host).items()
    }
    assert found == {
        "sshd": ("script", "auto", "/usr/sbin/sshd", "system"),
        "crond": ("supervised", "demand", "/usr/sbin/crond", "system"),
        "ntpd": ("script", "demand", "/usr/sbin/ntpd", "service"),
        "net.lo": ("script", "auto", None, "system"),
        "user": ("script", "demand", None, "user"),
        "killprocs": ("script", "demand", None, "system"),
    }
    assert not [each for each in read(host) if isinstance(each, Unread)]


def test_what_cannot_be_read_costs_only_itself() -> None:
    files = FakeFiles(
        {**TREE, "/etc/init.d/large": FakeFile(b"#" * (300 << 10))},
        refused=frozenset({"/etc/init.d/ntpd", "/etc/runlevels"}),
    )
    host = FakeHost(files=files)
    assert set(rows(host)) == {"sshd", "crond", "net.lo", "user", "killprocs"}
    reasons = sorted({each.reason for each in read(host) if isinstance(each, Unread)})
    assert reasons == ["not permitted", "too large"]


def test_content_that_is_no_text() -> None:
    files = FakeFiles(
        {"/etc/init.d/x": b"#!/sbin/openrc-run\ncommand=/bin/caf\xe9\0x\ncommand_user=\n"}
    )
    (service,) = rows(FakeHost(files=files)).values()
    assert service.image is not None
    assert service.image.value.startswith("/bin/caf")
    assert "\0" not in service.image.value
