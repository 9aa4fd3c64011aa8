"""The third switch: verdicts are received and acted on. It needs no consent, since it reports nothing."""

from __future__ import annotations

from vedette.endpoint.state_folder import JOIN, PROTECTION, StateFolder
from vedette.errors import NotJoined


class ProtectionSwitch:
    """The switch in ``folder``; every process that looks sees it as it is now."""

    def __init__(self, folder: StateFolder) -> None:
        self._folder = folder

    @property
    def on(self) -> bool:
        return self._folder.has(PROTECTION)

    def turn_on(self) -> None:
        """Raises ``NotJoined`` where there is no network to be protected by."""
        with self._folder.changing():
            if not self._folder.has(JOIN):
                raise NotJoined
            self._folder.write(PROTECTION, b"on\n")

    def turn_off(self) -> None:
        """At once: a running agent ends its connection within a second."""
        with self._folder.changing():
            self._folder.remove(PROTECTION)
