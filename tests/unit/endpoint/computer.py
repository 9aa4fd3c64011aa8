"""The parts of an endpoint, wired as a composition root would."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from random import Random
from typing import Any

from tests.unit.endpoint.network import FakeNetwork
from vedette.catalogue import discover
from vedette.endpoint.hashing import Hashes
from vedette.endpoint.inspections import Inspections
from vedette.endpoint.intake import Intake
from vedette.endpoint.launch_reports import LaunchReports
from vedette.endpoint.membership import Membership
from vedette.endpoint.network import Network
from vedette.endpoint.origins import Origins
from vedette.endpoint.protection import Protection
from vedette.endpoint.reported import Reported
from vedette.endpoint.sent import Sent
from vedette.endpoint.settings import (
    LaunchSettings,
    ProtectionSettings,
    SentSettings,
    SpoolSettings,
    UplinkSettings,
)
from vedette.endpoint.spool import Spool
from vedette.endpoint.spool_tables import open_spool_database
from vedette.endpoint.state_folder import SENT, SPOOL, VERDICTS, StateFolder
from vedette.endpoint.switch import ProtectionSwitch
from vedette.endpoint.uplink import Uplink
from vedette.endpoint.verdict_store import VerdictStore
from vedette.errors import CallCrashed
from vedette.filefacts.facts import FileFacts
from vedette.statement.clauses import Tier
from vedette.statement.consent import GrantedBy, Receipt
from vedette.statement.terms import current
from vedette.testing.clock import ManualClock
from vedette.testing.host import FakeHost
from vedette.verdicts.verdict import Verdict

CATALOGUE = discover()
PRODUCT = "vedette/0.1.0"


class Computer:
    def __init__(self, path: Path, clock: ManualClock, network: FakeNetwork | None = None) -> None:
        self.clock = clock
        self.net = network or FakeNetwork(clock)
        self.folder = StateFolder(path)
        self.folder.create()
        self.spool = Spool(open_spool_database(self.folder.file(SPOOL)), clock, SpoolSettings())
        self.sent = Sent(self.folder.file(SENT), clock, SentSettings())
        self.network = Network(self.folder, self.net.transport, self.sent, clock)
        self.membership = Membership(self.folder, self.network, lambda: self.spool, clock, PRODUCT)
        self.reported = Reported(self.spool.database, clock, 1000)
        self.intake = Intake(self.membership.consent, CATALOGUE.schemas, self.spool, self.reported)
        self.switch = ProtectionSwitch(self.folder)
        self.host = FakeHost()
        self.verdicts = VerdictStore(self.folder.file(VERDICTS), clock)
        self.hashes = Hashes(clock)
        self.immune: dict[str, str] = {}
        self.marks: dict[str, str] = {}  # by path: where a file says that it came from
        self.origins = Origins(
            lambda path, descriptor: self.marks.get(path), lambda: self.host.private
        )
        self.protection = Protection(
            self.verdicts,
            lambda path, descriptor: self.immune.get(path),
            self.intake,
            lambda: self.host.private,
            lambda: self.switch.on,
            clock,
            ProtectionSettings(),
            self.origins,
        )
        self.looked_at: list[int] = []
        self.inspections = Inspections(self._look, self.spool.count)
        self.launch_reports = LaunchReports(
            self.host, self.intake, self.inspections, LaunchSettings()
        )
        self.uplink = Uplink(
            self.membership,
            self.spool,
            CATALOGUE.schemas,
            PRODUCT,
            clock,
            UplinkSettings(),
            Random(1).random,
        )

    def _look(self, descriptor: int) -> FileFacts:
        """What the sandbox would say, for a file without structure."""
        content = os.pread(descriptor, 1 << 20, 0)
        self.looked_at.append(len(content))
        if content == b"crash":
            raise CallCrashed("SIGSEGV")
        return FileFacts(
            sha256=hashlib.sha256(content).hexdigest(),
            sha1="",
            md5="",
            size=len(content),
            entropy=2.5,
            similarity=None,
            kind="other",
        )

    def join(self) -> None:
        self.membership.join(self.net.join_string().encode())

    def grant(self, tier: Tier = Tier.BASIC) -> Receipt:
        return self.membership.grant(tier, current().digest, GrantedBy.PERSON)

    def withdraw(self, tier: Tier = Tier.BASIC) -> Receipt:
        return self.membership.withdraw(tier, GrantedBy.PERSON)

    def close(self) -> None:
        self.spool.database.close()
        self.sent.close()
        self.verdicts.close()

    def warn(self, content: bytes, **changes: Any) -> Verdict:
        """The network's verdict on a file with this content: a block, unless ``changes`` say otherwise."""
        verdict = self.net.verdict(content, **changes)
        self.verdicts.put(verdict, verdict.sign(self.net.signer), verdict.serial)
        return verdict
