"""What parent and worker say to each other over a stream socket.

A request is a number, the arguments' length and the arguments (MessagePack), with the file's descriptor beside its
first byte (SCM_RIGHTS, unix(7)). An answer repeats the number, so that bytes left over from an earlier one are
never taken for it; then come an outcome, a length and the body.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Callable
from enum import IntEnum
from typing import Final, NamedTuple

_REQUEST: Final = struct.Struct("!QI")
_ANSWER: Final = struct.Struct("!QBI")
READY: Final = 0
"""The number of the first answer, which no request asked for: what the worker lacks, or why it cannot start."""


class Outcome(IntEnum):
    """What an answer's body is."""

    ANSWERED = 0  # the function's result, MessagePack
    FAILED = 1  # why it has none, in a few words
    EXHAUSTED = 2  # nothing: there was no memory left


class Request(NamedTuple):
    """``arguments`` are still encoded; whoever receives ``descriptor`` closes it."""

    number: int
    descriptor: int
    arguments: bytes


class Answer(NamedTuple):
    """What came back; ``body`` is None where it is longer than it may be, and was not read."""

    number: int
    outcome: int
    body: bytes | None


Receive = Callable[[int], bytes]
"""Up to so many bytes of what arrives; none where the other side has closed."""


def send_request(channel: socket.socket, number: int, descriptor: int, arguments: bytes) -> None:
    """Sends it whole, within the socket's timeout. Raises ``OSError``."""
    message = _REQUEST.pack(number, len(arguments)) + arguments
    sent = socket.send_fds(channel, [message], [descriptor])
    channel.sendall(message[sent:])


def receive_request(channel: socket.socket) -> Request | None:
    """The next request; None where the parent has closed. Raises ``OSError``, ``EOFError``."""
    head, descriptors, _, _ = socket.recv_fds(channel, _REQUEST.size, 1, socket.MSG_CMSG_CLOEXEC)
    if not head:
        return None
    (descriptor,) = descriptors
    try:
        head += _exactly(channel.recv, _REQUEST.size - len(head))
        number, length = _REQUEST.unpack(head)
        return Request(number, descriptor, _exactly(channel.recv, length))
    except BaseException:
        os.close(descriptor)
        raise


def send_answer(channel: socket.socket, number: int, outcome: Outcome, body: bytes) -> None:
    """Sends it whole. Raises ``OSError``."""
    channel.sendall(_ANSWER.pack(number, outcome, len(body)) + body)


def receive_answer(receive: Receive, longest: int) -> Answer:
    """The next answer, its body at most ``longest`` bytes. Raises ``EOFError``, and what ``receive`` does."""
    number, outcome, length = _ANSWER.unpack(_exactly(receive, _ANSWER.size))
    if length > longest:
        return Answer(number, outcome, None)
    return Answer(number, outcome, _exactly(receive, length))


def _exactly(receive: Receive, count: int) -> bytes:
    pieces: list[bytes] = []
    while count:
        piece = receive(min(count, 1 << 16))
        if not piece:
            raise EOFError
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)
