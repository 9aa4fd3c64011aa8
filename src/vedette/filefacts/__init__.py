"""Facts about one file, from its bytes alone.

Nothing here opens anything but the descriptor it is given, and nothing here trusts a byte of it: composition roots
run :func:`vedette.filefacts.inspect.inspect` in the sandbox's worker process.
"""

from __future__ import annotations

from typing import Final

INSPECT: Final = "vedette.filefacts.inspect:inspect"
"""The function, as the sandbox names it."""
