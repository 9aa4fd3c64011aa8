"""What is told of an operation that was stopped or flagged for what it did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from vedette.facts.kinds import Moment, Name, Path, Word
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Record

OPERATIONS: Final = "operations"


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(Record):
    kind: Annotated[Word, "what it did, in the words of what noticed it"]
    application: Annotated[Name | None, "the application, as far as it was named"] = None
    target: Annotated[Path | None, "what it was aimed at"] = None
    rule: Annotated[Name, "the rule that spoke"]
    action: Annotated[Word, "what was done: denied, or audited where it went through"]
    time: Annotated[Moment, "when"]
    product: Annotated[Name | None, "what noticed it"] = None


def operation(
    kind: str,
    rule: str,
    action: str,
    time: datetime,
    private: PrivateNames,
    *,
    application: str | None = None,
    target: str | None = None,
    product: str | None = None,
) -> Operation:
    """The record of an operation. Raises ``ValueRefused`` where ``kind`` or ``action`` is no word."""
    return Operation(
        kind=Word(kind),
        application=Name(application, private) if application else None,
        target=Path(target, private) if target else None,
        rule=Name(rule, private),
        action=Word(action),
        time=Moment(time),
        product=Name(product, private) if product else None,
    )
