"""The agent's part that watches folders for downloads, on Linux."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from vedette.host.linux.arrivals import ArrivingFiles
from vedette.host.linux.download_folders import download_folders

if TYPE_CHECKING:
    from vedette.agent.computer import Computer


def follow(computer: Computer, stop: threading.Event) -> None:
    """Until ``stop`` is set. Raises ``Unsupported`` where nothing can be watched."""
    settings = computer.settings.endpoint.downloads

    def folders() -> list[str]:
        people = download_folders(computer.host.files) if settings.auto else []
        return [*people, *settings.folders]

    computer.downloads.run(ArrivingFiles(folders, settings.settle, clock=computer.clock), stop)
