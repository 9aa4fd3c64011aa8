"""Hives that others made, and damaged ones by the hundred: each is read, and what cannot be is said."""

from __future__ import annotations

import json
import lzma
import random
import resource
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner

from tests.conformance.test_damage import sandbox_peak
from tests.conftest import Tell
from tests.unit.formats.regf.forge import Hive
from vedette.cli import vedette
from vedette.clock import SystemClock
from vedette.errors import CallFailed, SandboxError
from vedette.formats.regf.packed import Answer, PackedKey
from vedette.host.offline.hive import HIVE
from vedette.sandbox.limits import Limits
from vedette.sandbox.sandbox import Sandbox

SHARED: Final = Path(__file__).parents[3] / "shared" / "data"
ROWS: Final[dict[str, dict[str, Any]]] = (
    {row["file"]: row for row in json.loads((SHARED / "hive-manifest.json").read_text())}
    if SHARED.is_dir()
    else {}
)
NAMES: Final = ("SYSTEM", "SOFTWARE", "NTUSER")
CLOCK: Final = SystemClock()
LONGEST: Final = 5.0  # seconds for any damaged hive, on a machine that does other things as well
MEMORY: Final = 256 << 10  # kB
CPU: Final = 4.0  # seconds for the whole inventory of a Windows 10

shared = pytest.mark.skipif(not ROWS, reason="the shared set is not here")


def unpacked(file: str) -> bytes:
    return lzma.decompress((SHARED / file).read_bytes())


@pytest.fixture
def sandbox() -> Iterator[Sandbox[Answer]]:
    limits = Limits(wall=LONGEST, per_mib=0.25, answer=HIVE.longest, calls=1 << 30)
    with Sandbox(HIVE.entry, Answer, limits, CLOCK) as made:
        yield made


def counted(key: PackedKey) -> tuple[int, int]:
    below = [counted(each) for each in key.keys]
    return 1 + sum(keys for keys, _ in below), len(key.values) + sum(values for _, values in below)


@shared
@pytest.mark.parametrize("file", ROWS)
def test_all_keys_and_values_that_others_find(
    file: str, sandbox: Sandbox[Answer], tmp_path: Path
) -> None:
    row = ROWS[file]
    hive = tmp_path / "hive"
    hive.write_bytes(unpacked(file))
    with hive.open("rb") as opened:
        if row["dirty"]:
            assert sandbox.call(opened.fileno(), path="").state == "incomplete"
        answer = sandbox.call(opened.fileno(), path="", depth=60, logs=[])
    assert answer.key is not None
    assert answer.key.name == row["root"]
    assert row["dirty"] == any("dirty" in reason for reason in answer.key.damage)
    if "error" in row["hivex"]:
        assert any("damaged" in reason for reason in answer.key.damage)
        assert counted(answer.key)[0] > 1
    else:
        assert counted(answer.key) == (row["hivex"]["keys"], row["hivex"]["values"])
        assert all("dirty" in reason for reason in answer.key.damage)


def lines(*arguments: str | Path) -> list[dict[str, Any]]:
    result = CliRunner().invoke(vedette, ["inventory", *map(str, arguments), "--json"])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@shared
@pytest.mark.parametrize("file", ROWS)
def test_every_hive_gives_an_inventory_whatever_it_is_said_to_be(file: str, tmp_path: Path) -> None:
    hive = tmp_path / "hive"
    hive.write_bytes(unpacked(file))
    for name in NAMES:
        found = lines("--registry", f"{name}={hive}")
        assert {line["item"] for line in found} >= {"operating_system", "vedette"}
        assert {line["source"] for line in found} == {str(hive)}


BAD: Final = {
    "empty": (b"", "the hive is empty"),
    "win9x": (b"CREG" + bytes(1 << 16), "a registry of Windows 95, 98 or Me"),
    "foreign": (b"SQLite format 3\0" + bytes(1 << 16), "not a registry hive"),
    "cut in its header": (Hive({}).build()[:600], "the root of the hive is damaged"),
    "zeros": (bytes(1 << 16), "not a registry hive"),
}


@pytest.mark.parametrize("kind", BAD)
@pytest.mark.parametrize(("name", "item"), [("SYSTEM", "services"), ("SOFTWARE", "software")])
def test_what_is_no_hive_stops_nothing(kind: str, name: str, item: str, tmp_path: Path) -> None:
    content, reason = BAD[kind]
    bad, good = tmp_path / "bad", tmp_path / "good"
    bad.write_bytes(content)
    services = {"ControlSet001": {"Services": {"Tool": {"=Type": 16, "=Start": 2}}}}
    good.write_bytes(Hive({"Select": {"=Current": 1}, **services}).build())
    arguments = ["--registry", f"{name}={bad}"]
    if name != "SYSTEM":
        arguments += ["--registry", f"SYSTEM={good}"]
    found = lines(*arguments)
    assert reason in {line["reason"] for line in found if line.get("of") == item}
    if name != "SYSTEM":
        assert [line["name"] for line in found if line["item"] == "services"] == ["Tool"]


@shared
def test_the_whole_inventory_of_a_windows_10_is_quick(tmp_path: Path, tell: Tell) -> None:
    given: list[str] = []
    for name, file in (
        ("SYSTEM", "SYSTEM-win10b"),
        ("SOFTWARE", "SOFTWARE-wine10"),
        ("NTUSER", "NTUSER-a"),
    ):
        (tmp_path / name).write_bytes(unpacked(f"hives/{file}.xz"))
        given += ["--registry", f"{name}={tmp_path / name}"]
    before = _used()
    found = lines(*given)
    used = _used() - before
    tell(f"{len(found)} lines of a Windows 10 in {used:.2f} s of CPU")
    assert used < CPU


def _used() -> float:
    """Seconds of CPU of this process and of its children that have ended."""
    every = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in every)


def originals() -> Iterator[bytes]:
    tree: dict[str, Any] = {"=Data": b"x" * 20_000, "=Names": ["a", "b"]}
    for number in range(300):
        tree[f"Key {number}"] = {"=Path": f"C:\\{number}.exe", "Below": {"=Number": number}}
    yield Hive(tree).build()
    yield Hive(tree, lists=b"lf", split=20, minor=3).build()
    for file, row in ROWS.items():
        if row["size"] <= 1 << 20:
            yield unpacked(file)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """``content`` after what transmission, bad disks and hostile people do."""
    data = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        match chance.randrange(5):
            case 0:
                del data[chance.randrange(len(data) + 1) :]
            case 1 if data:
                for _ in range(chance.randint(1, 64)):
                    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            case 2 if len(data) > 8192:  # fields of cells: sizes, counts, places
                for _ in range(chance.randint(1, 200)):
                    place = chance.randrange(4096, len(data) - 4) // 4 * 4
                    extreme = chance.choice((0, 1, 8, 32, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF))
                    struct.pack_into("<I", data, place, extreme)
            case 3 if len(data) > 8192:  # places of other cells: lists that lead anywhere, circles
                for _ in range(chance.randint(1, 100)):
                    place = chance.randrange(4096, len(data) - 4) // 4 * 4
                    struct.pack_into("<I", data, place, chance.randrange(len(data)) // 8 * 8)
            case _ if len(data) > 64:
                data[chance.randrange(8) * 4 + 4] ^= 1 << chance.randrange(8)
    return bytes(data)


def test_every_damaged_hive_gets_an_answer(
    request: pytest.FixtureRequest,
    chance: random.Random,
    tell: Tell,
    sandbox: Sandbox[Answer],
    tmp_path: Path,
) -> None:
    variants = int(request.config.getoption("--variants"))
    hives, path = list(originals()), tmp_path / "variant"
    read = slowest = most = 0.0
    for number in range(variants):
        path.write_bytes(damaged(chance.choice(hives), chance))
        start = CLOCK.monotonic()
        with path.open("rb") as file:
            try:
                answer = sandbox.call(file.fileno(), path="", depth=60, logs=[])
                assert answer.state == "key"
                read += 1
            except SandboxError as error:
                # It may be refused for a reason; an exception's name is none.
                if not isinstance(error, CallFailed) or error.reason[0].isupper():
                    kept = path.rename(Path.cwd() / f"damaged-{number}")
                    pytest.fail(f"kept as {kept}: {error}")
        slowest = max(slowest, CLOCK.monotonic() - start)
        if number % 100 == 99 or number == variants - 1:
            most = max(most, sandbox_peak(sandbox))
    tell(
        f"{variants} damaged hives, {read:.0f} of them read, the slowest in {slowest:.2f} s,"
        f" {int(most) >> 10} MB at most"
    )
    assert most <= MEMORY
