from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from vedette.store.compaction import CLASSES, ENOUGH, LARGEST, DataFile, groups

TODAY = date(2026, 11, 24)
YESTERDAY = date(2026, 11, 23)
KIB = 1 << 10
MIB = 1 << 20


def files(count: int, size: int, day: date = TODAY) -> list[DataFile]:
    return [DataFile(f"{day}/{size}-{n}", day, size, 1) for n in range(count)]


def test_nothing_is_done_for_a_few_files_of_today() -> None:
    assert groups([]) == []
    assert groups(files(ENOUGH - 1, 10 * KIB)) == []


def test_enough_small_files_are_joined() -> None:
    small = files(ENOUGH, 10 * KIB)
    assert groups([*small, *files(3, 2 * MIB)]) == [small]


def test_two_are_enough_for_a_day_that_is_over() -> None:
    old = files(2, 10 * KIB, YESTERDAY)
    assert groups([*old, *files(1, 3 * MIB, YESTERDAY), *files(2, 10 * KIB)]) == [old]


def test_large_files_stay_as_they_are() -> None:
    assert groups(files(100, CLASSES[-1])) == []


def test_no_joined_file_gets_too_large() -> None:
    joined = groups(files(40, 60 * MIB, YESTERDAY) + files(1, KIB))
    assert [len(group) for group in joined] == [2] * 20


@given(
    st.lists(st.tuples(st.sampled_from([TODAY, YESTERDAY]), st.integers(1, 200 * MIB)), max_size=60)
)
def test_a_file_is_joined_once_and_only_with_its_day(sizes: list[tuple[date, int]]) -> None:
    all_files = [DataFile(str(n), day, size, 1) for n, (day, size) in enumerate(sizes)]
    joined = groups(all_files)
    paths = [file.path for group in joined for file in group]
    assert len(paths) == len(set(paths))
    for group in joined:
        assert len(group) >= 2
        assert len({file.day for file in group}) == 1
        assert sum(file.size for file in group) <= LARGEST


def test_a_day_of_appends_is_written_again_only_a_few_times() -> None:
    held: list[DataFile] = []
    written = 0
    for second in range(86_400 // 8):
        held.append(DataFile(str(second), TODAY, 230 * KIB, 5_000))
        if second % 64 == 63:
            for group in groups(held):
                size = sum(file.size for file in group)
                written += size
                held = [file for file in held if file not in group]
                held.append(DataFile(f"{second}+", TODAY, size, 0))
    total = 230 * KIB * (86_400 // 8)
    assert written < 3 * total
    assert len(held) < 64 + total // (60 * MIB)
