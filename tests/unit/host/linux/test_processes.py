"""What is mapped into processes, and what is loaded into the kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

from vedette.errors import Unreadable
from vedette.host import KernelObject
from vedette.host.linux.bpf import bpf_programs
from vedette.host.linux.processes import mapped_libraries

MAPS = b"""\
5581-5582 r-xp 00000000 08:01 11 /usr/bin/tool
7f00-7f01 r--p 00000000 08:01 12 /usr/share/data
7f01-7f02 r-xp 00000000 08:01 13 /usr/lib/libc.so.6
7f02-7f03 r-xp 00000000 08:01 13 /usr/lib/libc.so.6
7f03-7f04 r-xp 00000000 08:01 14 /opt/a b/plug in.so
7f04-7f05 r-xp 00000000 08:01 15 /tmp/gone.so (deleted)
7f05-7f06 rwxp 00000000 00:00 0
7ffd-7ffe r-xp 00000000 00:00 0 [vdso]
half a line
"""


def process(proc: Path, pid: int, exe: str, maps: bytes) -> None:
    (proc / str(pid)).mkdir(parents=True)
    (proc / str(pid) / "exe").symlink_to(exe)
    (proc / str(pid) / "maps").write_bytes(maps)


def test_each_library_is_told_once_and_no_program(tmp_path: Path) -> None:
    process(tmp_path, 1, "/usr/bin/tool", MAPS)
    process(tmp_path, 2, "/usr/bin/other", b"1-2 r-xp 0 08:01 13 /usr/lib/libc.so.6\n")
    (tmp_path / "3").mkdir()  # it ends while it is looked at
    (tmp_path / "self").mkdir()
    assert sorted(mapped_libraries(str(tmp_path))) == [
        "/opt/a b/plug in.so",
        "/tmp/gone.so",
        "/usr/lib/libc.so.6",
    ]


def test_this_process_has_mapped_the_c_library() -> None:
    assert any(Path(path).name.startswith(("libc.", "ld-")) for path in mapped_libraries())


def test_bpf_programs_are_told_or_the_reason_why_not() -> None:
    found: list[KernelObject] = []
    reason = None
    try:
        found = bpf_programs()
    except Unreadable as error:
        reason = error.reason
    assert reason in {None, "not permitted", "the kernel has no BPF"}
    assert {each.role for each in found} <= {"bpf"}
    assert all(each.name for each in found)


def test_a_kernel_of_another_kind_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "vax")
    with pytest.raises(Unreadable, match="processor"):
        bpf_programs()
