"""What a benchmark finds: figures, each against its target and, a rate, against a ceiling or peer of the same run."""

from __future__ import annotations

from typing import Literal

import msgspec

Better = Literal["higher", "lower"]


class Figure(msgspec.Struct, frozen=True):
    """One line of the table and of ``results.json``. ``met`` is null where nothing was aimed at (``target`` is null);
    ``against`` names the ceiling or peer of the same run.
    """

    name: str
    value: float
    unit: str
    target: float | None
    better: Better
    met: bool | None
    against: str | None


def figure(
    name: str,
    value: float,
    unit: str,
    better: Better,
    *,
    target: float | None = None,
    against: str | None = None,
) -> Figure:
    """The figure ``name``, held to ``target``."""
    met = None if target is None else (value >= target if better == "higher" else value <= target)
    return Figure(name, round(value, 4), unit, target, better, met, against)


def table(figures: list[Figure]) -> str:
    """``figures`` as people read them."""
    rows = [("figure", "value", "unit", "target", "met", "against")]
    rows += [
        (
            one.name,
            f"{one.value:,.3f}".rstrip("0").rstrip("."),
            one.unit,
            ""
            if one.target is None
            else f"{'≥' if one.better == 'higher' else '≤'} {one.target:,g}",
            "" if one.met is None else ("yes" if one.met else "NO"),
            one.against or "",
        )
        for one in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    numbers = {1, 3}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column in numbers else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
