"""A log file that is followed: rotated, copied and cut, damaged, gone; and found again after a restart."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from vedette.errors import NotPermitted, Unsupported
from vedette.host.events import Gap, LogEntry, Mark
from vedette.host.linux.following import CUT, FOREIGN, GONE, LONG, LONGEST, FollowedFile
from vedette.testing.clock import ManualClock


def plain(line: str, now: datetime) -> tuple[LogEntry, ...]:
    return (LogEntry("test", line),) if line.isascii() and line.isprintable() and line else ()


class Reader:
    """One run of the agent: what it has taken so far, and the mark that it would have kept."""

    def __init__(self, path: Path, mark: Mark | None = None) -> None:
        self.clock = ManualClock()
        self.stop = threading.Event()
        self.mark = mark
        self.lines: list[str] = []
        self.gaps: list[Gap] = []
        self._entries = FollowedFile(str(path), plain, clock=self.clock).entries(mark, self.stop)
        self.look()

    def look(self, times: int = 1) -> list[str]:
        """Takes all there is, ``times`` times; the lines that came."""
        before = len(self.lines)
        for _ in range(times):
            while (told := next(self._entries)) is not None:
                self.mark, what = told
                if isinstance(what, LogEntry):
                    self.lines.append(what.text)
                elif what.count:
                    self.gaps.append(what)
        return self.lines[before:]

    def end(self) -> Mark | None:
        self.stop.set()
        assert list(self._entries) in ([], [None])
        return self.mark


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "auth.log"
    path.write_text("old 1\nold 2\n")
    return path


def write(path: Path, *lines: str) -> None:
    with path.open("a") as file:
        file.writelines(f"{line}\n" for line in lines)


def test_begins_at_the_end_and_tells_what_comes(log: Path) -> None:
    reader = Reader(log)
    assert reader.lines == []
    write(log, "one", "two")
    assert reader.look() == ["one", "two"]
    assert reader.look() == []


def test_a_line_counts_once_it_has_an_end(log: Path) -> None:
    with log.open("a") as file:
        file.write("half")
    reader = Reader(log)
    write(log, " a line")
    assert reader.look() == ["half a line"]
    with log.open("a") as file:
        file.write("no end")
    assert reader.look() == []
    mark = reader.end()
    write(log, " yet")
    assert Reader(log, mark).lines == ["no end yet"]


def test_a_restart_loses_and_repeats_nothing(log: Path) -> None:
    mark: Mark | None = Reader(log).end()
    taken = []
    for number in range(5):
        write(log, f"{number} a", f"{number} b")
        reader = Reader(log, mark)
        taken += reader.lines
        mark = reader.end()
    assert taken == [f"{number} {letter}" for number in range(5) for letter in "ab"]


def test_every_mark_stands_behind_its_entry(log: Path) -> None:
    write(log, *(f"line {number}" for number in range(200)))
    begun = FollowedFile(str(log), plain, wait=0).entries(Mark("0:0:0:0:"), threading.Event())
    marks: list[tuple[Mark, LogEntry]] = []
    while (told := next(begun)) is not None:
        mark, what = told
        assert isinstance(what, LogEntry)
        marks.append((mark, what))
    assert len(marks) == 202
    for number in range(0, 202, 20):
        rest = [entry.text for _, entry in marks[number + 1 :]]
        assert Reader(log, marks[number][0]).lines == rest


@pytest.mark.parametrize("ended", [True, False], ids=["stopped meanwhile", "running"])
def test_a_rotation_by_renaming_loses_nothing(log: Path, ended: bool) -> None:
    reader = Reader(log)
    write(log, "one")
    reader.look()
    mark = reader.end() if ended else None
    write(log, "two")
    log.rename(log.with_name("auth.log.1"))
    write(log.with_name("auth.log.1"), "three")  # by a program that has not heard of it yet
    write(log, "four")
    if ended:
        reader = Reader(log, mark)
        assert reader.lines == ["two", "three", "four"]
    else:
        reader.look(10)
        assert reader.lines == ["one", "two", "three", "four"]
    assert reader.gaps == []


@pytest.mark.parametrize("ended", [True, False], ids=["stopped meanwhile", "running"])
def test_rotations_in_a_row_lose_nothing(log: Path, ended: bool) -> None:
    reader = Reader(log)
    write(log, "one")
    reader.look()
    mark = reader.end() if ended else None
    for number in range(3):
        write(log, f"before {number}")
        for older in range(number, 0, -1):
            log.with_name(f"auth.log.{older}").rename(log.with_name(f"auth.log.{older + 1}"))
        log.rename(log.with_name("auth.log.1"))
        os.utime(log.with_name("auth.log.1"), (number, number))
        log.touch()
    write(log, "last")
    wanted = ["before 0", "before 1", "before 2", "last"]
    if ended:
        reader = Reader(log, mark)
        assert reader.lines == wanted
    else:
        reader.look(10)
        assert reader.lines == ["one", *wanted]
    assert reader.gaps == []


@pytest.mark.parametrize("ended", [True, False], ids=["stopped meanwhile", "running"])
def test_a_copy_and_a_cut_lose_nothing(log: Path, ended: bool) -> None:
    reader = Reader(log)
    write(log, "one")
    reader.look()
    mark = reader.end() if ended else None
    write(log, "two")
    log.with_name("auth.log.1").write_bytes(log.read_bytes())
    os.truncate(log, 0)
    write(log, "three", "and more than there was before the cut: " + "x" * 100)
    if ended:
        reader = Reader(log, mark)
        assert reader.lines[:2] == ["two", "three"]
    else:
        reader.look()
        assert reader.lines[:3] == ["one", "two", "three"]
    assert reader.gaps == []


@pytest.mark.parametrize("ended", [True, False], ids=["stopped meanwhile", "running"])
def test_a_cut_without_a_copy_is_told(log: Path, ended: bool) -> None:
    reader = Reader(log)
    write(log, "one")
    reader.look()
    mark = reader.end() if ended else None
    os.truncate(log, 0)
    write(log, "two")
    if ended:
        reader = Reader(log, mark)
    else:
        reader.look()
    assert reader.lines[-1] == "two"
    assert reader.gaps == [Gap(1, CUT)]


def test_what_was_rotated_away_for_good_is_told(log: Path) -> None:
    reader = Reader(log)
    write(log, "one")
    reader.look()
    mark = reader.end()
    log.rename(log.with_name("elsewhere"))  # the inode is still in use
    write(log, "two")
    reader = Reader(log, mark)
    assert reader.lines == ["two"]
    assert reader.gaps == [Gap(1, GONE)]


def test_a_number_used_again_is_not_taken_for_the_same_file(log: Path) -> None:
    reader = Reader(log)
    write(log, "one")
    reader.look()
    mark = reader.end()
    log.write_text("another file at the same number, and longer than the one before\n")
    reader = Reader(log, mark)
    assert reader.lines == ["another file at the same number, and longer than the one before"]
    assert [gap.reason for gap in reader.gaps] == [CUT]


def test_a_log_may_be_gone_for_a_while(log: Path) -> None:
    reader = Reader(log)
    write(log, "one")
    log.unlink()
    assert reader.look() == ["one"]
    assert reader.look(20) == []
    write(log, "two")
    assert reader.look(20) == ["two"]
    log.parent.rename(log.parent.with_name("moved"))
    assert reader.look(20) == []
    log.parent.mkdir()
    write(log, "three")
    assert reader.look(20) == ["three"]
    assert reader.gaps == []


def test_a_log_may_come_later_and_is_read_from_its_beginning(tmp_path: Path) -> None:
    log = tmp_path / "eve.json"
    reader = Reader(log)
    assert reader.look(3) == []
    mark = reader.end()
    write(log, "one")
    reader = Reader(log, mark)
    assert reader.lines == ["one"]


def test_a_log_that_is_missing_at_a_restart_is_waited_for(log: Path) -> None:
    write(log, "one")
    reader = Reader(log)
    write(log, "two")
    reader.look()
    mark = reader.end()
    log.rename(log.with_name("kept"))
    reader = Reader(log, mark)
    assert (reader.look(3), reader.gaps) == ([], [])
    log.with_name("kept").rename(log)
    write(log, "three")
    assert reader.look() == ["three"]
    assert reader.gaps == []


def test_garbage_costs_only_itself(log: Path) -> None:
    reader = Reader(log)
    with log.open("ab") as file:
        file.write(b"one\n" + os.urandom(64).replace(b"\n", b"\xff") + b"\n\xff\xfe\n\n")
        file.write(b"\0\0\0two\r\nthr\0ee\n")
    assert reader.look() == ["one", "two", "three"]
    assert reader.gaps == [Gap(2, FOREIGN)]


def test_a_line_without_end_costs_no_memory(log: Path) -> None:
    reader = Reader(log)
    with log.open("ab") as file:
        for _ in range(40):
            file.write(b"x" * LONGEST)
        file.write(b" the end\nshort\n")
    assert reader.look() == ["short"]
    assert reader.gaps == [Gap(1, LONG)]


def test_a_program_that_writes_on_behind_a_cut_leaves_only_zeros(log: Path) -> None:
    reader = Reader(log)
    with log.open("r+b") as file:
        file.seek(1 << 30)
        file.write(b"one\n")
        file.flush()
        assert reader.look() == ["one"]
        os.truncate(log, 0)
        file.write(b"two\n")  # at the old place
        file.flush()
        assert reader.look() == ["two"]
    assert [gap.reason for gap in reader.gaps] == [CUT]


def test_what_cannot_be_followed_says_so(tmp_path: Path) -> None:
    with pytest.raises(Unsupported):
        Reader(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Unsupported):
        Reader(tmp_path / "pipe")


def test_a_closed_log_says_so(log: Path, unprivileged: None) -> None:
    with pytest.raises(NotPermitted):
        Reader(log)


@pytest.fixture
def unprivileged(log: Path) -> Iterator[None]:
    log.chmod(0)
    if os.geteuid() == 0:
        os.seteuid(65534)
        yield
        os.seteuid(0)
    else:
        yield


@pytest.mark.parametrize("mark", ["", "1:2:3", "x:1:1:1:aa", "nonsense" * 50, "-1:1:1:1:a"])
def test_a_mark_of_another_make_begins_at_the_end(log: Path, mark: str) -> None:
    reader = Reader(log, Mark(mark))
    write(log, "one")
    reader.look()
    assert reader.lines == ["one"]
