"""Appends to a lake, compacting often, until it is killed; prints each offset once ``append`` returned."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

from tests.unit.store.lake_contract import rows
from vedette.store.lake import DeltaLake


def main() -> None:
    lake = DeltaLake(Path(sys.argv[1]), compact_every=4)
    os.write(1, b"0\n")
    for offset in itertools.count(lake.position("launches") + 1):
        lake.append("launches", rows([offset]), offset)
        os.write(1, b"%d\n" % offset)


main()
