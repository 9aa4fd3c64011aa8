"""One computer's endpoint, wired: each part is loaded and made when it is first asked for, so a command pays for
what it uses.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Final

from vedette import __version__
from vedette.agent.settings import AgentSettings
from vedette.clock import Clock
from vedette.endpoint.membership import Membership
from vedette.endpoint.network import Network
from vedette.endpoint.state_folder import SENT, SPOOL, VERDICTS, StateFolder
from vedette.endpoint.switch import ProtectionSwitch
from vedette.errors import NotPermitted, StoreError, Unreadable, Unsupported
from vedette.wire.transport import SocketTransport

if TYPE_CHECKING:
    from vedette.agent.shut_in import SandboxedParsers
    from vedette.catalogue import Catalogue
    from vedette.endpoint.attack_counts import AttackCounts
    from vedette.endpoint.downloads import Downloads
    from vedette.endpoint.hashing import Hashes
    from vedette.endpoint.inspections import Inspections
    from vedette.endpoint.intake import Intake
    from vedette.endpoint.launch_reports import LaunchReports
    from vedette.endpoint.log_reports import LogReports
    from vedette.endpoint.observing import Observing
    from vedette.endpoint.origins import Origins
    from vedette.endpoint.protection import Protection
    from vedette.endpoint.sent import Sent, SentRequest
    from vedette.endpoint.spool import Spool
    from vedette.endpoint.verdict_store import VerdictStore
    from vedette.facts.privacy import PrivateNames
    from vedette.filefacts.facts import FileFacts
    from vedette.host import Host
    from vedette.sandbox.sandbox import Sandbox
    from vedette.wire.http import Request

PRODUCT: Final = f"vedette/{__version__}"


class Computer:
    """The endpoint of ``settings``. Making it touches nothing."""

    def __init__(self, settings: AgentSettings, clock: Clock) -> None:
        self.settings = settings
        self.clock = clock
        self.folder = StateFolder(settings.folder)
        self.network = Network(self.folder, SocketTransport, self._write_down, clock)
        self.membership = Membership(self.folder, self.network, lambda: self.spool, clock, PRODUCT)
        self.switch = ProtectionSwitch(self.folder)

    @cached_property
    def catalogue(self) -> Catalogue:
        from vedette.catalogue import discover

        return discover()

    @cached_property
    def host(self) -> Host:
        if sys.platform == "win32":
            from vedette.host.windows import WindowsHost

            host: Host = WindowsHost(health=self.health, shut_in=self.shut_in)
        else:
            from vedette.host.linux import LinuxHost

            host = LinuxHost(health=self.health, shut_in=self.shut_in)
        return host

    @cached_property
    def shut_in(self) -> SandboxedParsers:
        """How the host has files looked at that must not be trusted."""
        from vedette.agent.shut_in import SandboxedParsers

        return SandboxedParsers(self.clock)

    @cached_property
    def sent(self) -> Sent:
        from vedette.endpoint.sent import Sent

        self.folder.create()
        return Sent(self.folder.file(SENT), self.clock, self.settings.endpoint.sent)

    @cached_property
    def spool(self) -> Spool:
        from vedette.endpoint.spool import Spool
        from vedette.endpoint.spool_tables import open_spool_database

        self.folder.create()
        return Spool(
            open_spool_database(self.folder.file(SPOOL)), self.clock, self.settings.endpoint.spool
        )

    @cached_property
    def verdicts(self) -> VerdictStore:
        from vedette.endpoint.verdict_store import VerdictStore

        self.folder.create()
        return VerdictStore(self.folder.file(VERDICTS), self.clock)

    @cached_property
    def hashes(self) -> Hashes:
        from vedette.endpoint.hashing import Hashes

        return Hashes(self.clock, self.settings.endpoint.launches.max_file_bytes)

    @cached_property
    def sandbox(self) -> Sandbox[FileFacts]:
        """Where files are looked at; behind everything that people wait for."""
        from vedette.filefacts import INSPECT
        from vedette.filefacts.facts import FileFacts
        from vedette.sandbox.limits import Limits
        from vedette.sandbox.sandbox import Sandbox

        return Sandbox(INSPECT, FileFacts, Limits(idle=3.0, nice=10), self.clock)

    @cached_property
    def inspections(self) -> Inspections:
        from vedette.endpoint.inspections import Inspections

        return Inspections(
            lambda descriptor: self.sandbox.call(descriptor, now=self.clock.now()), self.spool.count
        )

    @cached_property
    def launch_reports(self) -> LaunchReports:
        from vedette.endpoint.launch_reports import LaunchReports

        return LaunchReports(
            self.host, self.intake, self.inspections, self.settings.endpoint.launches
        )

    @cached_property
    def intake(self) -> Intake:
        from vedette.endpoint.intake import Intake
        from vedette.endpoint.reported import Reported

        most = self.settings.endpoint.spool.max_remembered
        reported = Reported(self.spool.database, self.clock, most)
        return Intake(self.membership.consent, self.catalogue.schemas, self.spool, reported)

    @cached_property
    def protection(self) -> Protection:
        from vedette.endpoint.protection import Protection

        if sys.platform == "linux":
            from vedette.host.linux.packages import immunity

            return Protection(
                self.verdicts,
                lambda path, _: immunity(path),
                self.intake,
                self.private,
                lambda: self.switch.on,
                self.clock,
                self.settings.endpoint.protection,
                self.origins,
            )
        raise Unsupported("nothing is decided about files on this system", "use Linux for that")

    @cached_property
    def observing(self) -> Observing:
        from vedette.endpoint.observing import Observing

        return Observing(
            self.intake,
            self.protection,
            self.hashes,
            self.inspections,
            self.private(),
            self.clock,
            self.origins,
        )

    @cached_property
    def origins(self) -> Origins:
        """Where files came from, as is written on them."""
        from vedette.endpoint.origins import Origins, unmarked

        written = unmarked
        if sys.platform == "linux":
            from vedette.host.linux.origins import origin

            written = origin
        return Origins(written, self.private)

    @cached_property
    def downloads(self) -> Downloads:
        from vedette.endpoint.downloads import Downloads

        return Downloads(
            self.host,
            self.intake,
            self.hashes,
            self.inspections,
            self.origins,
            self.clock,
            self.settings.endpoint.downloads,
        )

    @cached_property
    def attack_counts(self) -> AttackCounts:
        from vedette.endpoint.attack_counts import AttackCounts

        return AttackCounts(
            self.intake, self.spool.database, self.clock, self.settings.endpoint.attacks
        )

    @cached_property
    def log_reports(self) -> LogReports:
        from vedette.endpoint.log_marks import LogMarks
        from vedette.endpoint.log_reports import LogReports

        return LogReports(
            self.catalogue.activity(),
            self.intake,
            LogMarks(self.spool.database),
            self.private,
            self.observing.found,
            {"attacks": self.attack_counts.take},
            self.clock,
            self.settings.endpoint.logs,
        )

    def private(self) -> PrivateNames:
        """The names that must not leave this computer."""
        return self.host.private

    def health(self) -> Mapping[str, int]:
        """The counters of this computer's Vedette, and what it uses. Raises ``Unreadable`` if its state is closed."""
        try:
            return {
                **self.spool.counters(),
                "process_cpu_seconds": int(time.process_time()),
                "process_peak_kilobytes": _peak_kilobytes(),
                "spool_bytes": self.spool.size(),
                "spool_rows": self.spool.waiting(),
            }
        except NotPermitted as error:
            raise Unreadable("the state folder is closed to this user") from error
        except StoreError as error:
            raise Unreadable("the state folder cannot be used") from error

    def tidy(self) -> None:
        """Collects the workers that have ended of themselves, of those parts that were ever asked for."""
        for part in ("sandbox", "shut_in"):
            if made := self.__dict__.get(part):
                made.tidy()

    def _write_down(self, request: Request, raw: bytes) -> SentRequest:
        return self.sent(request, raw)


def _peak_kilobytes() -> int:
    """The most memory that this process ever had in use."""
    if sys.platform == "win32":
        from vedette.host.windows.processes import peak_memory

        peak = peak_memory() >> 10
    else:
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak
