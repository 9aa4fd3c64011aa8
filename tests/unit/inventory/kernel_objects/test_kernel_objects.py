"""What is loaded into kernels."""

from __future__ import annotations

from tests.unit.filefacts.forge import Forge
from tests.unit.filefacts.test_driver import SIGNED
from tests.unit.inventory.drivers.test_linux import LIB, TREE
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host import KernelObject
from vedette.host.registry import Data
from vedette.inventory import Unread
from vedette.inventory.kernel_objects import LoadedObject, read
from vedette.testing.host import FakeFiles, FakeFolder, FakeHost, FakeLink, Node
from vedette.testing.registry import FakeHive, FakeRegistry

SERVICES = r"SYSTEM\CurrentControlSet\Services"
Told = tuple[object, ...]


def told(host: FakeHost) -> list[Told]:
    return [
        tuple(
            kind and kind.value
            for kind in (each.role, each.name, each.version, each.signer, each.signature)
        )
        for each in read(host)
        if isinstance(each, LoadedObject)
    ]


def reasons(host: FakeHost) -> list[str]:
    return [each.reason for each in read(host) if isinstance(each, Unread)]


LINUX: dict[str, bytes | Node] = {
    **TREE,
    "/sys/module/ext4/version": b"9.9\n",
    "/sys/bus/pci/drivers/e1000e": FakeFolder(),
    "/sys/bus/pci/drivers/shared": FakeFolder(),
    "/sys/bus/usb/drivers/shared": FakeFolder(),
    "/sys/bus/usb/drivers/bind": b"",
    "/sys/bus/empty": FakeFolder(),
    "/proc/devices": b"Character devices:\n  1 mem\n  4 tty\n\nBlock devices:\n  8 sd\n 65 sd\n",
}


def test_linux() -> None:
    program = KernelObject("bpf", "trace_exec", "0123456789abcdef")
    host = FakeHost(files=FakeFiles(LINUX), objects=[program])
    signed = ("Example kernel key", "unverified")
    assert told(host) == [
        ("module", "crc16", None, None, None),
        ("module", "e1000e", "1.2.3-k", *signed),
        ("module", "ext4", "9.9", *signed),
        ("module", "snd_dummy", "1.2.3-k", None, "none"),
        ("bpf", "trace_exec", "0123456789abcdef", None, None),
        ("driver_object", "e1000e", None, None, None),
        ("driver_object", "shared", None, None, None),
        ("device", "mem", None, None, None),
        ("device", "sd", None, None, None),
        ("device", "tty", None, None, None),
    ]
    assert reasons(host) == ["missing"]  # the file of crc16


def test_an_image_of_linux_runs_no_kernel() -> None:
    host = FakeHost(files=FakeFiles(LINUX), live=False)
    assert list(read(host)) == []


def test_a_kernel_that_shows_nothing() -> None:
    assert list(read(FakeHost())) == []


def test_one_closed_folder_hides_only_what_lies_in_it() -> None:
    tree: dict[str, bytes | Node] = {**LINUX, f"{LIB}/kernel/lib/crc16.ko": SIGNED}
    host = FakeHost(files=FakeFiles(tree, frozenset({"/sys/bus/usb", "/proc/modules"})))
    assert {row[0] for row in told(host)} == {"device"}
    assert reasons(host) == ["not permitted", "not permitted"]


def test_names_of_people_are_gone() -> None:
    host = FakeHost(
        objects=[KernelObject("bpf", "anna\n"), KernelObject("bpf", "anna\n")],
        private=PrivateNames(users=frozenset({"anna"})),
    )
    ((_, name, *_),) = told(host)
    assert isinstance(name, str)
    assert name.startswith("<user>")
    assert name.isprintable()


def windows(live: bool, **files: bytes | Node) -> FakeHost:
    instances: dict[str, Data] = {"DefaultInstance": "x"}
    tree: dict[str, dict[str, Data]] = {
        rf"{SERVICES}\WdFilter": {"Type": 2, "Start": 0},
        rf"{SERVICES}\WdFilter\Instances": instances,
        rf"{SERVICES}\off": {"Type": 2, "Start": 4},
        rf"{SERVICES}\off\Instances": instances,
        rf"{SERVICES}\Ntfs": {"Type": 2, "Start": 0},
        rf"{SERVICES}\program": {"Type": 16, "Start": 2},
        rf"{SERVICES}\program\Instances": instances,
    }
    return FakeHost(
        platform=Platform.WINDOWS,
        live=live,
        files=FakeFiles(
            {f"/Windows/System32/drivers/{name}.sys": data for name, data in files.items()}
        ),
        registry=FakeRegistry(FakeHive(tree)),
        objects=[
            KernelObject("module", "ci.sys", None, r"\SystemRoot\System32\drivers\ci.sys"),
            KernelObject("module", "gone.sys", None, r"\SystemRoot\System32\drivers\gone.sys"),
            KernelObject("driver_object", r"\Driver\Disk"),
            KernelObject("minifilter", "WdFilter"),
        ],
    )


def test_a_running_windows() -> None:
    host = windows(True, ci=Forge(b"\xc3").build())
    assert told(host) == [
        ("module", "ci.sys", None, None, "none"),
        ("module", "gone.sys", None, None, None),
        ("driver_object", r"\Driver\Disk", None, None, None),
        ("minifilter", "WdFilter", None, None, None),
    ]
    assert reasons(host) == ["a module's file is missing (1)"]


def test_of_an_image_the_filters_that_it_would_load() -> None:
    host = windows(False)
    assert told(host) == [("minifilter", "WdFilter", None, None, None)]
    assert reasons(host) == []
    assert told(windows(False, WdFilter=Forge(b"\xc3").build())) == [
        ("minifilter", "WdFilter", None, None, "none")
    ]


def test_links_on_a_bus_are_no_drivers() -> None:
    host = FakeHost(files=FakeFiles({"/sys/bus/pci/drivers/x": FakeLink("/y")}))
    assert told(host) == []
