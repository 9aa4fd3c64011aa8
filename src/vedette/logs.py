"""Structured logs: one JSON object a line, made for programs and safe for people.

A line has ``time`` (RFC 3339, UTC), ``level``, ``logger`` and ``event``, then the record's ``extra`` fields, and for an
exception ``error``: its class, its code, and its frames as ``module:line function``. Neither the text of an exception
nor a line of source is written: both may carry what a computer's user never agreed to log. The event is a constant;
what varies travels in fields::

    log.info("envelope accepted", extra={"sequence": 7})

Characters that control a terminal, reorder text or do not show are written as escapes, so what a report contains can
neither forge a line nor change how one looks.
"""

from __future__ import annotations

import errno
import logging
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from itertools import islice
from types import TracebackType
from typing import TextIO

import msgspec

from vedette.errors import ConfigurationError, VedetteError

# What the standard library itself keeps on a record; every other attribute came in as an extra field.
_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_LINE = frozenset({"time", "level", "logger", "event", "error"})

# `str.isprintable` finds controls, bidirectional and zero-width formats, separators and lone surrogates. These count as
# letters or marks and yet show nothing: joiner, fillers, inherent vowels, variation selectors.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)

_TEXT = 1_000  # characters of one string
_ITEMS = 100  # of one collection
_DEPTH = 5  # collections within collections, causes of causes
_FRAMES = 30  # the innermost
_INTEGER = 1 << 63


def configure(stream: TextIO, level: int | str = logging.INFO, *, human: bool = False) -> None:
    """Sends every log record of ``level`` or above to ``stream``, as JSON or, with ``human``, as short lines to read.

    Calling it again replaces what it installed before. Raises ConfigurationError for a level that is none.
    """
    root = logging.getLogger()
    try:
        root.setLevel(level.upper() if isinstance(level, str) else level)
    except ValueError as error:
        raise ConfigurationError(
            "the log level is not known", "use DEBUG, INFO, WARNING, ERROR or CRITICAL"
        ) from error
    handler = LineHandler(stream)
    handler.setFormatter(HumanLines() if human else JsonLines())
    for earlier in [each for each in root.handlers if isinstance(each, LineHandler)]:
        root.removeHandler(earlier)
    root.addHandler(handler)


class LineHandler(logging.StreamHandler[TextIO]):
    """Writes lines; one that cannot be written is counted in ``lost``, and the program goes on."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self.lost = 0

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: ARG002, N802 - the standard library's signature
        # The standard library would print a traceback here, with source text and values.
        self.lost += 1


class JsonLines(logging.Formatter):
    """Formats a record as one JSON object (UTF-8, no line break inside)."""

    def format(self, record: logging.LogRecord) -> str:
        return msgspec.json.encode(fields(record)).decode()


class HumanLines(logging.Formatter):
    """Formats a record as ``time level event name=value …``; the values as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line = fields(record)
        parts = [f"{line.pop('time')} {line.pop('level'):<8} {line.pop('event')}"]
        parts += [f"{name}={msgspec.json.encode(value).decode()}" for name, value in line.items()]
        return " ".join(parts)


def fields(record: logging.LogRecord) -> dict[str, object]:
    """What a line says of ``record``: values of JSON's types only, every text visible and of bounded length."""
    time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    line: dict[str, object] = {
        "time": time.replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": visible(record.name),
        "event": visible(_message(record)),
    }
    for name, value in vars(record).items():
        if name not in _RECORD:
            line[f"{name}_" if name in _LINE else visible(name)] = _plain(value, _DEPTH)
    if record.exc_info and record.exc_info[1]:
        line["error"] = _error(record.exc_info[1], _DEPTH)
    return line


def visible(text: str) -> str:
    """``text``, bounded in length, with an escape (``\\u202e``) for every character that would not show as itself."""
    if len(text) > _TEXT:
        text = f"{text[:_TEXT]}…"
    if not text.isprintable():
        text = "".join(each if each.isprintable() else _escape(each) for each in text)
    return _INVISIBLE.sub(lambda found: _escape(found[0]), text)


def _escape(character: str) -> str:
    number = ord(character)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError, KeyError):  # a library's arguments that do not fit its text
        return str(record.msg)


def _plain(value: object, depth: int) -> object:
    """``value`` in JSON's types. A type without a plain form is named, not printed: its text could hold anything."""
    if isinstance(value, Enum):
        value = value.value
    plain: object = f"<{type(value).__qualname__}>"
    match value:
        case None | bool() | float():
            plain = value
        case int():
            plain = value if -_INTEGER <= value < _INTEGER else visible(hex(value))
        case str():
            plain = visible(value)
        case bytes():
            plain = visible(value.hex())
        case datetime():
            plain = value.isoformat()
        case BaseException():
            plain = _error(value, 0)
        case Mapping() if depth:
            plain = {
                visible(str(key)): _plain(each, depth - 1)
                for key, each in islice(value.items(), _ITEMS)
            }
        case list() | tuple() | set() | frozenset() if depth:
            plain = [_plain(each, depth - 1) for each in islice(value, _ITEMS)]
    return plain


def _error(error: BaseException, depth: int) -> dict[str, object]:
    """The class, code, frames, causes and parts of ``error``; never its text."""
    told: dict[str, object] = {"class": type(error).__qualname__}
    if isinstance(error, VedetteError):
        told["code"] = error.code
    elif isinstance(error, OSError) and error.errno:
        told["code"] = errno.errorcode.get(error.errno, str(error.errno))
    if frames := _frames(error.__traceback__):
        told["frames"] = frames
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause and depth:
        told["cause"] = _error(cause, depth - 1)
    if isinstance(error, BaseExceptionGroup) and depth:
        told["parts"] = [_error(part, depth - 1) for part in islice(error.exceptions, _ITEMS)]
    return told


def _frames(traceback: TracebackType | None) -> list[str]:
    """The innermost frames, outermost first."""
    frames = []
    while traceback:
        code = traceback.tb_frame.f_code
        module = traceback.tb_frame.f_globals.get("__name__", "?")
        frames.append(visible(f"{module}:{traceback.tb_lineno} {code.co_qualname}"))
        traceback = traceback.tb_next
    return frames[-_FRAMES:]
