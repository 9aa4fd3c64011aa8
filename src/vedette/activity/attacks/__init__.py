"""Attacks over the network: who, on which port, how, and how often; never against whom."""

from __future__ import annotations

from datetime import date, timedelta

from vedette.activity import ActivityItem
from vedette.activity.attacks import fail2ban, packets, sshd, suricata
from vedette.activity.attacks.record import ATTACKS, Attack, attack
from vedette.facts.record import Platform
from vedette.statement.clauses import Purpose, clause

__all__ = ["ATTACKS", "ITEM", "Attack", "attack"]

ITEM = ActivityItem(
    name=ATTACKS,
    clause=clause("protection.attacks"),
    record=Attack,
    purposes=frozenset({Purpose.DETECT, Purpose.PROTECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    retention=timedelta(days=90),
    logs=(sshd.SOURCE, suricata.SOURCE, packets.SOURCE, fail2ban.SOURCE),
)
