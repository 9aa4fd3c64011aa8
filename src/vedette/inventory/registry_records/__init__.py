"""Those records of the Windows registry that matter to security, from a fixed list (``rules.toml``) in which each has
its reason. A value that is not there is not told: then Windows does as it was shipped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated, Final

from vedette.errors import Unreadable
from vedette.facts.command_lines import VALUE
from vedette.facts.kinds import Command, Name, Path, Word
from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.host.registry import Data, Hive, Key
from vedette.inventory import InventoryItem, Unread, damage, distinct, sources
from vedette.inventory.registry_records.rules import MACHINE, USER, Held, Rule, rules
from vedette.statement.clauses import Purpose, clause

__all__ = ["ITEM", "RegistryRecord", "read"]

_ITEM: Final = "registry_records"
_EACH: Final = "\\*"
_DEFAULT: Final = "(default)"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryRecord(Record):
    rule: Annotated[Name, "the rule of the fixed list that asks for it"]
    technique: Annotated[Word, "the technique of MITRE ATT&CK that uses it"]
    key: Annotated[Path, "the registry key"]
    name: Annotated[Name, "the name of the value"]
    value: Annotated[
        Command | None,
        "a number as it is; text as a command line, or only that it is set; absent where it cannot be read",
    ] = None


def read(host: Host) -> Iterator[Record | Unread]:
    """Each record once, also where several people have it."""
    return distinct(sources(_ITEM, host, _of_machine, _of_users))


def _of_machine(host: Host) -> Iterator[Record | Unread]:
    return _of_hive(host, MACHINE, host.registry.machine)


def _of_users(host: Host) -> Iterator[Record | Unread]:
    for hive in host.registry.users():
        yield from _of_hive(host, USER, hive)


def _of_hive(host: Host, root: str, hive: Hive) -> Iterator[Record | Unread]:
    for rule in rules():
        for path in rule.keys(root):
            place, each = path.removesuffix(_EACH), path.endswith(_EACH)
            try:
                key = hive.key(place, depth=int(each))
            except Unreadable as error:
                yield Unread(_ITEM, error.reason)
                continue
            yield from damage(_ITEM, key)
            if key is None:
                continue
            for found in key.keys if each else (key,):
                shown = rf"{root}\{place}\{found.name}" if each else rf"{root}\{place}"
                yield from _records(host, rule, shown, found)


def _records(host: Host, rule: Rule, shown: str, key: Key) -> Iterator[Record]:
    wanted = {name.casefold() for name in rule.names}
    for value in key.values:
        if wanted and value.name.casefold() not in wanted:
            continue
        name, data = value.name or _DEFAULT, value.data
        if rule.held is Held.NAMES:
            name, data = key.name, value.name
        for text in _texts(rule, data):
            yield RegistryRecord(
                rule=Name(rule.name, host.private),
                technique=Word(rule.technique),
                key=Path(shown, host.private),
                name=Name(name, host.private),
                value=None if text is None else Command(text, host.private),
            )


def _texts(rule: Rule, data: Data) -> list[str | None]:
    """What is told of ``data``; nothing of a text that is empty."""
    if data is None:
        return [None]
    if isinstance(data, int):
        return [str(data)]
    if isinstance(data, bytes):
        return [VALUE] if data else []
    texts = [text for text in ((data,) if isinstance(data, str) else data) if text]
    if rule.held is Held.SECRET:
        return [VALUE] if texts else []
    return [part for text in texts for part in rule.told(text)]


ITEM = InventoryItem(
    name=_ITEM,
    clause=clause("computer.registry"),
    record=RegistryRecord,
    purposes=frozenset({Purpose.DETECT, Purpose.PROTECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.WINDOWS}),
    period=timedelta(days=1),
    retention=timedelta(days=365),
    read=read,
)
