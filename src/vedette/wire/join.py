"""The join string: all that a computer needs to find a network and to know it again.

``vedette1.`` and base64url (RFC 4648, without padding) of a JSON object. Whoever has it can join once in the
place of the computer it was made for, so it is handed over like a password.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

import msgspec

from vedette.errors import ConfigurationError
from vedette.wire.transport import Origin

_PREFIX: Final = "vedette1."
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")
_ADDRESS = re.compile(r"[a-z]+://[^/?#]+/?")
_LIMIT: Final = 4096


class JoinString(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``address``: the network's URL; ``fingerprint``: SHA-256 of its authority's certificate, hexadecimal;
    ``controller`` and ``contact``: who answers for the data, as the operator states it.
    """

    address: str
    token: str
    fingerprint: str
    controller: str
    contact: str

    def encode(self) -> str:
        """The text that is handed over."""
        return _PREFIX + base64.urlsafe_b64encode(msgspec.json.encode(self)).rstrip(b"=").decode()

    @classmethod
    def decode(cls, text: str) -> JoinString:
        """The join string in ``text``. Raises ``ConfigurationError``."""
        text = text.strip()
        if not text.startswith(_PREFIX) or len(text) > _LIMIT:
            raise _unusable("does not begin as one does")
        body = text[len(_PREFIX) :]
        try:
            data = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
            joined = msgspec.json.decode(data, type=cls)
        except (binascii.Error, msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
            raise _unusable("is damaged") from error
        Origin.of(joined.address)
        if not _ADDRESS.fullmatch(joined.address):
            raise _unusable("names more than a network")
        if not all(
            text.isprintable() for text in (joined.token, joined.controller, joined.contact)
        ):
            raise _unusable("holds what cannot be shown")
        if not _FINGERPRINT.fullmatch(joined.fingerprint):
            raise _unusable("does not say how to know the network")
        return joined


def _unusable(what: str) -> ConfigurationError:
    return ConfigurationError(f"the join string {what}", "copy it whole, or ask for a new one")
