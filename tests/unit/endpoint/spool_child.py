"""A child process that adds, seals and settles until it is killed; it says what it was promised, line by line.

``added N`` once a row is durable; ``received SEQUENCE NAMES`` stands for a network that has accepted an
envelope.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from tests.unit.endpoint.computer import CATALOGUE, PRODUCT
from tests.unit.endpoint.test_spool import BASIC, add, names
from vedette.clock import SystemClock
from vedette.endpoint.settings import SpoolSettings
from vedette.endpoint.spool import Spool
from vedette.endpoint.spool_tables import open_spool_database


def main(path: Path, start: int) -> None:
    spool = Spool(open_spool_database(path), SystemClock(), SpoolSettings(rows_per_envelope=7))
    threading.Thread(target=_send, args=(spool,), daemon=True).start()
    number = start
    while True:
        add(spool, f"unit-{number}")
        _say(f"added {number}")
        number += 1


def _send(spool: Spool) -> None:
    while True:
        sealed = spool.pending()
        if sealed is None:
            spool.seal(BASIC, CATALOGUE.schemas, PRODUCT)
            continue
        _say(f"received {sealed.sequence} {','.join(names(sealed))}")
        spool.acknowledge(sealed.sequence)


def _say(line: str) -> None:
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
