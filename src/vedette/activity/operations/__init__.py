"""Operations that were stopped or flagged where no file is at fault: by AppArmor, by SELinux, or by another product."""

from __future__ import annotations

from datetime import date, timedelta

from vedette.activity import ActivityItem
from vedette.activity.operations import apparmor, selinux
from vedette.activity.operations.record import OPERATIONS, Operation, operation
from vedette.facts.record import Platform
from vedette.statement.clauses import Purpose, clause

__all__ = ["ITEM", "OPERATIONS", "Operation", "operation"]

ITEM = ActivityItem(
    name=OPERATIONS,
    clause=clause("protection.operations"),
    record=Operation,
    purposes=frozenset({Purpose.DETECT, Purpose.PROTECT}),
    owner="endpoint",
    reviewed=date(2026, 11, 24),
    expires=date(2028, 11, 24),
    platforms=frozenset({Platform.LINUX, Platform.WINDOWS}),
    retention=timedelta(days=180),
    logs=(apparmor.SOURCE, selinux.SOURCE),
)
