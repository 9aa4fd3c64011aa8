"""A child process that observes without pause until it is killed, and says what it was promised, line by line.

``trying MARK`` before, and ``kept MARK`` once it is in the spool. MARK is the SHA-256 of a launched file, in
hexadecimal, or the name of a threat.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from tests.journey.machines import CLOCK
from vedette.agent.computer import Computer
from vedette.agent.settings import load

_PAUSE = 0.004  # seconds


def main(config: Path, folder: Path, start: int) -> None:
    observing = Computer(load(config, None), CLOCK).observing
    file = folder / "observed"
    number = start
    while True:
        content = b"synthetic %d" % number
        file.write_bytes(content)
        if number % 5:
            mark = hashlib.sha256(content).hexdigest()
            _say(f"trying {mark}")
            assert observing.launch(str(file)).reported
        else:
            mark = f"Synthetic.{number}"
            _say(f"trying {mark}")
            observing.detection([str(file)], mark)
        _say(f"kept {mark}")
        number += 1
        CLOCK.sleep(_PAUSE)


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
