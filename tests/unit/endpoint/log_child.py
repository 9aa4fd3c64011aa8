"""A child process that follows a log until it is killed; ``ready`` once it does."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from tests.unit.endpoint.computer import Computer
from tests.unit.endpoint.log_bench import reports
from vedette.clock import SystemClock
from vedette.endpoint.log_reports import Followed
from vedette.host.linux.following import FollowedFile
from vedette.host.log_lines import system
from vedette.testing.clock import ManualClock


def main(state: Path, log: str) -> None:
    computer = Computer(state, ManualClock())
    following = reports(computer, clock=SystemClock())
    os.write(1, b"ready\n")
    followed = Followed(FollowedFile(log, system, wait=0))
    following.run([followed], threading.Event(), wait=0.01)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
