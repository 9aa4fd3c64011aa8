"""Server-sent events: the text/event-stream format of the WHATWG's HTML standard, section 9.2, written and read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from vedette.errors import AnswerMalformed, AnswerTooLarge

LIMIT: Final = 1 << 20  # bytes of one event


@dataclass(frozen=True, slots=True)
class Event:
    """``id`` is what a reader names to go on from here; ``event`` its kind."""

    data: str
    event: str = "message"
    id: str | None = None


def render(event: Event) -> bytes:
    """``event`` as it is sent. Neither id nor kind may hold a line break."""
    lines = [f"event: {event.event}"]
    if event.id is not None:
        lines.append(f"id: {event.id}")
    lines += [f"data: {line}" for line in event.data.split("\n")]
    return ("\n".join(lines) + "\n\n").encode()


def parse(chunks: Iterable[bytes], *, limit: int = LIMIT) -> Iterator[Event]:
    """The events in a stream of bytes, however it is cut. Lines may end in LF or CRLF; comments are passed over.

    Raises ``AnswerTooLarge`` for an event of more than ``limit`` bytes, ``AnswerMalformed`` for what is not UTF-8.
    """
    waiting = b""
    for chunk in chunks:
        waiting = (waiting + chunk).replace(b"\r\n", b"\n")
        *blocks, waiting = waiting.split(b"\n\n")
        for block in blocks:
            if len(block) > limit:
                raise _too_large()
            if (event := _event(block)) is not None:
                yield event
        if len(waiting) > limit:
            raise _too_large()


def _event(block: bytes) -> Event | None:
    try:
        lines = block.decode().split("\n")
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
            kind = value
        elif field == "id":
            identity = value
    return Event("\n".join(data), kind, identity) if data else None


def _too_large() -> AnswerTooLarge:
    return AnswerTooLarge("an event is too large", "ask the network's operator")
