"""Views of the registry, and COM classes as each finds them."""

from __future__ import annotations

import pytest

from vedette.host.com_classes import CLSID, library_of, machine_views, user_views
from vedette.testing.registry import FakeHive, FakeRegistry

ZIP, ONE, TWO, NET = (f"{{23170F69-40C1-278A-1000-00010002000{n}}}" for n in range(4))
MACHINE = FakeHive(
    {
        rf"SOFTWARE\Classes\CLSID\{ZIP}": {"": "7-Zip Shell Extension"},
        rf"SOFTWARE\Classes\CLSID\{ZIP}\InprocServer32": {"": r"C:\Program Files\7-Zip\7-zip.dll"},
        rf"SOFTWARE\Classes\WOW6432Node\CLSID\{ZIP}\InprocServer32": {
            "": r"C:\Program Files\7-Zip\7-zip32.dll"
        },
        rf"SOFTWARE\WOW6432Node\Classes\CLSID\{TWO}": {"": "Old place"},
        rf"SOFTWARE\Classes\CLSID\{ONE}": {"": "Of all"},
    }
)
PERSON = FakeHive({rf"Software\Classes\CLSID\{ONE}": {"": "Of one"}})


def test_each_view_finds_its_own_classes() -> None:
    registry = FakeRegistry(MACHINE, [PERSON, FakeHive()])
    native, small = machine_views(registry)
    first, second = user_views(registry)
    assert library_of(native.com.find(ZIP)) == r"C:\Program Files\7-Zip\7-zip.dll"
    assert library_of(small.com.find(ZIP.lower())) == r"C:\Program Files\7-Zip\7-zip32.dll"
    assert native.com.find(TWO) is None
    found = [view.com.find(ONE) for view in (native, first, second)]
    assert [each and each.text("") for each in found] == ["Of all", "Of one", "Of all"]
    assert library_of(first.com.find(ZIP)) == r"C:\Program Files\7-Zip\7-zip.dll"
    old = small.com.find(TWO)
    assert old is not None
    assert old.text("") == "Old place"
    assert library_of(old) is None


@pytest.mark.parametrize("text", [None, "", "7-Zip", ZIP + r"\InprocServer32", "-" + ZIP, "{..}"])
def test_what_is_no_identifier_finds_nothing(text: str | None) -> None:
    native, _ = machine_views(FakeRegistry(MACHINE))
    assert native.com.find(text) is None
    assert not CLSID.fullmatch(text or "")


@pytest.mark.parametrize(
    ("servers", "library"),
    [
        (
            {"InprocServer32": {"": "mscoree.dll", "CodeBase": "file:///C:/Program Files/x/y.dll"}},
            "C:/Program Files/x/y.dll",
        ),
        (
            {
                "InprocServer32": {
                    "": r"C:\Windows\System32\mscoree.dll",
                    "CodeBase": "http://x/y.dll",
                }
            },
            "http://x/y.dll",
        ),
        ({"InprocServer32": {"": "own.dll", "CodeBase": "file:///C:/other.dll"}}, "own.dll"),
        (
            {"InprocServer32": {}, "LocalServer32": {"": r'"C:\Program Files\x\y.exe" -Embedding'}},
            r"C:\Program Files\x\y.exe",
        ),
        ({"InprocServer32": {"": 7}}, None),
        ({}, None),
    ],
)
def test_what_a_class_is_loaded_from(
    servers: dict[str, dict[str, str | int]], library: str | None
) -> None:
    tree = {rf"SOFTWARE\Classes\CLSID\{NET}\{name}": values for name, values in servers.items()}
    tree |= {rf"SOFTWARE\Classes\CLSID\{NET}": {}}
    native, _ = machine_views(FakeRegistry(FakeHive(tree)))
    found = native.com.find(NET)
    assert found is not None
    assert library_of(found) == library
    assert native.com.find(NET) is found
