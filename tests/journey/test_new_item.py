"""One more thing is collected: one file is written, and every part knows of it."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

from tests.journey.conftest import MakeComputer, MakeNetwork
from tests.journey.machines import Computer, Network, await_that

SOURCE: Final = Path(__file__).parents[2] / "src" / "vedette"
ITEM: Final = '''"""The kettles of this computer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from vedette.facts.kinds import Count, Counts, Day, Moment, Name, Sha256, Version, Words
from vedette.facts.record import Platform, Record
from vedette.host import Host
from vedette.inventory import InventoryItem, Unread
from vedette.statement.clauses import Purpose, clause


@dataclass(frozen=True, slots=True, kw_only=True)
class Kettle(Record):
    name: Annotated[Name, "what it is called"]
    release: Annotated[Version, "the kernel that heats it"]
    litres: Annotated[Count | None, "how much it holds"] = None
    made: Annotated[Day | None, "when it was made"] = None
    boiled: Annotated[Moment | None, "when it boiled last"] = None
    digest: Annotated[Sha256 | None, "of its lid"] = None
    marks: Annotated[Words | None, "what is stamped on it"] = None
    cups: Annotated[Counts | None, "how often each cup was filled"] = None


def read(host: Host) -> Iterator[Record | Unread]:
    release = Version(host.kernel().release)
    yield Kettle(
        name=Name("copper", host.private),
        release=release,
        litres=Count(2),
        made=Day(datetime(1971, 4, 2, tzinfo=UTC)),
        boiled=Moment(datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)),
        digest=Sha256(bytes(range(32))),
        marks=Words(["crown", "anchor"]),
        cups=Counts({"blue": 3, "red": 0}),
    )
    yield Kettle(name=Name("tin", host.private), release=release)
    yield Unread("kettles", "too hot")


ITEM = InventoryItem(
    name="kettles",
    clause=clause("computer.services"),
    record=Kettle,
    purposes=frozenset({Purpose.DETECT}),
    owner="kitchen",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX}),
    period=timedelta(days=1),
    retention=timedelta(days=365),
    read=read,
)
'''


class Checkout:
    """A copy of the package, and the documents generated from it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.package = folder / "src" / "vedette"
        shutil.copytree(SOURCE, self.package, ignore=shutil.ignore_patterns("__pycache__"))
        self.wrapper = ["env", f"PYTHONPATH={folder / 'src'}", "PYTHONDONTWRITEBYTECODE=1"]
        self.make_docs()

    def make_docs(self) -> None:
        """As ``make docs`` does."""
        command = [*self.wrapper, sys.executable, "-m", "vedette.catalogue", "--write"]
        subprocess.run(command, cwd=self.folder, check=True)

    def contents(self) -> dict[str, str]:
        """The digest of every file."""
        return {
            str(path.relative_to(self.folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in self.folder.rglob("*")
            if path.is_file()
        }


def known_of(network: Network, computer: Computer, *arguments: str) -> list[dict[str, Any]]:
    install = str(computer.command("consent", "show")["install"])
    return network.lines("installs", "show", install, *arguments)


def in_order(lines: list[dict[str, Any]]) -> list[str]:
    return sorted(str(sorted(line.items())) for line in lines if line["item"] != "unread")


def test_a_new_item_is_one_file(
    tmp_path: Path, make_network: MakeNetwork, make_computer: MakeComputer
) -> None:
    checkout = Checkout(tmp_path / "checkout")
    before = checkout.contents()
    (checkout.package / "inventory" / "kettles.py").write_text(ITEM)
    checkout.make_docs()
    after = checkout.contents()
    generated = {"docs/STATEMENT.md", "docs/DATA.md", "src/vedette/statement/terms/"}
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    changed.remove("src/vedette/inventory/kettles.py")
    assert {name.partition("0")[0] for name in changed} == generated
    assert before.keys() - after.keys() == set()

    # The data dictionary.
    _, _, told = (checkout.folder / "docs/DATA.md").read_text().partition("#### `kettles`")
    assert "| `litres` | Count, may be absent | how much it holds |" in told.partition("####")[0]

    network = make_network(wrapper=checkout.wrapper)
    network.start()
    computer = make_computer("computer", wrapper=checkout.wrapper)

    # `vedette inventory`.
    listed = computer.lines("inventory", "--item", "kettles")
    assert [line.get("name") for line in listed] == ["copper", "tin", None]
    assert listed[0]["made"] == "1971-04-02T00:00:00+00:00"
    assert listed[0]["digest"] == bytes(range(32)).hex()
    assert listed[2] == {"item": "unread", "of": "kettles", "reason": "too hot"}

    # Consent, the codec, the lake.
    terms = str(computer.command("consent", "show")["terms"])
    computer.join(network.invite(), grant=False)
    computer.command("consent", "grant", "basic", "--accept", terms)
    computer.round()
    await_that(network.settled, "the lake has it")
    assert network.metric("vedette_rows_accepted_total", item="kettles") == 2
    kept = network.lake.read("kettles").sort_by("row").to_pylist()
    assert [(row["change"], row["name"], row["litres"]) for row in kept] == [
        ("whole", "copper", 2),
        ("whole", "tin", None),
    ]
    assert kept[0]["cups"] == [("blue", 3), ("red", 0)]

    # What is known of the computer is what it listed.
    assert in_order(known_of(network, computer, "--item", "kettles")) == in_order(listed)
    everything = known_of(network, computer)
    assert in_order(listed)[0] in in_order(everything)
    assert {"kettles", "operating_system", "vedette"} <= {line["item"] for line in everything}


def test_an_item_or_install_that_is_not_there_is_said_so(network: Network) -> None:
    computer = "0" * 32
    wrong = network.run("installs", "show", computer, "--item", "colours")
    assert wrong.returncode != 0
    assert "no item colours" in wrong.stderr
    unknown = network.run("installs", "show", computer)
    assert unknown.returncode != 0
    assert len(unknown.stderr.splitlines()) == 1
