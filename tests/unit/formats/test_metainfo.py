"""Metainfo files, as programs of Flatpak carry them."""

from __future__ import annotations

import pytest

from vedette.formats.metainfo import described
from vedette.formats.package import Package

OLD = b"""<component><developer_name xml:lang="de">Nein</developer_name>
<developer_name>A &amp; B</developer_name><releases>
<release type="stable" timestamp="1" version='1.2'><description><p>text</p></description></release>
</releases></component>"""


def test_the_old_way_to_name_a_developer() -> None:
    assert described("a.b.C", OLD) == Package("a.b.C", "1.2", "A & B")


@pytest.mark.parametrize(
    "data", [b"", b"<", b"\xff\xfe<", b"<release " * 20_000, b"<release version=''/>"]
)
def test_what_says_nothing(data: bytes) -> None:
    assert described("a.b.C", data) == Package("a.b.C")
