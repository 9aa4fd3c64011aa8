"""Words made of what others wrote, for kinds that hold nothing else."""

from __future__ import annotations

import re

_BETWEEN = re.compile(r"[^a-z0-9]+")


def worded(text: str) -> str:
    """``text`` in lower-case letters, digits and underscores between them; empty where nothing of it is either."""
    return _BETWEEN.sub("_", text.lower()).strip("_")
