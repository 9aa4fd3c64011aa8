"""What can be set about the endpoint. The composition root fills these from the one configuration file."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import msgspec

MIB = 1 << 20


class SpoolSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What waits to be sent.

    ``max_bytes``: bytes of waiting rows and envelopes; ``max_age``: the oldest row kept (neither more: the
    oldest go first, counted); ``rows_per_envelope``: rows sent at once; ``max_remembered``: files of which it
    is remembered that they were reported.
    """

    max_bytes: int = 64 * MIB
    max_age: timedelta = timedelta(days=7)
    rows_per_envelope: int = 500
    max_remembered: int = 50_000


class UplinkSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When is sent.

    ``send_every``: seconds between two rounds that went well; ``backoff_first`` and ``backoff_most``: the
    longest wait in seconds after the first failure, doubled with each further one, and what it never exceeds.
    """

    send_every: float = 60.0
    backoff_first: float = 1.0
    backoff_most: float = 3600.0


class SentSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of what was sent can be read back: ``max_bytes`` bytes of requests, none older than
    ``max_age``.
    """

    max_bytes: int = 256 * MIB
    max_age: timedelta = timedelta(days=90)


class LaunchSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which launches are reported.

    ``report_again``: a launch of the same file is reported once in this time; ``source``: where launches are
    learned from, ``auto`` being the connector where the system has it; ``polling_interval``: seconds between
    two looks of the polling fallback; ``watch``: folders in which scripts and programs of other systems that are
    executed are launches too, as they are in protection's ``deny_in``; ``most_per_second``: launches looked at in a
    second on average, and ``burst`` of them at once (more are counted, not read); ``max_file_bytes``: bytes of the
    largest file that is hashed.
    """

    report_again: timedelta = timedelta(hours=24)
    source: Literal["auto", "connector", "polling"] = "auto"
    polling_interval: float = 1.0
    watch: tuple[str, ...] = ()
    most_per_second: float = 200.0
    burst: int = 2000
    max_file_bytes: int = 512 * MIB


class DownloadSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which downloads are reported.

    ``auto``: the folders that this computer's people have set for downloads are watched; ``folders``: further ones;
    ``settle``: seconds that nothing must happen to a file before it is looked at; ``report_again``: the same file from
    the same address is reported once in this time; ``most_per_second``: files looked at in a second on average, and
    ``burst`` of them at once (more are counted, not read).
    """

    auto: bool = True
    folders: tuple[str, ...] = ()
    settle: float = 1.0
    report_again: timedelta = timedelta(hours=24)
    most_per_second: float = 2.0
    burst: int = 100


class ProtectionSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is refused.

    ``deny_in``: folders in which a refused file cannot be executed (none: refusals are only recorded);
    ``brake_refusals``: different files that may be refused within ``brake_window``, one more and refusing
    stops for that long; ``decision_deadline``: seconds after which an execution is allowed undecided.
    """

    deny_in: tuple[str, ...] = ()
    brake_refusals: int = 20
    brake_window: timedelta = timedelta(minutes=10)
    decision_deadline: float = 2.0


class UrgentSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The urgent channel.

    ``stale_after``: seconds without a heartbeat after which verdicts count as stale; ``backoff_first``,
    ``backoff_most``: as of the uplink, in seconds; ``look_every``: seconds between two looks at whether
    protection is still wanted.
    """

    stale_after: float = 45.0
    backoff_first: float = 0.5
    backoff_most: float = 300.0
    look_every: float = 1.0


class LogFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A log that is a file at ``path``, and its form."""

    path: str
    form: Literal["syslog", "eve", "clamd", "fail2ban", "audit"]


class LogSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which logs are read.

    ``auto``: the journal where there is one, else the kernel's log and the system's log file, and the usual files of
    Suricata, ClamAV, fail2ban and auditd; ``files``: further ones; ``socket``: a path at which programs of this
    computer can log, and ``udp``: a port for the same on the loopback address (none: nothing listens);
    ``most_per_second``: events of one item taken from logs in a second on average, and ``burst`` of them at once
    (more are counted, not reported; attacks have their own bound).
    """

    auto: bool = True
    files: tuple[LogFile, ...] = ()
    socket: str | None = None
    udp: int | None = None
    most_per_second: float = 10.0
    burst: int = 500


class AttackSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How attacks are reported.

    ``every``: seconds after which further attacks of the same kind, from the same address on the same port, are
    reported as one row; ``most``: how many different ones are counted at once (what comes beside them is counted as
    dropped).
    """

    every: float = 60.0
    most: int = 4096


class HoneyportSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Ports that nobody has a reason to come to.

    ``tcp`` and ``udp``: the ports (none: nothing listens); ``address``: that of this computer at which they are
    opened, all of them where it is empty; ``most_per_second``: visitors written down in a second, on average.
    """

    tcp: tuple[int, ...] = ()
    udp: tuple[int, ...] = ()
    address: str = ""
    most_per_second: float = 200.0


class EndpointSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of them."""

    spool: SpoolSettings = msgspec.field(default_factory=SpoolSettings)
    uplink: UplinkSettings = msgspec.field(default_factory=UplinkSettings)
    sent: SentSettings = msgspec.field(default_factory=SentSettings)
    launches: LaunchSettings = msgspec.field(default_factory=LaunchSettings)
    downloads: DownloadSettings = msgspec.field(default_factory=DownloadSettings)
    protection: ProtectionSettings = msgspec.field(default_factory=ProtectionSettings)
    urgent: UrgentSettings = msgspec.field(default_factory=UrgentSettings)
    logs: LogSettings = msgspec.field(default_factory=LogSettings)
    attacks: AttackSettings = msgspec.field(default_factory=AttackSettings)
    honeyport: HoneyportSettings = msgspec.field(default_factory=HoneyportSettings)
