"""Programs of one kind, such as browsers: which there are, and what of them is told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Known:
    """A program that somebody has written down.

    ``packages`` are its names with package managers, of Flatpak its identifiers; ``programs`` the names of its
    executables, without ".exe"; ``versions`` the keys below a maker's part of Windows' registry that hold its
    version, with the names of the values, the most exact first.
    """

    name: str
    publisher: str | None
    packages: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    versions: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Program:
    """One that is installed; ``id`` is what the system knows it by: a package, or a key of the registry."""

    id: str
    name: str
    version: str | None = None
    publisher: str | None = None


def by_package(known: Sequence[Known]) -> dict[str, Known]:
    return {package.casefold(): each for each in known for package in each.packages}


def by_program(known: Sequence[Known]) -> dict[str, Known]:
    return {program.casefold(): each for each in known for program in each.programs}
