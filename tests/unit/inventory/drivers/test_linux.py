"""Drivers of Linux."""

from __future__ import annotations

import lzma

from tests.unit.filefacts.test_driver import SIGNED, module
from vedette.host import Kernel
from vedette.inventory import Unread
from vedette.inventory.drivers import Driver, read
from vedette.testing.host import FakeFiles, FakeHost, FakeLink, Node

LIB = "/lib/modules/6.1.0-test"
TREE: dict[str, bytes | Node] = {
    "/proc/modules": b"""\
ext4 983040 1 - Live 0x0
e1000e 110000 0 - Live 0x0
crc16 12288 1 ext4, Live 0x0
snd_dummy 1 0 - Live 0x0 (OE)
""",
    "/sys/module/e1000e/drivers/pci:e1000e": FakeLink("../../../bus/pci/drivers/e1000e"),
    "/sys/module/snd_dummy/drivers/platform:snd": FakeLink("../../../bus/x"),
    "/sys/module/crc16/refcnt": b"1\n",
    f"{LIB}/modules.dep": b"""\
kernel/fs/ext4/ext4.ko: kernel/lib/crc16.ko
kernel/lib/crc16.ko:
kernel/drivers/net/e1000e.ko.xz:
kernel/drivers/char/pcspkr.ko:
kernel/drivers/char/unused.ko:
updates/dkms/snd-dummy.ko:
extra/loose.ko:
""",
    f"{LIB}/kernel/fs/ext4/ext4.ko": SIGNED,
    f"{LIB}/kernel/drivers/net/e1000e.ko.xz": lzma.compress(SIGNED),
    f"{LIB}/kernel/drivers/char/pcspkr.ko": SIGNED,
    f"{LIB}/updates/dkms/snd-dummy.ko": module(),
    f"{LIB}/extra/loose.ko": b"no module",
    "/etc/modules": b"# comment\nloop max_loop=8\n",
    "/etc/modules-load.d/net.conf": b"e1000e\n; note\n",
    "/usr/lib/modules-load.d/off.conf": b"unused\n",
    "/etc/modules-load.d/off.conf": FakeLink("/dev/null"),
    "/etc/modprobe.d/list.conf": b"blacklist pcspkr\nblacklist absent\ninstall e9 /bin/false\n",
    "/etc/modprobe.d/more.conf": b"install loose /bin/true\noptions ext4 x=1\nblacklist\n",
}


def rows(host: FakeHost) -> dict[str, Driver]:
    return {each.name.value: each for each in read(host) if isinstance(each, Driver)}


def told(host: FakeHost) -> dict[str, tuple[object, ...]]:
    return {
        name: tuple(
            kind and kind.value
            for kind in (each.kind, each.start, each.image, each.version, each.signer)
        )
        for name, each in rows(host).items()
    }


def test_drivers() -> None:
    host = FakeHost(files=FakeFiles(TREE))
    signed = ("1.2.3-k", "Example kernel key")
    assert told(host) == {
        "ext4": ("file_system", "demand", f"{LIB}/kernel/fs/ext4/ext4.ko", *signed),
        "e1000e": ("kernel", "auto", f"{LIB}/kernel/drivers/net/e1000e.ko.xz", *signed),
        "snd_dummy": ("kernel", "demand", f"{LIB}/updates/dkms/snd-dummy.ko", "1.2.3-k", None),
        "loose": ("kernel", "disabled", f"{LIB}/extra/loose.ko", None, None),
        "loop": ("kernel", "auto", None, None, None),
        "pcspkr": ("kernel", "disabled", f"{LIB}/kernel/drivers/char/pcspkr.ko", *signed),
    }
    assert [each.reason for each in read(host) if isinstance(each, Unread)] == [
        "it is no kernel module"
    ]


def test_of_an_image_nothing_is_loaded_and_the_last_kernel_counts() -> None:
    older = "/lib/modules/6.0.9-test"
    tree: dict[str, bytes | Node] = {
        **TREE,
        f"{older}/modules.dep": b"extra/gone.ko:\n",
        "/lib/modules/6.2-removed/leftover": b"",
    }
    host = FakeHost(files=FakeFiles(tree), live=False, running=Kernel(None, None))
    assert set(told(host)) == {"e1000e", "snd_dummy", "loose", "loop", "pcspkr"}


def test_no_modules_no_drivers() -> None:
    host = FakeHost()
    assert list(read(host)) == []


def test_what_cannot_be_read_costs_only_itself() -> None:
    closed = frozenset({"/etc/modprobe.d", "/etc/modules", f"{LIB}/kernel/fs"})
    host = FakeHost(files=FakeFiles(TREE, closed))
    assert set(told(host)) == {"ext4", "e1000e", "snd_dummy", "loose"}
    assert [each.reason for each in read(host) if isinstance(each, Unread)] == [
        "not permitted",
        "not permitted",
        "not permitted",
        "it is no kernel module",
    ]
