"""Server-sent events: the text/event-stream format of the WHATWG's HTML standard, section 9.2, written and read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from vedette.errors import AnswerMalformed, AnswerTooLarge

LIMIT: Final = 1 << 20  # bytes of one event
_LINE_END = re.compile(rb"\r\n|\n|\r")
_TEXT_LINE_END = re.compile(r"\r\n|\n|\r")
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Event:
    """``id`` is what a reader names to go on from here; ``event`` its kind."""

    data: str
    event: str = "message"
    id: str | None = None


def render(event: Event) -> bytes:
    """``event`` as it is sent. Neither id nor kind may hold a line break; those in the data arrive as LF."""
    lines = [f"event: {event.event}"]
    if event.id is not None:
        lines.append(f"id: {event.id}")
    lines += [f"data: {line}" for line in _TEXT_LINE_END.split(event.data)]
    return ("\n".join(lines) + "\n\n").encode()


def parse(chunks: Iterable[bytes], *, limit: int = LIMIT) -> Iterator[Event]:
    """The events in a stream of bytes, however it is cut. Lines may end in LF, CRLF or CR; comments are passed over.

    Raises ``AnswerTooLarge`` for an event of more than ``limit`` bytes, ``AnswerMalformed`` for what is not UTF-8.
    """
    block: list[bytes] = []
    size = 0
    for line in _lines(chunks, limit):
        if line:
            size += len(line) + 1
            if size > limit:
                raise _too_large()
            block.append(line)
        else:
            if (event := _event(block)) is not None:
                yield event
            block, size = [], 0


def _lines(chunks: Iterable[bytes], limit: int) -> Iterator[bytes]:
    """The lines that have come to their end. A CR ends one at once; an LF that follows it, if any, is part of it."""
    waiting = bytearray()
    carriage = False
    first = True
    for chunk in chunks:
        if not chunk:
            continue
        rest = chunk[1:] if carriage and chunk.startswith(b"\n") else chunk
        carriage = chunk.endswith(b"\r")
        head, *ended = _LINE_END.split(rest)
        waiting += head
        for following in ended:
            yield bytes(waiting).removeprefix(_BYTE_ORDER_MARK) if first else bytes(waiting)
            first = False
            waiting = bytearray(following)
        if len(waiting) > limit:
            raise _too_large()


def _event(block: list[bytes]) -> Event | None:
    try:
        lines = [line.decode() for line in block]
    except UnicodeDecodeError as error:
        raise AnswerMalformed("an event is not text", "ask the network's operator") from error
    data: list[str] = []
    kind, identity = "message", None
    for line in lines:
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "data":
            data.append(value)
        elif field == "event":
            kind = value or "message"
        elif field == "id" and "\0" not in value:
            identity = value
    return Event("\n".join(data), kind, identity) if data else None


def _too_large() -> AnswerTooLarge:
    return AnswerTooLarge("an event is too large", "ask the network's operator")
