"""Facts about the content of files, read in the sandbox and remembered by digest.

``Hashes`` remembers the digest by the file's identity, so a file that is launched again is neither read nor parsed.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable

from vedette.errors import SandboxError, ValueRefused
from vedette.facts.privacy import NOTHING_PRIVATE
from vedette.filefacts.facts import FileFacts
from vedette.filefacts.reported import essence, reported

log = logging.getLogger(__name__)

Look = Callable[[int], FileFacts]
"""The facts about the file open as a descriptor. Raises ``SandboxError``."""


class Inspections:
    """Has files looked at by ``look`` and remembers what was found of ``most``. Threads may share it.

    ``count`` counts, by name, those of which nothing was found.
    """

    def __init__(self, look: Look, count: Callable[[str], None], most: int = 512) -> None:
        self._look = look
        self._count = count
        self._most = most
        self._known: OrderedDict[bytes, FileFacts] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, descriptor: int, sha256: bytes) -> FileFacts | None:
        """What reports tell of the file open as ``descriptor``, which had the digest ``sha256`` a moment ago; None
        where nothing is to be had.
        """
        with self._lock:
            if sha256 in self._known:
                self._known.move_to_end(sha256)
                return self._known[sha256]
        facts = self._found(descriptor)
        if facts is None or facts.sha256 != sha256.hex():
            self._count("files_without_facts")
            return None
        with self._lock:
            self._known[sha256] = facts
            while len(self._known) > self._most:
                self._known.popitem(last=False)
        return facts

    def _found(self, descriptor: int) -> FileFacts | None:
        """The facts, unless the worker was broken or taken over by the file."""
        try:
            facts = essence(self._look(descriptor))
            reported(facts, NOTHING_PRIVATE)
        except (SandboxError, ValueRefused) as error:
            log.warning("a file could not be looked at", extra={"code": error.code})
            return None
        return facts
