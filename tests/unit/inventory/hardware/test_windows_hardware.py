"""The hardware as a running Windows tells it, and as an image's registry remembers it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from vedette.catalogue import discover
from vedette.errors import Unreadable
from vedette.facts.record import Platform
from vedette.host import Query, Row
from vedette.host.registry import Data
from vedette.inventory import Unread
from vedette.inventory.hardware import read
from vedette.testing.host import FakeHost
from vedette.testing.registry import FakeHive, FakeRegistry

CONTROL = r"SYSTEM\CurrentControlSet\Control"
ENVIRONMENT = CONTROL + r"\Session Manager\Environment"
DEVICES = r"SYSTEM\CurrentControlSet\Enum"
DESCRIPTION = r"HARDWARE\DESCRIPTION\System"
Keys = Mapping[str, Mapping[str, Data]]


def told(hive: FakeHive | Keys, **more: Any) -> tuple[dict[str, Any], list[str]]:
    hive = hive if isinstance(hive, FakeHive) else FakeHive(hive)
    host = FakeHost(platform=Platform.WINDOWS, registry=FakeRegistry(hive), **more)
    return found(host)


def found(host: FakeHost) -> tuple[dict[str, Any], list[str]]:
    rows, reasons = [], []
    for each in read(host):
        if isinstance(each, Unread):
            reasons.append(each.reason)
        else:
            rows.append(discover().schemas["hardware"].row(each))
    return (rows[0] if rows else {}), reasons


IMAGE: Keys = {
    ENVIRONMENT: {
        "NUMBER_OF_PROCESSORS": "4",
        "PROCESSOR_IDENTIFIER": "Intel64 Family 6 Model 158 Stepping 13, GenuineIntel",
    },
    DEVICES + r"\ACPI\GenuineIntel_-_Intel64_Family_6_Model_94_-_Intel(R)_Core(TM)_i7-6820HQ\_0": {
        "FriendlyName": "Intel(R) Core(TM) i7-6820HQ"
    },
    DEVICES + r"\ACPI\GenuineIntel_-_Intel64_Family_6_Model_158_-_Intel(R)_Core(TM)_i9-9880H\_0": {
        "FriendlyName": "Intel(R) Core(TM)   i9-9880H CPU"
    },
    DEVICES + r"\ACPI\MSFT0101\1": {"Service": "TPM", "FriendlyName": "TPM 2.0"},
    DEVICES + r"\SCSI\Disk&Ven_Msft&Prod_Virtual_Disk\2&1f4adffe&0&000001": {
        "FriendlyName": "@disk.inf,%VHD_Generic_FriendlyName%;Microsoft Virtual Disk"
    },
    DEVICES + r"\SCSI\Disk&Ven_Msft&Prod_Virtual_Disk\2&1f4adffe&0&000002": {
        "FriendlyName": "@disk.inf,%VHD_Generic_FriendlyName%;Microsoft Virtual Disk"
    },
    DEVICES + r"\SCSI\CdRom&Ven_X&Prod_Y\5&1": {"FriendlyName": "X Y DVD"},
    DEVICES + r"\IDE\DiskST3500418AS_____CC38____\5&37a&0&1.0.0": {"FriendlyName": "ST3500418AS"},
    DEVICES + r"\USBSTOR\Disk&Ven_SanDisk&Prod_Cruzer\200608767007B7C08A6A&0": {
        "FriendlyName": "SanDisk Cruzer USB Device"
    },
    r"SYSTEM\HardwareConfig": {"LastConfig": "{2}"},
    r"SYSTEM\HardwareConfig\{1}": {"BIOSVendor": "Old", "BIOSVersion": "1"},
    r"SYSTEM\HardwareConfig\{2}": {
        "BIOSVendor": "Phoenix Technologies LTD",
        "BIOSVersion": "6.00",
        "SystemSerialNumber": "VMware-56 4d",
    },
    CONTROL + r"\SecureBoot\State": {"UEFISecureBootEnabled": 1},
}


def test_an_image() -> None:
    assert told(IMAGE, live=False) == (
        {
            "processor": "Intel(R) Core(TM) i9-9880H CPU",
            "cores": 4,
            "firmware": "uefi",
            "firmware_maker": "Phoenix Technologies LTD",
            "firmware_version": "6.00",
            "secure_boot": True,
            "tpm": True,
            "disks": [
                {"model": "Microsoft Virtual Disk", "size": None},
                {"model": "ST3500418AS", "size": None},
            ],
        },
        [],
    )


RUNNING: Keys = {
    DESCRIPTION + r"\CentralProcessor\0": {"ProcessorNameString": "AMD Ryzen 7   "},
    DESCRIPTION + r"\CentralProcessor\1": {"ProcessorNameString": "AMD Ryzen 7   "},
    DESCRIPTION + r"\BIOS": {"BIOSVendor": "AMI", "BIOSVersion": "F20", "SystemSKU": "x"},
    r"HARDWARE\UEFI\ESRT": {},
}
ROWS: dict[str, list[Row]] = {
    "Win32_Processor": [
        {"Name": "AMD Ryzen 7 5800X 8-Core Processor   ", "NumberOfCores": 8},
        {"Name": "AMD Ryzen 7 5800X 8-Core Processor   ", "NumberOfCores": 8},
    ],
    "Win32_ComputerSystem": [{"TotalPhysicalMemory": "34282708992"}],
    "Win32_DiskDrive": [
        {
            "Model": "Samsung SSD 980 PRO 1TB",
            "Size": "1000202273280",
            "MediaType": "Fixed hard disk media",
            "SerialNumber": "0025_3850",
        },
        {"Model": "Stick of anna", "Size": 8, "MediaType": "Removable Media"},
        {"Model": None, "Size": None, "MediaType": None},
    ],
}


def test_a_running_system() -> None:
    assert told(RUNNING, rows=ROWS) == (
        {
            "processor": "AMD Ryzen 7 5800X 8-Core Processor",
            "cores": 16,
            "memory": 34282708992,
            "firmware": "uefi",
            "firmware_maker": "AMI",
            "firmware_version": "F20",
            "disks": [
                {"model": "Samsung SSD 980 PRO 1TB", "size": 1000202273280},
                {"model": None, "size": None},
            ],
        },
        [],
    )


def test_a_running_system_without_its_management() -> None:
    class Mute(FakeHost):
        def management(self, query: Query) -> list[Row]:
            raise Unreadable("no answer")

    host = Mute(platform=Platform.WINDOWS, registry=FakeRegistry(FakeHive(RUNNING)))
    row, reasons = found(host)
    assert (row["processor"], row["cores"]) == ("AMD Ryzen 7", 2)
    assert reasons == ["no answer"]


@pytest.mark.parametrize(
    ("keys", "firmware", "secure"),
    [
        ({CONTROL: {"PEFirmwareType": 1}}, "bios", False),
        ({CONTROL: {"PEFirmwareType": 2}}, "uefi", None),
        ({CONTROL + r"\SecureBoot\State": {"UEFISecureBootEnabled": 0}}, "uefi", False),
        ({CONTROL + r"\SecureBoot": {"AvailableUpdates": 32771}}, None, None),
        ({CONTROL: {"PEFirmwareType": "2"}}, None, None),
    ],
)
def test_firmware(keys: Keys, firmware: str | None, secure: bool | None) -> None:
    row, _ = told(keys)
    assert (row.get("firmware"), row.get("secure_boot")) == (firmware, secure)


def test_a_processor_that_no_device_names() -> None:
    keys = {
        ENVIRONMENT: {
            "PROCESSOR_IDENTIFIER": "ARMv8 (64-bit) Family 8",
            "NUMBER_OF_PROCESSORS": "x",
        }
    }
    row, _ = told(keys)
    assert row == {"processor": "ARMv8 (64-bit) Family 8"}


def test_without_a_chip() -> None:
    assert told({DEVICES + r"\ACPI\PNP0C0C\aa": {"Service": ""}})[0]["tpm"] is False


def test_what_cannot_be_read_is_said() -> None:
    assert told({}) == ({}, ["missing"])
    assert told(FakeHive({}, refused=["SYSTEM"]))[1] == ["not permitted"]
    row, reasons = told(FakeHive(IMAGE, damage=["dirty"]))
    assert row["cores"] == 4
    assert reasons == ["dirty"]
