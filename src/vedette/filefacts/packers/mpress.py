"""MPRESS, also with renamed sections."""

from __future__ import annotations

import re
from typing import Final

from vedette.filefacts.packers.rule import Evidence, Rule
from vedette.filefacts.packers.shape import (
    before_entry,
    dense,
    few_imports,
    finds_imports_itself,
    named,
    self_modifying,
)
from vedette.filefacts.packers.view import PackerView

_STUB: Final = re.compile(  # reads how many pages there are to move, and moves them out of the way
    rb"\x8b\x30\x03\xf0\x2b\xc0\x8b\xfe\x66\xad\xc1\xe0\x0c"
    rb"|\x48\x8b\x30\x48\x03\xf0\x48\x2b\xc0\x48\x8b\xfe\x66\xad\xc1\xe0\x0c"
)
_STUB_WITHIN: Final = 64


def _look(view: PackerView) -> Evidence:
    """A dense section that can be written to and run, and a small one behind it with the stub and the entry point. The
    stub finds the packed code relative to itself, and its way of doing so is the same in all versions.
    """
    packed, loader = before_entry(view), view.entry
    if packed is None or loader is None:
        return []
    if not (dense(packed) and self_modifying(packed) and self_modifying(loader)):
        return []
    evidence = ["a section of packed code lies before the one with the entry point"]
    if _STUB.search(view.entry_bytes, 0, _STUB_WITHIN):
        return [*evidence, "the entry point begins with the stub that moves the packed code"]
    if (
        named((packed, loader), ".MPRESS1", ".MPRESS2")
        and few_imports(view)
        and finds_imports_itself(view)
    ):
        return [*evidence, "the sections are called .MPRESS1 and .MPRESS2"]
    return []


MPRESS: Final = Rule(
    "MPRESS",
    "https://github.com/horsicq/Detect-It-Easy/blob/master/db/PE/packer_MPRESS.2.sg",
    _look,
)
