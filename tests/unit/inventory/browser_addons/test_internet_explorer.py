"""Add-ons of Internet Explorer and what else the registry tells browsers to load."""

from __future__ import annotations

from vedette.facts.record import Platform
from vedette.inventory import Unread
from vedette.inventory.browser_addons import BrowserAddon, read
from vedette.testing.host import FakeHost
from vedette.testing.registry import FakeHive, FakeRegistry, Tree

HELPER = "{31D09BA0-12F5-4CCE-BE8A-2923E76605DA}"
BAR = "{47833539-D0C5-4125-9FA8-0819E2EAAC93}"
HOOK = "{CFBFAE00-17A6-11D0-99CB-00C04FD64497}"
BHO = r"Microsoft\Windows\CurrentVersion\Explorer\Browser Helper Objects"
IE = r"Microsoft\Internet Explorer"
ID = "abcdefghijklmnopabcdefghijklmnop"
Row = tuple[str, str, str | None, str | None, str]


def windows(machine: Tree, *users: Tree, refused: tuple[str, ...] = ()) -> FakeHost:
    hive = FakeHive({rf"SOFTWARE\{path}": each for path, each in machine.items()}, refused)
    people = [
        FakeHive({rf"Software\{path}": each for path, each in tree.items()}) for tree in users
    ]
    return FakeHost(platform=Platform.WINDOWS, registry=FakeRegistry(hive, people))


def rows(host: FakeHost) -> list[Row]:
    return [
        (
            each.role.value,
            each.id.value,
            each.name.value if each.name else None,
            each.library.value if each.library else None,
            each.browser.value,
        )
        for each in read(host)
        if isinstance(each, BrowserAddon)
    ]


def test_helper_objects_of_both_views() -> None:
    host = windows(
        {
            rf"{BHO}\{HELPER}": {"": "Lync Browser Helper"},
            rf"Classes\CLSID\{HELPER}\InprocServer32": {"": r"C:\x64\OCHelper.dll"},
            rf"WOW6432Node\{BHO}\{HELPER}": {"NoExplorer": 1},
            rf"Classes\WOW6432Node\CLSID\{HELPER}": {"": "Lync (32)"},
            rf"Classes\WOW6432Node\CLSID\{HELPER}\InprocServer32": {"": r"C:\x86\OCHelper.dll"},
            rf"{BHO}\{{not a class}}": {},
        }
    )
    assert rows(host) == [
        ("bho", HELPER, "Lync Browser Helper", r"C:\x64\OCHelper.dll", "Internet Explorer"),
        ("bho", "{not a class}", None, None, "Internet Explorer"),
        ("bho", HELPER, "Lync (32)", r"C:\x86\OCHelper.dll", "Internet Explorer"),
    ]


def test_toolbars_of_the_computer_and_those_that_a_user_shows() -> None:
    host = windows(
        {
            rf"{IE}\Toolbar": {BAR: "Adobe Toolbar"},
            rf"Classes\CLSID\{HELPER}": {"": "Another"},
        },
        {
            rf"{IE}\Toolbar": {"Locked": 1, "LinksFolderName": "Links"},
            rf"{IE}\Toolbar\WebBrowser": {HELPER: b"\1\2", "ITBar7Layout": b""},
            rf"{IE}\Toolbar\ShellBrowser": {HOOK: b"\1\2"},
        },
    )
    assert [row[:3] for row in rows(host)] == [
        ("toolbar", BAR, "Adobe Toolbar"),
        ("toolbar", HELPER, "Another"),
    ]


def test_extensions_lead_to_a_class_a_program_or_a_script() -> None:
    button = {"CLSID": "{1FBA04EE-3024-11D2-8F1F-0000F87ABD16}"}
    host = windows(
        {
            rf"{IE}\Extensions\CmdMapping": {HELPER: 8192},
            rf"{IE}\Extensions\{HELPER}": button | {"ButtonText": "Call", "ClsidExtension": BAR},
            rf"{IE}\Extensions\{BAR}": button
            | {"ButtonText": "@x.dll,-1", "MenuText": "Run", "Exec": r'"C:\a b\c.exe" /token=1'},
            rf"{IE}\Extensions\{HOOK}": button | {"Script": r"C:\s.htm"},
            rf"Classes\CLSID\{BAR}\InprocServer32": {"": r"C:\bar.dll"},
        }
    )
    found = rows(host)
    assert [row[:4] for row in found] == [
        ("extension", HELPER, "Call", r"C:\bar.dll"),
        ("extension", BAR, "Run", r"C:\bar.dll"),  # it is a class as well
        ("extension", HOOK, None, r"C:\s.htm"),
    ]


def test_a_program_is_told_without_its_arguments() -> None:
    host = windows(
        {rf"{IE}\Extensions\{HELPER}": {"Exec": r'"C:\a b\c.exe" /token=1'}},
    )
    assert rows(host)[0][3] == r"C:\a b\c.exe"


def test_search_hooks_also_those_in_disguise() -> None:
    host = windows({}, {rf"{IE}\URLSearchHooks": {HOOK: "", f"_{HOOK}": ""}})
    assert [row[:2] for row in rows(host)] == [
        ("url_search_hook", HOOK),
        ("url_search_hook", f"_{HOOK}"),
    ]


def test_the_same_of_two_users_is_told_once() -> None:
    user = {rf"{IE}\URLSearchHooks": {HOOK: ""}}
    assert len(rows(windows({}, user, user))) == 1


def test_what_cannot_be_read_costs_only_itself() -> None:
    host = windows(
        {rf"{IE}\Toolbar": {BAR: "Bar"}, rf"{BHO}\{HELPER}": {}},
        refused=(rf"SOFTWARE\{BHO}", r"SOFTWARE\Classes"),
    )
    assert [row[:3] for row in rows(host)] == [("toolbar", BAR, "Bar")]
    assert [each.reason for each in read(host) if isinstance(each, Unread)] == ["not permitted"]


def test_what_programs_and_policies_install() -> None:
    host = windows(
        {
            rf"WOW6432Node\Google\Chrome\Extensions\{ID}": {"path": r"C:\e.crx", "version": "1.2"},
            rf"Google\Chrome\Extensions\{ID[::-1]}": {"update_url": "https://x"},
            r"Google\Chrome\Extensions\settings": {},
            r"Policies\Microsoft\Edge\ExtensionInstallForcelist": {"1": f"{ID};https://u", "2": 5},
            r"Mozilla\Firefox\Extensions": {"{a}": r"C:\f", "number": 1},
        }
    )
    assert rows(host) == [
        ("webextension", ID[::-1], None, None, "Google Chrome"),
        ("webextension", ID, None, None, "Microsoft Edge"),
        ("webextension", "{a}", None, r"C:\f", "Mozilla Firefox"),
        ("webextension", ID, None, r"C:\e.crx", "Google Chrome"),
    ]
