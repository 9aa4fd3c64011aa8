"""``python -m benchmarks [--only NAME,…] [--quick]``: runs the benchmarks, prints their figures as a table and writes
them to ``results.json`` in this folder.

A benchmark is a module of this package with a function ``figures(quick)``; its name is the module's.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

import benchmarks
from benchmarks.measure import Figure, table

Benchmark = Callable[[bool], Iterable[Figure]]

_HERE = Path(__file__).parent


def found() -> Mapping[str, Benchmark]:
    """Every benchmark by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(benchmarks.__path__))
    modules = {
        name: importlib.import_module(f"benchmarks.{name}") for name in names if name != "__main__"
    }
    return {name: module.figures for name, module in modules.items() if hasattr(module, "figures")}


def main() -> None:
    """Runs what the arguments say."""
    every = found()
    arguments = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure Vedette.")
    arguments.add_argument("--only", metavar="NAME,…", help=f"some of {', '.join(every)}")
    arguments.add_argument(
        "--quick", action="store_true", help="a shorter form; its figures say so"
    )
    given = arguments.parse_args()
    wanted = given.only.split(",") if given.only else list(every)
    if unknown := set(wanted) - set(every):
        arguments.error(f"there is no benchmark {', '.join(sorted(unknown))}")
    figures: list[Figure] = []
    for name in wanted:
        began = time.monotonic()
        figures += every[name](given.quick)
        print(f"{name} took {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
    results = msgspec.json.format(msgspec.json.encode(figures), indent=2)
    (_HERE / "results.json").write_bytes(results + b"\n")
    print(table(figures))


if __name__ == "__main__":
    main()
