"""The hardware in trees of /proc and /sys as computers of many makes show them, and of this computer."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from vedette.catalogue import discover
from vedette.facts.privacy import PrivateNames
from vedette.host import Host, Kernel
from vedette.host.linux import LinuxHost
from vedette.inventory import Unread
from vedette.inventory.hardware import read
from vedette.testing.host import FakeFiles, FakeFolder, FakeHost, FakeLink, Node

VARIABLE = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
Tree = dict[str, bytes | Node]


def cpuinfo(sockets: int, cores: int, threads: int) -> bytes:
    return "\n".join(
        f"processor\t: {number}\nvendor_id\t: GenuineIntel\nmodel name\t: Intel(R) Core(TM) i7\n"
        f"physical id\t: {socket}\ncore id\t\t: {core}\nflags\t\t: fpu vme\npower management:\n"
        for number, (socket, core, _) in enumerate(
            (socket, core, thread)
            for thread in range(threads)
            for socket in range(sockets)
            for core in range(cores)
        )
    ).encode()


LAPTOP: Tree = {
    "/proc/cpuinfo": cpuinfo(1, 4, 2),
    "/proc/meminfo": b"MemTotal:       16301016 kB\nMemFree: 1 kB\n",
    "/sys/firmware/efi/systab": b"",
    VARIABLE: b"\x06\0\0\0\x01",
    "/sys/class/dmi/id/bios_vendor": b"LENOVO\n",
    "/sys/class/dmi/id/bios_version": b"N32ET86W (1.62 )\n",
    "/sys/class/dmi/id/product_serial": b"PF2ABCDE\n",
    "/sys/class/tpm/tpm0": FakeLink("../../devices/pnp0/00:06/tpm/tpm0"),
    "/sys/block/nvme0n1": FakeLink("../devices/pci0/nvme/nvme0/nvme0n1"),
    "/sys/devices/pci0/nvme/nvme0/nvme0n1/size": b"1000215216\n",
    "/sys/devices/pci0/nvme/nvme0/nvme0n1/removable": b"0\n",
    "/sys/devices/pci0/nvme/nvme0/nvme0n1/device": FakeLink("../../nvme0"),
    "/sys/devices/pci0/nvme/nvme0/model": b"SAMSUNG MZVLB512HBJQ-000L7          \n",
    "/sys/devices/pci0/nvme/nvme0/serial": b"S4ENNX0R123456\n",
    "/sys/block/nvme0c0n1/size": b"1000215216\n",
    "/sys/block/sda/size": b"3907029168\n",
    "/sys/block/sda/removable": b"0\n",
    "/sys/block/sda/device/model": b"ST2000LM007-1R81\n",
    "/sys/block/sda/device/vendor": b"ATA     \n",
    "/sys/block/sdb/size": b"60062500\n",
    "/sys/block/sdb/removable": b"1\n",
    "/sys/block/sdb/device/model": b"Stick of anna\n",
    "/sys/block/sdc/size": b"0\n",
    "/sys/block/mmcblk0/size": b"61071360\n",
    "/sys/block/mmcblk0/device/name": b"DF4064\n",
    "/sys/block/vda/size": b"2048\n",
    "/sys/block/loop0/size": b"2048\n",
    "/sys/block/dm-0/size": b"2048\n",
    "/sys/block/zram0/size": b"2048\n",
    "/sys/block/md127/size": b"2048\n",
    "/sys/block/sr0/size": b"2048\n",
}


def told(host: Host) -> tuple[dict[str, Any], list[str]]:
    rows, reasons = [], []
    for each in read(host):
        if isinstance(each, Unread):
            reasons.append(each.reason)
        else:
            rows.append(discover().schemas["hardware"].row(each))
    return (rows[0] if rows else {}), reasons


def linux(tree: Tree, **host: Any) -> dict[str, Any]:
    return told(FakeHost(files=FakeFiles(tree), **host))[0]


def test_a_laptop() -> None:
    assert told(FakeHost(files=FakeFiles(LAPTOP))) == (
        {
            "processor": "Intel(R) Core(TM) i7",
            "cores": 4,
            "memory": 16301016 * 1024,
            "firmware": "uefi",
            "firmware_maker": "LENOVO",
            "firmware_version": "N32ET86W (1.62 )",
            "secure_boot": True,
            "tpm": True,
            "disks": [
                {"model": "DF4064", "size": 61071360 * 512},
                {"model": "SAMSUNG MZVLB512HBJQ-000L7", "size": 1000215216 * 512},
                {"model": "ST2000LM007-1R81", "size": 3907029168 * 512},
                {"model": None, "size": 2048 * 512},
            ],
        },
        [],
    )


def test_a_recorded_tree_on_disk(tmp_path: Path) -> None:
    for name, node in LAPTOP.items():
        place = tmp_path / name.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(node, FakeLink):
            place.symlink_to(node.target)
        else:
            assert isinstance(node, bytes)
            place.write_bytes(node)
    (tmp_path / "sys/devices/pnp0/00:06/tpm/tpm0").mkdir(parents=True)
    assert told(LinuxHost(root=str(tmp_path))) == told(FakeHost(files=FakeFiles(LAPTOP)))


PROCESSORS = {
    "two sockets": (cpuinfo(2, 8, 2), "Intel(R) Core(TM) i7", 16),
    "64-bit ARM": (
        b"processor\t: 0\nBogoMIPS\t: 50.00\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n\n"
        b"processor\t: 1\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n",
        "ARM 0x41 0xd0c",
        2,
    ),
    "32-bit ARM": (
        b"Processor\t: ARMv7 Processor rev 4 (v7l)\nprocessor\t: 0\nBogoMIPS\t: 38.40\n\n"
        b"processor\t: 1\n\nHardware\t: BCM2709\nSerial\t\t: 00000000abcdef01\n",
        "ARMv7 Processor rev 4 (v7l)",
        2,
    ),
    "POWER": (
        b"processor\t: 0\ncpu\t\t: POWER9, altivec supported\nclock\t\t: 2.2GHz\n",
        "POWER9, altivec supported",
        1,
    ),
    "RISC-V": (
        b"processor\t: 0\nhart\t: 1\nisa\t: rv64\nuarch\t: sifive,u74-mc\n",
        "sifive,u74-mc",
        1,
    ),
    "MIPS": (
        b"system type\t: x\nprocessor\t: 0\ncpu model\t: MIPS 24Kc V7.4\n",
        "MIPS 24Kc V7.4",
        1,
    ),
    "S/390": (
        b"vendor_id : IBM/S390\n# processors : 2\n"
        b"processor 0: version = FF,  identification = 01\nprocessor 1: version = FF\n",
        None,
        2,
    ),
    "nothing": (b"\xff\xfe\n:\n\n", None, None),
}


@pytest.mark.parametrize("case", PROCESSORS)
def test_processors(case: str) -> None:
    content, model, cores = PROCESSORS[case]
    row = linux({"/proc/cpuinfo": content})
    assert (row.get("processor"), row.get("cores")) == (model, cores)
    assert "00000000abcdef01" not in repr(row)


@pytest.mark.parametrize(
    ("changed", "architecture", "firmware", "secure"),
    [
        ({}, "x86_64", "uefi", True),
        ({VARIABLE: b"\x06\0\0\0\0"}, "x86_64", "uefi", False),
        ({VARIABLE: b"\x01"}, "x86_64", "uefi", None),
        ({VARIABLE: None, VARIABLE.replace("Secure", "Setup"): b""}, "aarch64", "uefi", False),
        ({VARIABLE: None}, "x86_64", "uefi", None),
        ({VARIABLE: None, "/sys/firmware/efi/systab": None}, "x86_64", "bios", False),
        ({VARIABLE: None, "/sys/firmware/efi/systab": None}, "aarch64", None, None),
    ],
)
def test_firmware(
    changed: dict[str, bytes | None], architecture: str, firmware: str | None, secure: bool | None
) -> None:
    tree: Tree = {path: node for path, node in {**LAPTOP, **changed}.items() if node is not None}
    row = linux(tree, running=Kernel("6.1", architecture))
    assert (row.get("firmware"), row.get("secure_boot")) == (firmware, secure)


def test_security_chips() -> None:
    others: Tree = {path: node for path, node in LAPTOP.items() if "/tpm" not in path}
    assert linux(others)["tpm"] is False
    assert linux({**others, "/sys/firmware/acpi/tables/TPM2": b""})["tpm"] is True
    assert linux({**others, "/sys/firmware/acpi/tables/DSDT": b""})["tpm"] is False
    assert "tpm" not in linux({"/proc/cpuinfo": cpuinfo(1, 1, 1)})


def test_an_image_holds_nothing_of_the_computer() -> None:
    image = FakeHost(files=FakeFiles({"/proc": FakeFolder(), "/sys": FakeFolder()}), live=False)
    assert told(image) == ({}, ["missing"])


def test_what_cannot_be_read_is_said_and_the_rest_told() -> None:
    refused = FakeFiles(LAPTOP, refused=frozenset({"/proc/cpuinfo", VARIABLE, "/sys/block"}))
    row, reasons = told(FakeHost(files=refused))
    assert reasons == ["not permitted"]
    assert row.keys() == {
        "memory",
        "firmware",
        "firmware_maker",
        "firmware_version",
        "tpm",
    }


def test_no_serial_number_is_told_and_nobody_s_name() -> None:
    tree = LAPTOP | {"/sys/class/dmi/id/bios_vendor": b"kiste\n"}
    row = linux(tree, private=PrivateNames(computers=frozenset({"kiste"})))
    assert row["firmware_maker"] == "<computer>"
    for secret in ("PF2ABCDE", "S4ENNX0R123456", "anna"):
        assert secret not in repr(row)


def test_this_computer() -> None:
    row, reasons = told(LinuxHost())
    assert reasons == []
    assert 0 < row["cores"] <= (os.cpu_count() or 0)
    assert abs(row["memory"] - os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")) < 1 << 20
    for disk in row.get("disks", []):
        assert disk["size"] > 0
