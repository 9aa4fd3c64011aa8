"""A transport that asks for permission right before each byte leaves: setting up a connection takes time, in
which minds can change.
"""

from __future__ import annotations

from collections.abc import Callable

from vedette.errors import Withheld
from vedette.wire.transport import Origin, Stream, Transport


class GuardedTransport:
    """Connects as ``transport`` does; sends only while ``permitted`` says so."""

    def __init__(self, transport: Transport, permitted: Callable[[], bool]) -> None:
        self._transport = transport
        self._permitted = permitted

    def connect(self, origin: Origin) -> Stream:
        return _GuardedStream(self._transport.connect(origin), self._permitted)


class _GuardedStream:
    def __init__(self, stream: Stream, permitted: Callable[[], bool]) -> None:
        self._stream = stream
        self._permitted = permitted

    def send(self, data: bytes) -> None:
        """Raises ``Withheld`` where it is not permitted any more."""
        if not self._permitted():
            raise Withheld(
                "a report was not sent, for the consent to it was withdrawn",
                "grant it to report again",
            )
        self._stream.send(data)

    def receive(self, most: int) -> bytes:
        return self._stream.receive(most)

    def close(self) -> None:
        self._stream.close()
