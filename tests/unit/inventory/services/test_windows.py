"""Services of Windows."""

from __future__ import annotations

import pytest

from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host.registry import Data
from vedette.inventory import Unread
from vedette.inventory.services import Service, read
from vedette.testing.host import FakeFiles, FakeHost
from vedette.testing.registry import FakeHive, FakeRegistry

PLACE = r"SYSTEM\CurrentControlSet\Services"
Values = dict[str, Data]


def windows(
    services: dict[str, Values], files: FakeFiles | None = None, damage: tuple[str, ...] = ()
) -> FakeHost:
    tree = {rf"{PLACE}\{name}": values for name, values in services.items()}
    return FakeHost(
        platform=Platform.WINDOWS,
        files=files or FakeFiles(),
        registry=FakeRegistry(FakeHive(tree, damage=damage)),
        private=PrivateNames(users=frozenset({"anna"})),
    )


def rows(host: FakeHost) -> list[Service]:
    return [each for each in read(host) if isinstance(each, Service)]


def reasons(host: FakeHost) -> list[str]:
    return [each.reason for each in read(host) if isinstance(each, Unread)]


def one(**values: Data) -> Service:
    (service,) = rows(windows({"x": {"Type": 16, **values}}))
    return service


def test_a_service() -> None:
    (service,) = rows(
        windows(
            {
                "Dhcp": {
                    "Type": 32,
                    "Start": 2,
                    "ImagePath": r"%SystemRoot%\system32\svchost.exe -k LocalServiceNetworkRestricted",
                    "ObjectName": r"NT Authority\LocalService",
                },
                r"Dhcp\Parameters": {"ServiceDll": r"%SystemRoot%\system32\dhcpcore.dll"},
            }
        )
    )
    values = {name: getattr(service, name) for name in Service.__dataclass_fields__}
    assert {name: kind.value for name, kind in values.items()} == {
        "name": "Dhcp",
        "kind": "share_process",
        "start": "auto",
        "image": r"%SystemRoot%\system32\svchost.exe",
        "library": r"%SystemRoot%\system32\dhcpcore.dll",
        "account_kind": "service",
    }


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (0x10, "own_process"),
        (0x20, "share_process"),
        (0x110, "own_process"),
        (0x120, "share_process"),
        (0x210, "own_process"),
        (0x50, "user_own_process"),
        (0x60, "user_share_process"),
        (0xD0, "user_own_process_instance"),
        (0xE0, "user_share_process_instance"),
        (0x100, None),
        (0, None),
    ],
)
def test_kinds(number: int, kind: str | None) -> None:
    service = one(Type=number)
    assert (service.kind and service.kind.value) == kind


@pytest.mark.parametrize("number", [1, 2, 4, 8])
def test_drivers_are_no_services(number: int) -> None:
    assert rows(windows({"disk": {"Type": number, "Start": 0}})) == []


def test_a_key_without_a_type_is_no_service() -> None:
    host = windows({".NET CLR Data": {"Start": 2}, "BITS": {"Type": 32}})
    assert [each.name.value for each in rows(host)] == ["BITS"]
    assert reasons(host) == []


@pytest.mark.parametrize("broken", ["16", b"\x10", ("16",)])
def test_a_type_that_is_no_number_is_said(broken: Data) -> None:
    host = windows({"a": {"Type": broken}, "b": {"Type": 16}})
    assert [each.name.value for each in rows(host)] == ["b"]
    assert reasons(host) == ["the type of a service is no number"]


def test_the_suffix_of_a_session_is_removed() -> None:
    host = windows(
        {
            "CDPUserSvc": {"Type": 0x60},
            "CDPUserSvc_1a2b3c": {"Type": 0xE0},
            "CDPUserSvc_4d5e6f": {"Type": 0xE0},
            "LonelySvc_b006d": {"Type": 0xD0},
            "WpnUserService": {"Type": 0x60},
            "WpnUserService_3e9": {"Type": 0x60},
            "OwnName_cafe": {"Type": 0x60},
            "AdobeARM_2024": {"Type": 0x10},
        }
    )
    assert sorted(each.name.value for each in rows(host)) == [
        "AdobeARM_2024",
        "CDPUserSvc",
        "CDPUserSvc",
        "CDPUserSvc",
        "LonelySvc",
        "OwnName_cafe",
        "WpnUserService",
        "WpnUserService",
    ]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (0, "boot"),
        (1, "system"),
        (2, "auto"),
        (3, "demand"),
        (4, "disabled"),
        (5, None),
        (-1, None),
        ("2", None),
        (None, None),
    ],
)
def test_starts(start: Data, expected: str | None) -> None:
    service = one(Start=start)
    assert (service.start and service.start.value) == expected


@pytest.mark.parametrize(
    ("account", "kind"),
    [
        (None, "system"),
        ("LocalSystem", "system"),
        ("localSystem", "system"),
        (r".\LocalSystem", "system"),
        (r"NT AUTHORITY\SYSTEM", "system"),
        (r"NT Authority\LocalService", "service"),
        (r"NT AUTHORITY\networkService", "service"),
        ("NetworkService", "service"),
        (r"NT SERVICE\MSSQLSERVER", "service"),
        (r"IIS APPPOOL\web", "service"),
        ("CORP\\svc-backup$", "service"),
        (r".\anna", "user"),
        (r"CORP\networkadmin", "user"),
        ("anna@corp.example", "user"),
    ],
)
def test_the_account_is_told_by_its_kind_alone(account: str | None, kind: str) -> None:
    service = one(ObjectName=account)
    assert service.account_kind.value == kind


def test_a_copy_for_a_session_runs_as_its_user() -> None:
    assert one(Type=0xD0).account_kind.value == "user"


def test_of_a_command_the_program_stays() -> None:
    service = one(ImagePath=r'"C:\Users\anna\AppData\x.exe" --password=secret')
    assert service.image is not None
    assert service.image.value == r"<home>\AppData\x.exe"
    assert one(ImagePath="").image is None


def test_the_library_may_stand_in_the_key_itself() -> None:
    service = one(ServiceDll=r"C:\x.dll")
    assert service.library is not None
    assert service.library.value == r"C:\x.dll"
    assert one().library is None


def test_programs_that_are_missing_are_counted_where_there_are_files() -> None:
    services: dict[str, Values] = {
        "there": {"Type": 16, "ImagePath": r"%SystemRoot%\System32\there.exe -k"},
        "gone": {"Type": 16, "ImagePath": r"C:\gone.exe"},
        "elsewhere": {"Type": 16, "ImagePath": r"D:\else.exe"},
        "nameless": {"Type": 16},
    }
    files = FakeFiles({"/Windows/System32/there.exe": b"MZ"})
    assert reasons(windows(services, files)) == ["a program is missing (1)"]
    assert len(rows(windows(services, files))) == 4
    assert reasons(windows(services)) == []


def test_names_with_control_characters_stay_one_line() -> None:
    (service,) = rows(windows({"evil\r\n\x1b[31m\0": {"Type": 16}}))
    assert service.name.value.isprintable()


def test_names_of_people_are_gone() -> None:
    (service,) = rows(windows({"backup-anna": {"Type": 16}}))
    assert service.name.value == "backup-<user>"


def test_damage_is_said_and_the_rest_told() -> None:
    host = windows({"x": {"Type": 16}}, damage=("the list of keys is broken",))
    assert len(rows(host)) == 1
    assert reasons(host) == ["the list of keys is broken"]


def test_a_registry_that_cannot_be_read() -> None:
    host = windows({})
    host.registry = FakeRegistry(FakeHive(refused=[PLACE]))
    assert (rows(host), reasons(host)) == ([], ["not permitted"])


def test_a_parameter_key_that_cannot_be_read_costs_only_the_library() -> None:
    tree = {rf"{PLACE}\x": {"Type": 32}}
    host = windows({})
    host.registry = FakeRegistry(FakeHive(tree, refused=[rf"{PLACE}\x\Parameters"]))
    (service,) = rows(host)
    assert service.library is None
    assert reasons(host) == ["not permitted"]


def test_no_registry_no_services() -> None:
    host = windows({})
    assert (rows(host), reasons(host)) == ([], [])
