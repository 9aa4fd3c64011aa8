"""A portable executable as the packers' rules look at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vedette.filefacts.entropy import entropies
from vedette.filefacts.facts import Overlay, PeFacts
from vedette.filefacts.packers.view import (
    ENTRY,
    HEAD,
    MAX_RESOURCES,
    TAIL,
    OverlayView,
    PackerView,
    ResourceView,
    SectionView,
)
from vedette.filefacts.pe.headers import Directory
from vedette.filefacts.pe.image import Image
from vedette.filefacts.pe.imports import Imports, named
from vedette.filefacts.pe.reading import PeFile
from vedette.filefacts.pe.resources import MANIFEST, Resource

_PEEK: Final = 64  # bytes of a section's or resource's beginning
_LONGEST_MANIFEST: Final = 16 << 10
_COUNTED: Final = 16 << 20  # bytes of an overlay whose entropy speaks for it


def packer_view(pe: PeFile, entropy: float) -> PackerView:
    """The view on ``pe``; ``entropy`` is that of the whole file."""
    image, facts, headers = pe.image, pe.facts, pe.image.headers
    return PackerView(
        size=len(image.content),
        machine=facts.machine,
        is_dll=bool(facts.is_dll),
        dotnet=bool(facts.dotnet),
        timestamp=headers.timestamp,
        linker=headers.linker,
        entry_point=headers.entry_point,
        entry_section=image.section_at(headers.entry_point),
        entry_bytes=image.read(headers.entry_point, ENTRY),
        sections=tuple(_sections(image, facts)),
        imports=_imports(pe.imports),
        exports=facts.exports or 0,
        tls_callbacks=facts.tls_callbacks or 0,
        resources=tuple(_resource(image, leaf) for leaf in pe.resources.leaves[:MAX_RESOURCES]),
        version=facts.version or {},
        manifest=_manifest(pe),
        rich_hash=facts.rich_hash,
        overlay=_overlay(image, facts.overlay),
        entropy=entropy,
        head=image.content[:HEAD],
    )


def _sections(image: Image, facts: PeFacts) -> Iterator[SectionView]:
    for section, found in zip(image.headers.sections, facts.sections or (), strict=True):
        start, end = image.raw(section)
        yield SectionView(
            name=section.name,
            virtual_address=section.virtual_address,
            virtual_size=section.virtual_size,
            raw_offset=section.raw_offset,
            raw_size=section.raw_size,
            flags=section.flags,
            entropy=found.entropy,
            head=image.content[start : min(start + _PEEK, end)],
        )


def _imports(imports: Imports) -> dict[str, tuple[str, ...]]:
    gathered: dict[str, tuple[str, ...]] = {}
    for library in imports.libraries:
        names = tuple(named(library.name, function) for function in library.functions)
        key = library.name.lower()
        gathered[key] = gathered.get(key, ()) + names
    return gathered


def _resource(image: Image, leaf: Resource) -> ResourceView:
    return ResourceView(
        type=leaf.type,
        name=leaf.name,
        language=leaf.language,
        size=leaf.size,
        head=image.read(leaf.address, min(leaf.size, _PEEK)),
    )


def _manifest(pe: PeFile) -> bytes:
    for leaf in pe.resources.leaves:
        if leaf.type == MANIFEST:
            return pe.image.read(leaf.address, min(leaf.size, _LONGEST_MANIFEST))
    return b""


def _overlay(image: Image, overlay: Overlay | None) -> OverlayView | None:
    """``overlay`` without the certificate table, which mostly ends it."""
    if overlay is None:
        return None
    start, end = overlay.offset, overlay.offset + overlay.size
    table, length = image.headers.directory(Directory.CERTIFICATE)
    if start < table < end:
        end = table
    elif table == start:
        start = min(table + length, end)
    if start >= end:
        return None
    content = image.content
    return OverlayView(
        offset=start,
        size=end - start,
        entropy=entropies(content, [(start, min(start + _COUNTED, end))])[0],
        head=content[start : min(start + HEAD, end)],
        tail=content[max(start, end - TAIL) : end],
    )
