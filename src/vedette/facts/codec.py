"""Envelopes to bytes and back: MessagePack inside one zstd frame (RFC 8878) that states its size.

Reading is for hostile bytes: the stated size is checked before anything is unpacked, the window is bounded, and
a frame without a size, a second frame or trailing bytes are refused.
"""

from __future__ import annotations

from typing import Final

import msgspec
import zstandard

from vedette.errors import EnvelopeBomb, EnvelopeMalformed, EnvelopeTooLarge, EnvelopeTruncated
from vedette.facts.envelope import Envelope

MAX_BODY: Final = 1 << 20  # bytes on the wire
MAX_UNPACKED: Final = 8 << 20  # bytes of MessagePack
_MAX_WINDOW: Final = 8 << 20
_LEVEL: Final = 3

_decoder = msgspec.msgpack.Decoder(Envelope)


def encode(envelope: Envelope) -> bytes:
    """The bytes of ``envelope`` as they travel. Raises ``EnvelopeTooLarge`` where nobody would accept them."""
    plain = msgspec.msgpack.encode(envelope)
    body = zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True).compress(plain)
    if len(plain) > MAX_UNPACKED or len(body) > MAX_BODY:
        raise EnvelopeTooLarge("an envelope has grown too large", "put fewer items into it")
    return body


def unpack(body: bytes, *, max_body: int = MAX_BODY, max_unpacked: int = MAX_UNPACKED) -> bytes:
    """The MessagePack inside ``body``.

    Raises ``EnvelopeTooLarge``, ``EnvelopeBomb`` (it would unpack to more than ``max_unpacked`` bytes),
    ``EnvelopeTruncated`` or ``EnvelopeMalformed``.
    """
    if len(body) > max_body:
        raise EnvelopeTooLarge("the envelope is too large", f"send at most {max_body} bytes")
    try:
        stated = zstandard.get_frame_parameters(body)
    except zstandard.ZstdError as error:
        if not zstandard.FRAME_HEADER.startswith(body[:4]):
            raise EnvelopeMalformed(
                "the envelope is not a zstd frame", "compress it as RFC 8878 says"
            ) from error
        raise EnvelopeTruncated("the envelope ends too early", "send it whole") from error
    if stated.content_size in (zstandard.CONTENTSIZE_UNKNOWN, zstandard.CONTENTSIZE_ERROR):
        raise EnvelopeMalformed(
            "the envelope's frame does not state its size", "write the content size"
        )
    if stated.content_size > max_unpacked or stated.window_size > _MAX_WINDOW:
        raise EnvelopeBomb(
            "the envelope unpacks to too much", f"send at most {max_unpacked} bytes unpacked"
        )
    try:
        return zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW).decompress(
            body, allow_extra_data=False
        )
    except zstandard.ZstdError as error:
        if "did not decompress full frame" in str(error) or "Src size is incorrect" in str(error):
            raise EnvelopeTruncated("the envelope ends too early", "send it whole") from error
        raise EnvelopeMalformed("the envelope's frame is damaged", "compress it again") from error


def decode(body: bytes, *, max_body: int = MAX_BODY, max_unpacked: int = MAX_UNPACKED) -> Envelope:
    """The envelope in ``body``; its columns are not looked into. Raises as ``unpack`` does."""
    try:
        return _decoder.decode(unpack(body, max_body=max_body, max_unpacked=max_unpacked))
    except msgspec.ValidationError as error:
        raise EnvelopeMalformed(
            "the envelope has another shape", "write it as docs/DATA.md says"
        ) from error
    except msgspec.DecodeError as error:
        if "truncated" in str(error):
            raise EnvelopeTruncated("the envelope ends too early", "send it whole") from error
        raise EnvelopeMalformed("the envelope is not MessagePack", "encode it again") from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise EnvelopeMalformed("the envelope is not MessagePack", "encode it again") from error
