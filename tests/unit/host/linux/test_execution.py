"""fanotify: which folders it takes, that it keeps up with new ones, and that this process can never stop itself."""

from __future__ import annotations

import ctypes
import errno
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from vedette.clock import SystemClock
from vedette.errors import ConfigurationError, NotPermitted
from vedette.host import OpenedFile
from vedette.host.linux import fanotify
from vedette.host.linux.execution import FanotifyControl
from vedette.host.linux.folders import narrow

CLOCK = SystemClock()


def _deny(opened: OpenedFile) -> bool:
    return False


@contextmanager
def _running(control: FanotifyControl) -> Iterator[FanotifyControl]:
    stop = threading.Event()
    thread = threading.Thread(target=control.run, args=(_deny, stop), daemon=True)
    thread.start()
    assert control.ready.wait(5)
    try:
        yield control
    finally:
        stop.set()
        thread.join(5)


def _program(folder: Path, name: str = "program") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy("/bin/true", folder / name))


def _denied(program: Path) -> bool:
    try:
        subprocess.run([program], check=True)
    except PermissionError:
        return True
    return False


def _soon_denied(program: Path) -> bool:
    until = CLOCK.monotonic() + 5
    while not (denied := _denied(program)) and CLOCK.monotonic() < until:
        CLOCK.sleep(0.02)
    return denied


@pytest.mark.parametrize(
    "folder",
    [
        "/",
        "/usr",
        "/usr/bin",
        "/usr/local/bin",
        "/bin",
        "/sbin",
        "/lib",
        "/lib64",
        "/etc/init.d",
        "/proc",
    ],
)
def test_the_system_s_folders_are_refused(folder: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        FanotifyControl([folder])
    assert folder == "/" or folder not in str(caught.value)


def test_a_link_to_a_system_folder_and_a_relative_one_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/usr")
    for folder in (
        str(tmp_path / "link"),
        "folder",
        str(Path(sys.executable).resolve().parent),
    ):
        with pytest.raises(ConfigurationError):
            narrow(folder)
    assert narrow(str(tmp_path)) == str(tmp_path)


def test_folders_that_do_not_exist_are_said_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        FanotifyControl([str(tmp_path / "none")]).run(_deny, threading.Event())


def test_without_rights_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        ctypes.set_errno(errno.EPERM)
        return -1

    monkeypatch.setattr(fanotify._libc, "fanotify_init", refuse)
    with pytest.raises(NotPermitted, match="as root"):
        FanotifyControl([str(tmp_path)]).run(_deny, threading.Event())


@pytest.mark.root
def test_sub_folders_old_new_and_moved_are_watched(tmp_path: Path) -> None:
    watched, elsewhere = tmp_path / "watched", tmp_path / "elsewhere"
    old, outside = _program(watched / "a" / "b"), _program(elsewhere / "c" / "d")
    with _running(FanotifyControl([str(watched)])):
        assert _denied(old)
        assert not _denied(outside)
        assert _soon_denied(_program(watched / "new" / "deep" / "er"))
        shutil.move(elsewhere / "c", watched / "moved")
        assert _soon_denied(watched / "moved" / "d" / "program")
        (watched / "a").rename(watched / "renamed")
        CLOCK.sleep(0.1)
        assert _soon_denied(_program(watched / "renamed" / "after"))


@pytest.mark.root
def test_links_lead_nowhere(tmp_path: Path) -> None:
    outside = _program(tmp_path / "outside")
    watched = tmp_path / "watched"
    watched.mkdir()
    (watched / "link").symlink_to(tmp_path / "outside")
    with _running(FanotifyControl([str(watched)])):
        (watched / "later").symlink_to(tmp_path / "outside")
        CLOCK.sleep(0.1)
        assert not _denied(outside)
        assert not _denied(watched / "link" / "program")


@pytest.mark.root
def test_another_mount_is_not_entered(tmp_path: Path) -> None:
    watched = tmp_path / "watched"
    program = _program(tmp_path / "outside")
    (watched / "mount").mkdir(parents=True)
    bind = ["mount", "--bind", str(tmp_path / "outside"), str(watched / "mount")]
    if subprocess.run(bind, check=False, capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        with _running(FanotifyControl([str(watched)])):
            assert not _denied(watched / "mount" / "program")
            assert not _denied(program)
    finally:
        subprocess.run(["umount", str(watched / "mount")], check=True)


@pytest.mark.root
def test_the_number_of_folders_is_bounded(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    programs = [_program(tmp_path / f"folder {n}") for n in range(10)]
    with _running(FanotifyControl([str(tmp_path)], limit=5)):
        assert sum(_denied(program) for program in programs) == 4  # and their parent
    assert caplog.messages.count("more folders than can be watched") == 1


@pytest.mark.root
def test_a_copy_of_this_process_does_not_keep_the_group_open(tmp_path: Path) -> None:
    """Else nobody would answer, and everybody wait, once this process had ended."""
    code = (
        "import os, sys, threading\n"
        "from vedette.host.linux.execution import FanotifyControl\n"
        "control = FanotifyControl([sys.argv[1]])\n"
        "run = lambda: control.run(lambda opened: False, threading.Event())\n"
        "threading.Thread(target=run, daemon=True).start()\n"
        "control.ready.wait(5)\n"
        "def open_groups():\n"
        "    links = [f'/proc/self/fd/{name}' for name in os.listdir('/proc/self/fd')]\n"
        "    return sum('fanotify' in os.readlink(link) for link in links if os.path.lexists(link))\n"
        "assert open_groups() == 1\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(open_groups())\n"
        "sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", code, str(tmp_path)]
    assert subprocess.run(command, check=False, timeout=20, env=env).returncode == 0


@pytest.mark.root
def test_a_child_started_here_cannot_hold_up_the_answer(tmp_path: Path) -> None:
    """A vfork would keep the interpreter's lock while its child waits for this very process."""
    program = _program(tmp_path)
    before = subprocess._USE_VFORK
    with _running(FanotifyControl([str(tmp_path)])) as control:
        assert _denied(program)
        with pytest.raises(PermissionError):
            subprocess.run([program], check=True, close_fds=False)
        assert control.counts.denied == 2
    assert before == subprocess._USE_VFORK


@pytest.mark.root
def test_killed_while_it_decides_it_lets_everything_go_on(tmp_path: Path) -> None:
    program = _program(tmp_path)
    code = (
        "import sys, threading\n"
        "from vedette.host.linux.execution import FanotifyControl\n"
        "control = FanotifyControl([sys.argv[1]], deadline=60)\n"
        "hang = lambda opened: threading.Event().wait()\n"
        "run = lambda: control.run(hang, threading.Event())\n"
        "threading.Thread(target=run, daemon=True).start()\n"
        "control.ready.wait(5)\n"
        "print('ready', flush=True)\n"
        "threading.Event().wait()\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, env=env
    ) as control:
        assert control.stdout
        assert control.stdout.readline() == b"ready\n"
        threading.Timer(0.5, control.kill).start()
        started = CLOCK.monotonic()
        # By a shell: it waits, this process does not.
        assert subprocess.run(["/bin/sh", "-c", str(program)], check=False).returncode == 0
        assert 0.3 < CLOCK.monotonic() - started < 5


@pytest.mark.root
def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    program = _program(tmp_path)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        with _running(FanotifyControl([str(tmp_path)])):
            assert _denied(program)
        CLOCK.sleep(0.1)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.root
def test_the_deciding_process_itself_goes_unasked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["/bin/sh", "-c", 'read go; exec "$0"', str(_program(tmp_path))]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as itself:
        monkeypatch.setattr(os, "getpid", lambda: itself.pid)
        with _running(FanotifyControl([str(tmp_path)])) as control:
            itself.communicate(b"go\n")
            assert itself.returncode == 0
            assert control.counts.allowed == 1
