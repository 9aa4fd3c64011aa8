"""Requests from the sent ledger in a form for people: what stands in the bytes, in words, dates and
hexadecimal digits.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec

from vedette.clock import EPOCH
from vedette.errors import FactError
from vedette.facts.codec import decode
from vedette.facts.envelope import Batch, Change
from vedette.facts.kinds import Column
from vedette.facts.schema import Schema
from vedette.wire import protocol

Readable = dict[str, Any]

_UNITS: Final = {
    Column.SECONDS: timedelta(seconds=1),
    Column.HOURS: timedelta(hours=1),
    Column.DAYS: timedelta(days=1),
}


def readable(raw: bytes, schemas: Mapping[str, Schema]) -> Readable:
    """The request whose exact bytes are ``raw``, as values that JSON can hold: ``method``, ``target``,
    ``headers``, and ``content``.

    ``content`` is of an envelope its ids and ``items`` (rows by item, with ``change`` in those that say what has gone
    or come), of other JSON what it says, of nothing ``None``.
    """
    head, _, body = raw.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, *_ = first.split(" ")
    headers = dict(_header(line) for line in lines)
    return {
        "method": method,
        "target": target,
        "headers": headers,
        "content": _content(headers.get("content-type", ""), body, schemas),
    }


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.lower(), value.strip()


def _content(kind: str, body: bytes, schemas: Mapping[str, Schema]) -> Any:
    if not body:
        return None
    try:
        if kind == protocol.ENVELOPE:
            return _envelope(body, schemas)
        content = msgspec.json.decode(body)
        return _signed(content) if kind == protocol.RECEIPT else content
    except (
        FactError,
        msgspec.DecodeError,
        UnicodeDecodeError,
        binascii.Error,
        KeyError,
        TypeError,
    ):
        return {"unreadable_bytes": len(body)}


def _signed(document: Any) -> Any:
    """A signed document (DSSE) with its payload opened, and the signatures beside it."""
    payload = msgspec.json.decode(base64.b64decode(document["payload"], validate=True))
    return {"payload": payload, "signatures": document["signatures"]}


def _envelope(body: bytes, schemas: Mapping[str, Schema]) -> Readable:
    envelope = decode(body)
    items: dict[str, list[Readable]] = {}
    for batch in envelope.batches:
        items.setdefault(batch.item, []).extend(_rows(batch, schemas.get(batch.item)))
    return {
        "install": envelope.install,
        "product": envelope.product,
        "receipt": envelope.receipt,
        "terms": envelope.terms,
        "sequence": envelope.sequence,
        "items": items,
    }


def _rows(batch: Batch, schema: Schema | None) -> list[Readable]:
    """The rows of ``batch``; without a ``schema``, as another version sent them, values are shown as they
    travelled.
    """
    kinds = {field.name: field.kind.column for field in schema.item.fields} if schema else {}
    columns = {
        name: [_shown(value, kinds.get(name)) for value in msgspec.msgpack.decode(raw)]
        for name, raw in zip(batch.fields, batch.columns, strict=True)
    }
    change = {} if batch.change is Change.WHOLE else {"change": batch.change.value}
    return [
        change
        | {name: value for name, value in zip(columns, values, strict=True) if value is not None}
        for values in zip(*columns.values(), strict=True)
    ]


def _shown(value: Any, kind: Column | None) -> Any:
    if isinstance(value, int) and kind in _UNITS:
        moment = EPOCH + value * _UNITS[kind]
        return moment.date().isoformat() if kind is Column.DAYS else moment.isoformat()
    return _plain(value)


def _plain(value: Any) -> Any:
    """``value`` with bytes as hexadecimal digits, however deep."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value
