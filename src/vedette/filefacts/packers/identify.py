"""The rules, in the order they are asked."""

from __future__ import annotations

from typing import Final

from vedette.filefacts.facts import Packer
from vedette.filefacts.packers.archives import ARCHIVES
from vedette.filefacts.packers.aspack import ASPACK
from vedette.filefacts.packers.inno_setup import INNO_SETUP
from vedette.filefacts.packers.mpress import MPRESS
from vedette.filefacts.packers.nsis import NSIS
from vedette.filefacts.packers.protectors import PROTECTORS
from vedette.filefacts.packers.pyinstaller import PYINSTALLER
from vedette.filefacts.packers.python_launcher import PYTHON_LAUNCHER
from vedette.filefacts.packers.rule import Rule
from vedette.filefacts.packers.stubs import STUBS
from vedette.filefacts.packers.unknown import UNKNOWN
from vedette.filefacts.packers.upx import UPX
from vedette.filefacts.packers.view import PackerView

RULES: Final[tuple[Rule, ...]] = (
    # What a program carries says more of it than what its loader was shrunk with: an installer is often both.
    NSIS,
    INNO_SETUP,
    PYINSTALLER,
    PYTHON_LAUNCHER,
    *ARCHIVES,
    UPX,
    MPRESS,
    ASPACK,
    *STUBS,
    *PROTECTORS,
    UNKNOWN,
)


def identify(view: PackerView) -> Packer | None:
    """What the first rule that holds calls it, with that rule's evidence; None where none does."""
    for rule in RULES:
        if evidence := rule.look(view):
            return Packer(rule.name, evidence)
    return None
