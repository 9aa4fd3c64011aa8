"""Appends groups to a log until it is killed; prints each sequence number once it was acknowledged."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

from tests.unit.store.log_contract import arrival
from vedette.store.log import SqliteLog


def main() -> None:
    log = SqliteLog(Path(sys.argv[1]))
    first = int(sys.argv[2])
    for start in itertools.count(first, 4):
        group = [arrival(n, payload=b"%d" % n * 2000) for n in range(start, start + 4)]
        log.append(group)
        os.write(1, b"".join(b"%d\n" % item.sequence for item in group))


main()
