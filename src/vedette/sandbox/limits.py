"""What a worker may use."""

from __future__ import annotations

from typing import Final

import msgspec

_MIB: Final = 1 << 20


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds of a worker; sizes are in bytes, times in seconds.

    For each call: ``wall`` on the clock and ``cpu`` of processor time, after which the worker is killed, both longer
    by ``per_mib`` for each mebibyte of the file; ``answer``, the size of the longest one. For the worker:
    ``memory`` of its own and ``addresses`` for all of it with the files that it maps; ``calls`` after which it is
    replaced; ``idle`` time after which it ends; ``start``, the longest time until it is ready; ``nice``, how far it
    steps back behind other processes (nice(2)).
    """

    wall: float = 30.0
    cpu: float = 15.0
    per_mib: float = 0.25
    answer: int = _MIB
    memory: int = 512 * _MIB
    addresses: int = 16 << 30
    calls: int = 1000
    idle: float = 30.0
    start: float = 30.0
    nice: int = 0

    def more_for(self, size: int) -> float:
        """The seconds that a file of ``size`` bytes may take longer than an empty one: of ``addresses`` at most, since
        no more can be mapped.
        """
        return self.per_mib * min(size, self.addresses) / _MIB
