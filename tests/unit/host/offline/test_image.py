"""An offline Windows: its registry put together from hives, its files in any case, its people's names."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.formats.regf.forge import Hive, new_log, with_sequences
from tests.unit.host.offline.computers import CONFIG, SYSTEM, dirty, here, image, put, user
from vedette.errors import ConfigurationError, Unreadable
from vedette.facts.record import Platform
from vedette.host import Host, Kernel, Query
from vedette.host.offline.hive import HIVE
from vedette.host.offline.image import LooseHives, WindowsImage, holds_windows
from vedette.host.registry import Key

RUN = r"Software\Microsoft\Windows\CurrentVersion\Run"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return image(tmp_path / "image")


@pytest.fixture
def windows(root: Path) -> WindowsImage:
    return WindowsImage(root, here)


def key(host: Host, path: str, depth: int = 0) -> Key:
    found = host.registry.machine.key(path, depth)
    assert found is not None
    return found


def programs(host: Host) -> set[str | None]:
    found = [user.key(RUN) for user in host.registry.users()]
    return {run.text("It") for run in found if run}


def test_the_current_control_set_is_the_selected_one(windows: WindowsImage) -> None:
    assert key(windows, r"SYSTEM\CurrentControlSet\Services\Tool").number("Start") == 2
    assert windows.registry.machine.key(r"System\currentcontrolset\Services\Old") is None
    assert key(windows, r"SYSTEM\ControlSet001\Services\Old").number("Start") == 4
    assert key(windows, r"SYSTEM\CurrentControlSet", 1).key("Services") is not None


@pytest.mark.parametrize("select", [{}, {"Select": {"=Current": 0}}, {"Select": {"=Current": "x"}}])
def test_without_a_selection_the_first_control_set_is_it(
    root: Path, select: dict[str, object]
) -> None:
    put(root / CONFIG / "SYSTEM", Hive({**select, "ControlSet003": {"Here": {}}}).build())
    assert key(WindowsImage(root, here), r"SYSTEM\CurrentControlSet\Here").name == "Here"


def test_links_in_the_registry_are_followed(windows: WindowsImage) -> None:
    assert key(windows, r"SOFTWARE\WOW6432Node\Classes\CLSID\{32}").name == "{32}"
    assert key(windows, r"software\wow6432node\classes").name == "WOW6432Node"


def test_a_link_to_itself_ends(root: Path) -> None:
    target = (6, r"\Registry\Machine\SOFTWARE\Circle".encode("utf-16-le"))
    hive = Hive({"Circle": {"=SymbolicLinkValue": target}}, links=["Circle"])
    put(root / CONFIG / "SOFTWARE", hive.build())
    with pytest.raises(Unreadable, match="circle"):
        WindowsImage(root, here).registry.machine.key(r"SOFTWARE\Circle\Deep")


def test_each_user_has_a_hive_and_nobody_has_none(windows: WindowsImage) -> None:
    assert programs(windows) == {"system.exe", "annas.exe", "formers.exe"}
    classes = [user.key(r"software\classes\CLSID", 1) for user in windows.registry.users()]
    assert [[below.name for below in found.keys] for found in classes if found] == [["{7}"]]


def test_a_profile_that_the_registry_names_elsewhere_on_the_drive(root: Path) -> None:
    profiles = {"S-1-5-21-1-2-3-1001": {"=ProfileImagePath": r"%SystemDrive%\Homes\Carl"}}
    version = {"CurrentVersion": {"ProfileList": profiles}}
    put(root / CONFIG / "SOFTWARE", Hive({"Microsoft": {"Windows NT": version}}).build())
    put(root / "homes/CARL/ntuser.dat", user("carls.exe"))
    assert "carls.exe" in programs(WindowsImage(root, here))


def test_somebody_whose_account_is_called_like_anybodys_has_a_hive(root: Path) -> None:
    put(root / "Users/admin/NTUSER.DAT", user("admins.exe"))
    put(root / "Users/Default/NTUSER.DAT", user("nobodys.exe"))
    found = programs(WindowsImage(root, here))
    assert "admins.exe" in found
    assert "nobodys.exe" not in found


def test_windows_xp_kept_profiles_elsewhere(root: Path) -> None:
    place = root / "Documents and Settings/dora"
    (root / "Users").rename(root / "Documents and Settings")
    put(place / "NTUSER.DAT", user("doras.exe"))
    put(
        place / "Local Settings/Application Data/Microsoft/Windows/UsrClass.dat",
        Hive({"CLSID": {"{dora}": {}}}).build(),
    )
    windows = WindowsImage(root, here)
    assert "doras.exe" in programs(windows)
    assert any(user.key(r"Software\Classes\CLSID\{dora}") for user in windows.registry.users())


def test_files_in_any_case(root: Path, windows: WindowsImage) -> None:
    assert windows.files.read("/WINDOWS/system32/Drivers/ETC/hosts").startswith(b"127")
    assert windows.files.read(r"\Windows\System32\drivers\etc\hosts").startswith(b"127")
    assert [entry.name for entry in windows.files.entries("/users")][:1] == ["Default"]
    put(root / "Windows/twice", b"lower")
    put(root / "Windows/TWICE", b"upper")
    fresh = WindowsImage(root, here)
    assert fresh.files.read("/Windows/TWICE") == b"upper"
    assert fresh.files.read("/Windows/twice") == b"lower"


def test_no_file_leads_out_of_the_image(root: Path, tmp_path: Path) -> None:
    put(tmp_path / "secret", b"outside")
    (root / "Windows/out").symlink_to("../../secret")
    (root / "Windows/absolute").symlink_to(tmp_path / "secret")
    for path in ("/Windows/out", "/Windows/absolute", "/../../secret"):
        with pytest.raises(Unreadable):
            WindowsImage(root, here).files.read(path)


def test_names_that_must_not_leave(windows: WindowsImage) -> None:
    private = windows.private
    assert {"anna.berg", "bertil", "former", "Anna Berg", "Berg"} <= private.users
    assert not {"Public", "Default", "systemprofile"} & private.users
    assert {"ANNA-LAPTOP", "anna-laptop"} <= private.computers
    assert r"D:\Profiles\bertil" in private.homes


def test_what_an_image_does_not_have(windows: WindowsImage) -> None:
    assert windows.platform is Platform.WINDOWS
    assert not windows.live
    assert windows.kernel() == Kernel("19045", "x86_64")
    assert windows.management(Query("root", "Win32_Anything", ())) == ()
    assert list(windows.libraries()) == []
    assert windows.kernel_objects() == ()
    assert windows.health() == {}


def test_a_missing_hive_costs_only_itself(root: Path) -> None:
    (root / CONFIG / "SYSTEM").unlink()
    windows = WindowsImage(root, here)
    with pytest.raises(Unreadable, match="missing"):
        windows.registry.machine.key(r"SYSTEM\CurrentControlSet")
    assert windows.kernel() == Kernel("19045", None)
    assert windows.registry.machine.key(r"SECURITY\Policy") is None


def test_a_dirty_hive_is_read_with_its_log_and_says_so_without(root: Path) -> None:
    before, place = Hive(SYSTEM).build(), root / CONFIG / "SYSTEM"
    put(place, dirty(before))
    read = key(WindowsImage(root, here), r"SYSTEM\CurrentControlSet\Services\Tool")
    assert read.damage == ("the hive is dirty, and its logs are missing",)
    tree = {**SYSTEM, "ControlSet002": {"Services": {"Tool": {"=Start": 3}}}}
    put(root / CONFIG / "System.LOG1", new_log(before, with_sequences(Hive(tree).build(), 5, 5), 4))
    put(root / CONFIG / "System.LOG2", b"")
    read = key(WindowsImage(root, here), r"SYSTEM\CurrentControlSet\Services\Tool")
    assert read.damage == ()
    assert read.number("Start") == 3


def test_a_windows_is_told_by_its_hives(root: Path, tmp_path: Path) -> None:
    (root / "Windows/System32").rename(root / "Windows/SYSTEM32")
    assert holds_windows(root)
    assert not holds_windows(tmp_path)
    with pytest.raises(ConfigurationError):
        WindowsImage(tmp_path, here)


@contextlib.contextmanager
def opened(path: str) -> Iterator[int]:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError as error:
        raise Unreadable("missing") from error
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def loose(root: Path, *hives: tuple[str, str]) -> LooseHives:
    return LooseHives([(name, str(root / path)) for name, path in hives], opened, here)


def test_hives_on_their_own(root: Path) -> None:
    home = "Users/anna.berg"
    host = loose(
        root,
        ("system", f"{CONFIG}/SYSTEM"),
        ("NTUSER.DAT", f"{home}/NTUSER.DAT"),
        ("USRCLASS", f"{home}/AppData/Local/Microsoft/Windows/UsrClass.dat"),
        ("NTUSER", "Users/former/ntuser.dat"),
    )
    assert key(host, r"SYSTEM\CurrentControlSet\Services\Tool").number("Start") == 2
    assert host.registry.machine.key(r"SOFTWARE\Microsoft") is None
    assert [user.key(RUN).text("It") for user in host.registry.users()] == [  # type: ignore[union-attr]
        "annas.exe",
        "formers.exe",
    ]
    assert host.registry.users()[0].key(r"Software\Classes\CLSID\{7}") is not None
    assert "ANNA-LAPTOP" in host.private.computers
    assert host.kernel() == Kernel(None, "x86_64")
    assert host.files.entries("/Windows") == []
    for ask in (host.files.read, host.files.stat):
        with pytest.raises(Unreadable, match="only hives"):
            ask("/Windows/System32/drivers/etc/hosts")
    with pytest.raises(Unreadable, match="only hives"):
        host.parse(HIVE, "/Windows/System32/config/SYSTEM")


def test_a_users_hive_tells_whose_it_is(root: Path) -> None:
    folders = {"=Desktop": r"C:\Users\emil\Desktop", "=Fonts": r"C:\Windows\Fonts"}
    explorer = {"Explorer": {"Shell Folders": folders}}
    tree = {"Software": {"Microsoft": {"Windows": {"CurrentVersion": explorer}}}}
    put(root / "NTUSER.DAT", Hive(tree).build())
    assert loose(root, ("NTUSER", "NTUSER.DAT")).private.users == {"emil"}


def test_a_log_beside_a_hive_on_its_own(root: Path) -> None:
    before = with_sequences(user("before.exe"), 4, 4)
    put(root / "NTUSER", dirty(before))
    put(root / "NTUSER.LOG1", new_log(before, with_sequences(user("after!.exe"), 5, 5), 4))
    assert programs(loose(root, ("NTUSER", "NTUSER"))) == {"after!.exe"}


@pytest.mark.parametrize("names", [["SAM"], ["SYSTEM", "SYSTEM"], [""]])
def test_hives_that_are_not_to_be_read(root: Path, names: list[str]) -> None:
    with pytest.raises(ConfigurationError):
        loose(root, *((name, f"{CONFIG}/SYSTEM") for name in names))
