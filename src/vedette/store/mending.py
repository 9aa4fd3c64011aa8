"""What a power cut may leave of a Delta table's log, and how it is readable again.

The Delta library gives a file of the log its name before its content is on disk; :mod:`vedette.store.delta` syncs it
only then. Cut off in between, the newest commit or checkpoint can be empty or torn. Nobody was told of such a commit,
and what a checkpoint sums up is still in the log beside it, so either is taken away.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

_LAST = "_last_checkpoint"


def torn(folder: Path) -> list[Path]:
    """The files in the log of the table in ``folder`` that are not whole. Raises ``OSError``."""
    log = folder / "_delta_log"
    commits = sorted(path for path in log.glob("*.json") if path.stem.isdigit())
    checkpoints = sorted(log.glob("*.checkpoint.parquet"))
    found = [path for path in commits[-1:] if not _is_json(path)]
    broken = [path for path in checkpoints[-1:] if not _is_parquet(path)]
    last = log / _LAST
    if last.exists() and (broken or not _is_json(last)):
        broken.append(last)  # without it the log is listed
    return found + broken


def _is_json(path: Path) -> bool:
    """Whether the file has lines, all of them JSON."""
    lines = path.read_bytes().splitlines()
    try:
        return bool([json.loads(line) for line in lines])
    except ValueError:
        return False


def _is_parquet(path: Path) -> bool:
    try:
        pq.read_metadata(path)
    except pa.ArrowInvalid:
        return False
    return True
