"""Every test that docs/ASSURANCE.md names exists: a claim does not outlive the test that holds it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = sorted(
    set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", (ROOT / "docs/ASSURANCE.md").read_text()))
)


def test_there_are_claims() -> None:
    assert len(NAMED) > 20


@pytest.mark.parametrize(("file", "name"), NAMED)
def test_the_test_exists(file: str, name: str) -> None:
    content = (ROOT / file).read_text()
    assert not name or re.search(rf"def {name}\(", content)
