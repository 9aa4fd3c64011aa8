"""Page hashes: the digest of every page of the image, which lets a kernel check pages as they are loaded.

The first entry is for the headers (without checksum and certificate table entry, filled up with zeros to a page),
then come the pages of each section in the order of the section table, the last one of each filled up likewise,
and an entry of zeros for the end. The specification only names them; the layout is as SignTool and osslsigncode
write it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from vedette.filefacts.authenticode.image import Image
from vedette.filefacts.authenticode.indirect import PageHashes

_PAGE_SIZES: Final = (0x1000, 0x2000, 0x4000, 0x10000)


def pages_match(image: Image, pages: PageHashes) -> bool:
    """Whether ``pages`` are the digests of the pages of ``image``.

    Pages have 4 KiB; tools that take the section alignment instead are allowed theirs.
    """
    sizes = {_PAGE_SIZES[0], image.section_alignment} & set(_PAGE_SIZES)
    return any(_match(image, pages, size) for size in sorted(sizes))


def _match(image: Image, pages: PageHashes, size: int) -> bool:
    width = 4 + hashlib.new(pages.algorithm, usedforsecurity=False).digest_size
    count, rest = divmod(len(pages.entries), width)
    sections = [section for section in image.sections if section.size]
    # Counted first, so that the work is bounded by the size of the file.
    total = sum(section.size for section in sections)
    if (
        total > len(image.view)
        or rest
        or count != 2 + sum(-(-section.size // size) for section in sections)
    ):
        return False
    return all(
        pages.entries[place : place + width] == entry
        for place, entry in zip(
            range(0, len(pages.entries), width), _entries(image, pages.algorithm, size), strict=True
        )
    )


def _entries(image: Image, algorithm: str, size: int) -> Iterator[bytes]:
    view = image.view
    headers = image.headers_size
    digest = hashlib.new(algorithm, usedforsecurity=False)
    for start, end in (
        (0, image.checksum),
        (image.checksum + 4, image.entry),
        (image.entry + 8, headers),
    ):
        digest.update(view[start : min(end, headers)])
    digest.update(bytes(max(0, size - headers)))
    yield bytes(4) + digest.digest()
    last = headers
    for section in image.sections:
        if not section.size:
            continue
        last = section.offset + section.size
        for offset in range(section.offset, last, size):
            page = view[offset : min(offset + size, last)]
            digest = hashlib.new(algorithm, page, usedforsecurity=False)
            digest.update(bytes(size - len(page)))
            yield (offset & 0xFFFFFFFF).to_bytes(4, "little") + digest.digest()
    yield (last & 0xFFFFFFFF).to_bytes(4, "little") + bytes(digest.digest_size)
