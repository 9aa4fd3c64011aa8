"""The journal of a real journald, which runs in namespaces of its own for a test's length; and the kernel's log."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from vedette.errors import NotPermitted, Unsupported
from vedette.host.events import LogEntry, Mark
from vedette.host.linux.journal import Journal
from vedette.host.linux.kernel_log import KernelLog, kernel_log_opens

JOURNALD = Path("/lib/systemd/systemd-journald")
SCRIPT = """
set -e
mount -t tmpfs tmpfs /run
mount -t tmpfs tmpfs /var/log
mkdir -p /run/systemd/journal /run/log/journal /run/systemd/journald.conf.d /run/dev
printf '[Journal]\\nStorage=volatile\\nReadKMsg=no\\nAudit=no\\n' > /run/systemd/journald.conf.d/test.conf
printf '0123456789abcdef0123456789abcdef\\n' > /run/machine-id
mount --bind /run/machine-id /etc/machine-id
mount --rbind /dev /run/dev
mount -t tmpfs tmpfs /dev
for name in null urandom; do touch /dev/$name; mount --bind /run/dev/$name /dev/$name; done
ln -s /run/systemd/journal/dev-log /dev/log
"""


@pytest.mark.root
@pytest.mark.skipif(not JOURNALD.exists(), reason="no journald is installed")
def test_a_real_journal_is_followed() -> None:
    script = SCRIPT + (
        f'{JOURNALD} & "$@" || status=$?\nkill %1; wait %1 || true\nexit ${{status:-0}}\n'
    )
    child = [sys.executable, "-m", "tests.unit.host.linux.journal_child"]
    unshared = ["unshare", "--mount", "--net", "--propagation", "private"]
    done = subprocess.run(
        [*unshared, "bash", "-c", script, "bash", *child],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    assert json.loads(done.stdout) == {
        "texts": [["one", "two"], ["two", "three"], [str(number) for number in range(25)]],
        "ended": [],
    }


@pytest.mark.parametrize(
    ("command", "error"),
    [(("/nonexistent/journalctl",), Unsupported), (("false",), NotPermitted)],
)
def test_a_journal_that_cannot_be_read_says_so(
    command: tuple[str, ...], error: type[Exception]
) -> None:
    with pytest.raises(error):
        next(Journal({"sshd"}, command).entries(None, threading.Event()))
    with pytest.raises(error):
        next(Journal({"sshd"}, command).entries(Mark("s=1"), threading.Event()))


@pytest.mark.root
def test_the_running_kernels_log_is_read() -> None:
    if not kernel_log_opens():
        pytest.skip("this kernel's log is closed")
    entries = KernelLog().entries(Mark("an earlier boot:1"), threading.Event())
    told = [one for _ in range(3) if (one := next(entries))]
    entries = iter(())  # which closes the device
    assert told
    assert all(isinstance(what, LogEntry) and what.program == "kernel" for _, what in told[-1:])


def test_a_command_that_gives_up_is_called_again_later(tmp_path: Path) -> None:
    script = tmp_path / "journalctl"
    script.write_text("#!/bin/sh\nexit 0\n")
    script.chmod(0o755)
    stop = threading.Event()
    entries = Journal({"sshd"}, (str(script),)).entries(Mark("s=1"), stop)
    assert next(entries) is None
    stop.set()
    assert list(entries) == []
