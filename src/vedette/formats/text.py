"""Text whose encoding nobody has written down."""

from __future__ import annotations

import codecs
from typing import Final

# A longer mark first: that of UTF-32 begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LOOK: Final = 4096


def decoded(data: bytes) -> str:
    """``data`` as text: by its byte order mark; else as UTF-16 where every second byte of what begins it is mostly
    zero; else as UTF-8; else as Windows-1252, in which every byte means something.

    Never raises; what no character stands for becomes U+FFFD.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    head = data[:_LOOK]
    zeros_even, zeros_odd = head[::2].count(0), head[1::2].count(0)
    if len(head) >= 4 and max(zeros_even, zeros_odd) * 4 >= len(head):
        return data.decode("utf-16-le" if zeros_odd > zeros_even else "utf-16-be", "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
