"""Which logs of this computer are followed: each entry through one of them alone."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from vedette.clock import Clock
from vedette.endpoint.log_reports import Followed
from vedette.endpoint.settings import LogSettings
from vedette.host.linux.following import FollowedFile
from vedette.host.linux.journal import Journal, journal_runs
from vedette.host.linux.kernel_log import KernelLog, kernel_log_opens
from vedette.host.linux.log_socket import SyslogSocket
from vedette.host.log_lines import FORMS

# Debian's, Fedora's and Alpine's (or SUSE's) file for what sshd says.
_SYSTEM: Final = ("/var/log/auth.log", "/var/log/secure", "/var/log/messages")
_KERNEL: Final = ("/var/log/kern.log", "/var/log/messages", "/var/log/syslog")
# These are waited for where they are not there yet.
_OWN: Final = (
    ("/var/log/suricata/eve.json", "eve"),
    ("/var/log/clamav/clamav.log", "clamd"),
    ("/var/log/clamav/clamonacc.log", "clamd"),
    ("/var/log/fail2ban.log", "fail2ban"),
    ("/var/log/audit/audit.log", "audit"),
)


def chosen(
    settings: LogSettings, programs: Collection[str], clock: Clock
) -> dict[str, Sequence[Followed]]:
    """The logs to follow for what ``programs`` write, by the name of the thread that follows them."""
    wanted = frozenset(programs)
    if not wanted:
        return {}
    logs: dict[str, Sequence[Followed]] = {}
    forms = {path: form for path, form in _OWN if settings.auto}
    # What a program writes into a file of its own often is in the system's log as well.
    own = {
        program for path, form in forms.items() if _there(path) for program in FORMS[form][1] or ()
    }
    without: frozenset[str] = frozenset(own)
    if settings.auto and journal_runs():
        left = wanted - own
        logs["journal"] = [Followed(Journal(left, clock=clock), only=left)]
    elif settings.auto:
        if kernel_log_opens():
            logs["kernel log"] = [Followed(KernelLog(clock))]
            without |= {"kernel"}
        forms |= dict.fromkeys(_system_files("kernel" in without), "syslog")
    named = {file.path: file.form for file in settings.files}
    logs["logs"] = [
        _followed(path, form, clock, frozenset() if path in named else without)
        for path, form in {**forms, **named}.items()
    ]
    if settings.socket:
        logs["log socket"] = [Followed(SyslogSocket(settings.socket, clock=clock))]
    if settings.udp:
        logs["log port"] = [Followed(SyslogSocket(port=settings.udp, clock=clock))]
    return logs


def _system_files(without_kernel: bool) -> Iterator[str]:
    """The file with what sshd says, and unless ``without_kernel`` that with what the kernel says."""
    for places in (_SYSTEM,) if without_kernel else (_SYSTEM, _KERNEL):
        there = [path for path in places if _there(path)]
        yield from there[:1] or places[:1]


def _followed(path: str, form: str, clock: Clock, without: frozenset[str]) -> Followed:
    read, only = FORMS[form]
    log = FollowedFile(path, read, wait=0, clock=clock)
    return Followed(log, only) if only else Followed(log, without=without)


def _there(path: str) -> bool:
    return Path(path).exists()
