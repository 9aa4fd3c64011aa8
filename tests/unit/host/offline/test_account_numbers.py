"""The numbers of accounts name the computer or domain that gave them."""

from __future__ import annotations

from vedette.host.offline.names import PROFILES, private_names
from vedette.testing.host import FakeFiles
from vedette.testing.registry import FakeHive, FakeRegistry


def test_the_part_that_tells_a_computer_from_all_others_is_masked() -> None:
    hive = FakeHive(
        {
            rf"{PROFILES}\S-1-5-21-1111-2222-3333-1001": {"ProfileImagePath": r"C:\Users\anna"},
            rf"{PROFILES}\S-1-12-1-4444-5555-6666-7777": {},
            rf"{PROFILES}\S-1-5-18": {},
        }
    )
    private = private_names(FakeRegistry(hive), FakeFiles())
    assert private.computers == {"S-1-5-21-1111-2222-3333", "S-1-12-1-4444-5555-6666"}
    assert private.mask(r"C:\$Recycle.Bin\S-1-5-21-1111-2222-3333-1001\x.exe") == (
        r"C:\$Recycle.Bin\<computer>-1001\x.exe"
    )
    assert private.mask("S-1-5-18") == "S-1-5-18"
