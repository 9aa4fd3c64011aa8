"""All facts about a portable executable, put together."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import Final

from vedette.filefacts.content import Content
from vedette.filefacts.entropy import entropies
from vedette.filefacts.facts import PeFacts, SectionFacts
from vedette.filefacts.pe import traits
from vedette.filefacts.pe.exports import count_exports
from vedette.filefacts.pe.headers import Headers, read_headers
from vedette.filefacts.pe.image import Image
from vedette.filefacts.pe.imports import Imports, read_imports
from vedette.filefacts.pe.languages import tags
from vedette.filefacts.pe.names import machine_name, subsystem_name
from vedette.filefacts.pe.resources import VERSION, Resources, read_resources
from vedette.filefacts.pe.version import read_version

_DLL: Final = 0x2000  # IMAGE_FILE_DLL
_MOST_VERSIONS: Final = 8
_LONGEST_VERSION: Final = 64 << 10
_OVERLAPS: Final = 4
"""How many times the file's size its sections may claim before they are not all looked at."""


@dataclass(frozen=True, slots=True)
class PeFile:
    """``facts`` for people, and what they were made of for those who look closer. ``problems`` are a few words each."""

    facts: PeFacts
    image: Image
    imports: Imports
    resources: Resources
    problems: tuple[str, ...]


def read_pe(content: Content, offset: int) -> PeFile:
    """What there is to say of ``content``, whose signature stands at ``offset``."""
    headers = read_headers(content, offset)
    image = Image(content, headers)
    imports = read_imports(image)
    resources = read_resources(image)
    found = _section_entropies(image)
    facts = PeFacts(
        machine=machine_name(headers.machine),
        subsystem=subsystem_name(headers.subsystem),
        characteristics=headers.characteristics,
        timestamp=headers.timestamp,
        entry_point=headers.entry_point,
        image_base=headers.image_base,
        linker=headers.linker,
        imphash=imports.imphash(),
        sections=[
            SectionFacts(section.name, section.virtual_size, section.raw_size, entropy)
            for section, entropy in zip(headers.sections, found, strict=True)
        ],
        imports=imports.counts(),
        exports=count_exports(image),
        resources=len(resources.leaves),
        overlay=traits.overlay(image),
        dotnet=traits.is_dotnet(image),
        rich_hash=traits.rich_hash(image),
        version=_version(image, resources),
        languages=tags(leaf.language for leaf in resources.leaves),
        is_dll=bool(headers.characteristics & _DLL),
        tls_callbacks=traits.tls_callbacks(image),
    )
    overlapping = "sections claim the same bytes over and over" if None in found else None
    truncated = _truncation(content, headers)
    problems = (truncated, headers.problem, overlapping, imports.problem, resources.problem)
    return PeFile(facts, image, imports, resources, tuple(filter(None, problems)))


def _version(image: Image, resources: Resources) -> dict[str, str]:
    """The strings of all version resources together: there may be one a language."""
    strings: dict[str, str] = {}
    versions = (leaf for leaf in resources.leaves if leaf.type == VERSION)
    for leaf in islice(versions, _MOST_VERSIONS):
        strings |= read_version(image.read(leaf.address, min(leaf.size, _LONGEST_VERSION)))
    return strings


def _section_entropies(image: Image) -> list[float | None]:
    """One a section, None for those after too much was claimed."""
    left = _OVERLAPS * len(image.content)
    parts = [image.raw(section) for section in image.headers.sections]
    counted: set[tuple[int, int]] = set()
    for part in parts:
        if part not in counted and part[1] - part[0] <= left:
            left -= part[1] - part[0]
            counted.add(part)
    ordered = sorted(counted)
    found = dict(zip(ordered, entropies(image.content, ordered), strict=True))
    return [found.get(part) for part in parts]


def _truncation(content: Content, headers: Headers) -> str | None:
    ends = (section.raw_offset + section.raw_size for section in headers.sections)
    return "sections lie out of the file" if max(ends, default=0) > len(content) else None
