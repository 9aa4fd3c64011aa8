"""Hashes, entropy and the bytes under both."""

from __future__ import annotations

import hashlib
import math
import os
from collections import Counter
from pathlib import Path

import pytest
import tlsh
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import Unreadable
from vedette.filefacts import content as content_module
from vedette.filefacts import entropy as entropy_module
from vedette.filefacts.content import chunks, content_of
from vedette.filefacts.digests import digest
from vedette.filefacts.entropy import entropies


def plain_entropy(data: bytes) -> float:
    return sum(n / len(data) * math.log2(len(data) / n) for n in Counter(data).values())


@pytest.fixture
def varied() -> bytes:
    return b"".join(hashlib.sha256(bytes([n])).digest() * (n % 3 + 1) for n in range(256))


def test_hashes_of_several_chunks(varied: bytes) -> None:
    data = varied * 200
    digests = digest(data)
    assert digests.sha256 == hashlib.sha256(data).hexdigest()
    assert digests.sha1 == hashlib.sha1(data).hexdigest()
    assert digests.md5 == hashlib.md5(data).hexdigest()
    assert digests.similarity == tlsh.hexdigest(data, 1)
    assert digests.similarity is not None
    assert digests.similarity.startswith("T1")


@pytest.mark.parametrize("data", [b"", b"short", bytes(49), bytes(100_000)])
def test_no_similarity_for_too_little(data: bytes) -> None:
    assert digest(data).similarity is None


@given(st.lists(st.binary(max_size=400), max_size=6))
def test_entropy_is_the_textbooks(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    ends = [sum(map(len, pieces[: n + 1])) for n in range(len(pieces))]
    parts = [(end - len(piece), end) for piece, end in zip(pieces, ends, strict=True)]
    expected = [plain_entropy(piece) if piece else 0.0 for piece in pieces]
    assert entropies(data, parts) == pytest.approx(expected, abs=1e-9)


def test_extremes_of_entropy() -> None:
    data = bytes(range(256)) + bytes(1000)
    assert entropies(data, [(0, 256), (256, 1256), (5, 5)]) == [8.0, 0.0, 0.0]


def test_many_parts_and_large_ones(varied: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entropy_module, "WHOLE", 3000)
    parts = [(n, n + n % 7 * 100) for n in range(1500)] + [(0, len(varied)), (0, 2999), (10, 3010)]
    expected = [plain_entropy(varied[s:e]) if s < e else 0.0 for s, e in parts]
    assert entropies(varied, parts) == pytest.approx(expected, abs=1e-9)


def test_a_large_file_is_mapped(
    tmp_path: Path, varied: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(content_module, "WHOLE", 1000)
    path = tmp_path / "large"
    path.write_bytes(varied)
    with path.open("rb") as file, content_of(file.fileno()) as content:
        assert not isinstance(content, bytes)
        assert b"".join(chunks(content)) == varied
        assert digest(content).sha256 == hashlib.sha256(varied).hexdigest()
        assert entropies(content, [(7, 5000)]) == pytest.approx([plain_entropy(varied[7:5000])])


@pytest.mark.parametrize("data", [b"", b"some bytes"])
def test_a_small_file_is_read_and_the_position_left_alone(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "small"
    path.write_bytes(data)
    with path.open("rb", buffering=0) as file:
        file.seek(3)
        with content_of(file.fileno()) as content:
            assert content == data
        assert file.tell() == 3


def test_parts_of_chunks() -> None:
    assert b"".join(chunks(b"0123456789", 2, 100)) == b"23456789"


def test_only_regular_files_are_read() -> None:
    reader, writer = os.pipe()
    try:
        with pytest.raises(Unreadable), content_of(reader):
            pass
    finally:
        os.close(reader)
        os.close(writer)


def test_a_descriptor_that_is_not_for_reading(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"text")
    with path.open("ab") as file, pytest.raises(Unreadable), content_of(file.fileno()):
        pass
