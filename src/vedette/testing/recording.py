"""A computer written down as it was: what the inventory asks of it, with the answers.

On a Windows, ``python -m vedette.testing.recording FILE`` reads every inventory item once and writes what was asked
for as JSON, to be read through before it is given to anybody, and then played back anywhere
(``vedette.testing.recorded``). Names of people and of the computer stand in it as ``person1`` or ``computer1``, the
same name always as the same; bytes that hold one are left out.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import msgspec

from vedette import __version__
from vedette.catalogue import discover
from vedette.errors import Unreadable
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host import Entry, Files, FileStat, Host, Kernel, KernelObject, Parser, Query, Row
from vedette.host.registry import Data, Hive, Key, Registry
from vedette.inventory import InventoryItem, sources
from vedette.testing.pseudonyms import Pseudonyms

T = TypeVar("T")
FORM: Final = 1


class Held(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Data, in the one of these that it is; none of them for data that is not told."""

    text: str | None = None
    number: int | None = None
    texts: tuple[str, ...] | None = None
    hex: str | None = None


class HeldValue(Held):
    name: str = ""
    kind: int = 0


class HeldKey(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    name: str
    written: str | None = None
    values: list[HeldValue] = []
    keys: list[HeldKey] = []
    damage: tuple[str, ...] = ()


class Asked(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """What was asked, and the answer: one of the last two, or neither where there was nothing."""

    question: list[Any]
    answer: Any = None
    unreadable: str | None = None


class Recording(msgspec.Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Everything that was asked, by whom it was asked of."""

    form: int
    product: str
    platform: Platform
    release: str | None = None
    architecture: str | None = None
    machine: list[Asked] = []
    people: list[list[Asked]] = []
    people_unreadable: str | None = None
    read: list[Asked] = []
    entries: list[Asked] = []
    stat: list[Asked] = []
    rows: list[Asked] = []
    libraries: list[Asked] = []
    kernel_objects: list[Asked] = []
    parsed: list[Asked] = []


class Recorder:
    """Asks ``host``, and writes down what it says. It is a host itself."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._named = Pseudonyms(host.private)
        kernel = host.kernel()
        self._recording = Recording(
            FORM, f"vedette/{__version__}", host.platform, kernel.release, kernel.architecture
        )
        self.platform = host.platform
        self.live = host.live
        self.files: Files = _RecordedFiles(host.files, self._recording, self._named)
        self.registry: Registry = _RecordedRegistry(host.registry, self._recording, self._named)

    @property
    def private(self) -> PrivateNames:
        return self._host.private

    def written(self) -> bytes:
        """All of it so far, as JSON."""
        return msgspec.json.format(msgspec.json.encode(self._recording), indent=1) + b"\n"

    def kernel(self) -> Kernel:
        return self._host.kernel()

    def health(self) -> Mapping[str, int]:
        return self._host.health()

    def management(self, query: Query) -> Sequence[Row]:
        with _asking(
            self._recording.rows, query.namespace, query.cls, list(query.properties)
        ) as asked:
            rows = self._host.management(query)
            asked.answer = self._named.inside([dict(row) for row in rows])
        return rows

    def libraries(self) -> Iterator[str]:
        with _asking(self._recording.libraries) as asked:
            asked.answer = []
            for path in self._host.libraries():
                asked.answer.append(self._named(path))
                yield path

    def kernel_objects(self) -> Iterable[KernelObject]:
        with _asking(self._recording.kernel_objects) as asked:
            asked.answer = []
            for found in self._host.kernel_objects():
                asked.answer.append(self._named.inside(msgspec.to_builtins(found)))
                yield found

    def parse(self, parser: Parser[T], path: str | os.PathLike[str], /, **arguments: object) -> T:
        question = (parser.entry, self._named(os.fspath(path)), msgspec.to_builtins(arguments))
        with _asking(self._recording.parsed, *question) as asked:
            answer = self._host.parse(parser, path, **arguments)
            asked.answer = self._named.inside(msgspec.to_builtins(answer, builtin_types=(bytes,)))
        return answer


class _asking:  # noqa: N801 - a verb, as context managers of contextlib are
    """Writes a question down with the reason why it could not be answered, where it could not."""

    def __init__(self, asked: list[Asked], *question: object) -> None:
        self._all = asked
        self._asked = Asked(list(question))

    def __enter__(self) -> Asked:
        return self._asked

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Unreadable):
            self._asked.unreadable = error.reason
        if error is None or self._asked.unreadable is not None:
            self._all.append(self._asked)


class _RecordedHive:
    def __init__(self, hive: Hive, asked: list[Asked], named: Pseudonyms) -> None:
        self._hive = hive
        self._asked = asked
        self._named = named

    def key(self, path: str, depth: int = 0) -> Key | None:
        with _asking(self._asked, self._named(path), depth) as asked:
            key = self._hive.key(path, depth)
            asked.answer = key and self._held(key)
        return key

    def _held(self, key: Key) -> HeldKey:
        return HeldKey(
            self._named(key.name),
            key.written.isoformat() if key.written else None,
            [
                HeldValue(
                    **_fields(value.data, self._named),
                    name=self._named(value.name),
                    kind=value.kind,
                )
                for value in key.values
            ],
            [self._held(each) for each in key.keys],
            key.damage,
        )


def _fields(data: Data, named: Pseudonyms) -> dict[str, Any]:
    match data:
        case str():
            return {"text": named(data)}
        case int():
            return {"number": data}
        case tuple():
            return {"texts": tuple(map(named, data))}
        case bytes() if (harmless := named.in_bytes(data)) is not None:
            return {"hex": harmless.hex()}
    return {}


class _RecordedRegistry:
    def __init__(self, registry: Registry, recording: Recording, named: Pseudonyms) -> None:
        self._registry = registry
        self._recording = recording
        self._named = named
        self._people: list[tuple[Hive, Hive]] = []
        self.machine: Hive = _RecordedHive(registry.machine, recording.machine, named)

    def users(self) -> Sequence[Hive]:
        try:
            found = self._registry.users()
        except Unreadable as error:
            self._recording.people_unreadable = error.reason
            raise
        # Asked again, the same person is the same.
        for hive in found[len(self._people) :]:
            asked: list[Asked] = []
            self._recording.people.append(asked)
            self._people.append((hive, _RecordedHive(hive, asked, self._named)))
        return [recorded for _, recorded in self._people]


class _RecordedFiles:
    def __init__(self, files: Files, recording: Recording, named: Pseudonyms) -> None:
        self._files = files
        self._recording = recording
        self._named = named

    def read(self, path: str | os.PathLike[str], limit: int = 1 << 20) -> bytes:
        with _asking(self._recording.read, self._named(os.fspath(path))) as asked:
            content = self._files.read(path, limit)
            asked.answer = Held(**_fields(content, self._named))
            if (text := self._named.in_text(content)) is not None:
                asked.answer = Held(text=text)
        return content

    def entries(self, folder: str | os.PathLike[str]) -> list[Entry]:
        with _asking(self._recording.entries, self._named(os.fspath(folder))) as asked:
            entries = self._files.entries(folder)
            asked.answer = [
                {
                    "kind": entry.kind,
                    # Where it lies may tell that it is a person's name.
                    "name": self._named(f"{os.fspath(folder)}/{entry.name}").rpartition("/")[2],
                    "target": self._named.inside(entry.target),
                }
                for entry in entries
            ]
        return entries

    def stat(self, path: str | os.PathLike[str]) -> FileStat:
        with _asking(self._recording.stat, self._named(os.fspath(path))) as asked:
            facts = self._files.stat(path)
            asked.answer = msgspec.to_builtins(facts)
        return facts


def recorded(host: Host, items: Iterable[InventoryItem]) -> bytes:
    """What ``items`` ask of ``host``, each read once, with the answers; as JSON."""
    recorder = Recorder(host)
    for item in items:
        if host.platform in item.platforms:
            for _ in sources(item.name, recorder, item.read):
                pass
    return recorder.written()


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def main(file: Path) -> None:
    """Write down what the inventory asks of this Windows, and the answers."""
    from vedette.host.windows import WindowsHost  # noqa: PLC0415 - a composition root, but only here

    content = recorded(WindowsHost(), discover().inventory())
    file.write_bytes(content)
    click.echo(f"{len(content)} bytes. Read through them before you give them to anybody.")


if __name__ == "__main__":
    main()
