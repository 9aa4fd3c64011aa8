"""What a packer's rule may look at: a plain value with the parts of a portable executable that packers shape.

It holds bounded copies, so a rule can neither read far nor fail on a short file: slices come out short instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

HEAD: Final = 4096
"""Bytes of the file's and the overlay's beginning."""

TAIL: Final = 66 << 10
"""Bytes of the file's end: a zip's end record with its longest comment lies within it."""

ENTRY: Final = 1024
"""Bytes from the entry point."""

MAX_RESOURCES: Final = 1024

_EXECUTE: Final = 0x20000000  # IMAGE_SCN_MEM_EXECUTE
_WRITE: Final = 0x80000000  # IMAGE_SCN_MEM_WRITE
_CODE: Final = 0x00000020  # IMAGE_SCN_CNT_CODE


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """A row of the section table. ``head`` is its first 64 bytes in the file; ``flags`` its characteristics."""

    name: str
    virtual_address: int
    virtual_size: int
    raw_offset: int
    raw_size: int
    flags: int
    entropy: float | None
    head: bytes = b""

    @property
    def executable(self) -> bool:
        return bool(self.flags & (_EXECUTE | _CODE))

    @property
    def writable(self) -> bool:
        return bool(self.flags & _WRITE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceView:
    """A leaf of the resource tree. ``type`` and ``name`` are numbers or strings as they stand in it, ``language`` is a
    Windows language id, ``head`` the first 64 bytes.
    """

    type: int | str
    name: int | str
    language: int
    size: int
    head: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayView:
    """What lies behind the image, without the certificate table. ``head`` and ``tail`` are its first ``HEAD`` and last
    ``TAIL`` bytes; they overlap where it is small. ``entropy`` is that of its first 16 MiB.
    """

    offset: int
    size: int
    entropy: float = 0.0
    head: bytes = b""
    tail: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackerView:
    """One portable executable.

    ``entry_point`` is a relative virtual address; ``entry_section`` the index of the section that holds it, None where
    none does; ``entry_bytes`` up to ``ENTRY`` bytes from it. ``imports`` maps libraries (names in lower case) to
    their functions, ordinals as ``ord7``. ``head`` is the file's beginning, where the headers and what hides between
    them and the first section are; ``manifest`` the first RT_MANIFEST resource (up to 16 KiB).
    """

    size: int
    machine: str | None
    is_dll: bool
    dotnet: bool
    timestamp: int = 0
    linker: str = ""
    entry_point: int = 0
    entry_section: int | None = None
    entry_bytes: bytes = b""
    sections: Sequence[SectionView] = ()
    imports: Mapping[str, Sequence[str]] = field(default_factory=dict)
    exports: int = 0
    tls_callbacks: int = 0
    resources: Sequence[ResourceView] = ()
    version: Mapping[str, str] = field(default_factory=dict)
    manifest: bytes = b""
    rich_hash: str | None = None
    overlay: OverlayView | None = None
    entropy: float = 0.0
    head: bytes = b""

    @property
    def entry(self) -> SectionView | None:
        """The section that holds the entry point."""
        return None if self.entry_section is None else self.sections[self.entry_section]

    @property
    def functions(self) -> int:
        """How many functions it imports."""
        return sum(len(names) for names in self.imports.values())
