"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from vedette.filefacts.packers.view import PackerView

Evidence: TypeAlias = list[str]
"""What speaks for it, a sentence each; empty where the rule does not hold."""


@dataclass(frozen=True, slots=True)
class Rule:
    """``look`` is total: whatever the view holds, it answers. ``reference`` says where the structure is documented."""

    name: str
    reference: str
    look: Callable[[PackerView], Evidence]
