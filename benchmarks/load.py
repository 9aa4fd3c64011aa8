"""A load generator for HTTP/1.1: some connections kept open, each with one request under way. It does nothing beside
that, so what it costs is mostly what its requests cost to make.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


class UnexpectedAnswer(Exception):
    """A request was answered otherwise than the benchmark needs; what was measured is worth nothing."""


def drive(port: int, requests: Iterator[bytes], connections: int) -> float:
    """Sends ``requests``, each made when its turn comes, to this machine's ``port``; seconds until the last answer.

    Raises ``UnexpectedAnswer`` where one is not answered with 202.
    """
    return asyncio.run(_drive(port, requests, connections))


async def _drive(port: int, requests: Iterator[bytes], connections: int) -> float:
    loop = asyncio.get_running_loop()
    opened = [
        (await loop.create_connection(lambda: _Connection(requests), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    began = time.monotonic()
    for connection in opened:
        connection.go_on()
    await asyncio.gather(*(connection.ended for connection in opened))
    return time.monotonic() - began


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes]) -> None:
        self._requests = requests
        self._held = b""
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def go_on(self) -> None:
        """Sends the next request, or ends where there is none."""
        request = next(self._requests, None)
        if request is None:
            self.ended.set_result(None)
            self._transport.close()
        else:
            self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, end, rest = self._held.partition(_END)
        if not end:
            return
        fields = head.lower()
        start = fields.index(_LENGTH) + len(_LENGTH)
        if len(rest) < int(fields[start:].partition(b"\r\n")[0]):
            return
        self._held = b""
        if not head.startswith(b"HTTP/1.1 202 "):
            self.ended.set_exception(UnexpectedAnswer((head + end + rest).decode()))
            self._transport.close()
        else:
            self.go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or UnexpectedAnswer("the connection was closed"))
