"""What was found of a file is remembered by its content; one that breaks the worker has no facts, and that is all."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec
import pytest

from vedette.endpoint.inspections import Inspections
from vedette.errors import CallTimedOut
from vedette.filefacts.facts import FileFacts, PeFacts


class Bench:
    """Answers as a worker would, honest or not."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "file"
        self.looked = 0
        self.counted: list[str] = []
        self.answer = FileFacts(
            sha256="", sha1="", md5="", size=0, entropy=1.0, similarity=None, kind="other"
        )
        self.inspections = Inspections(self.look, self.counted.append, most=2)

    def look(self, descriptor: int) -> FileFacts:
        self.looked += 1
        content = self.path.read_bytes()
        if content == b"slow":
            raise CallTimedOut
        digest = self.answer.sha256 or hashlib.sha256(content).hexdigest()
        return msgspec.structs.replace(self.answer, sha256=digest)

    def of(self, content: bytes) -> FileFacts | None:
        self.path.write_bytes(content)
        with self.path.open("rb") as file:
            return self.inspections.of(file.fileno(), hashlib.sha256(content).digest())


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_the_same_content_is_looked_at_once(bench: Bench) -> None:
    assert bench.of(b"a") == bench.of(b"a") is not None
    assert bench.looked == 1


def test_few_are_remembered_and_the_latest_of_them(bench: Bench) -> None:
    for content in (b"a", b"b", b"a", b"c", b"a"):
        bench.of(content)
    assert bench.looked == 3
    bench.of(b"b")
    assert bench.looked == 4


def test_a_file_that_breaks_the_worker_has_no_facts(bench: Bench) -> None:
    assert bench.of(b"slow") is None
    assert bench.of(b"good") is not None
    assert bench.counted == ["files_without_facts"]


@pytest.mark.parametrize(
    "lie",
    [
        {"sha256": "00" * 32},
        {"sha256": "a digest"},
        {"entropy": float("nan")},
        {"entropy": -1.0},
        {"similarity": "Ann was here"},
        {"pe": PeFacts(machine="Ann was here")},
        {"pe": PeFacts(timestamp=1 << 60)},
        {"pe": PeFacts(languages=["en-US", "../.."])},
    ],
)
def test_a_worker_that_was_taken_over_is_not_believed(bench: Bench, lie: dict[str, object]) -> None:
    bench.answer = msgspec.structs.replace(bench.answer, **lie)
    assert bench.of(b"file") is None
    assert bench.counted == ["files_without_facts"]
