"""Distinguished names (X.501, RFC 4514) as people read them."""

from __future__ import annotations

import functools
from typing import Final

from vedette.errors import EncodingInvalid
from vedette.filefacts.authenticode import der, oids

MAX_NAME: Final = 256
_TELLING: Final = (oids.COMMON_NAME, oids.ORGANISATION, oids.ORGANISATIONAL_UNIT)


@functools.lru_cache(maxsize=512)
def spoken(name: bytes) -> str | None:
    """What the encoded ``name`` is called: its common name, else organisation, else unit; at most 256 characters.

    Characters that are not printed read as a space.
    """
    try:
        parts = [
            (fields.take(der.OBJECT_IDENTIFIER).oid(), fields.take())
            for relative in der.parse(name).children()
            for fields in (pair.fields() for pair in relative.children())
        ]
    except EncodingInvalid:
        return None
    for wanted in _TELLING:
        # The last one is the most specific, as certificates write their names from the root down.
        for oid, value in reversed(parts):
            if oid == wanted and (text := _printable(value.text())):
                return text
    return None


def _printable(text: str) -> str:
    shown = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(shown.split())[:MAX_NAME]
