"""The tables of ``state.db``: what the network has derived from the log, and its journal of verdicts.

Times are microseconds since the epoch, ``file`` is the SHA-256 of a file (32 bytes), ``install`` the install's number
in the registry. A table that holds something of one install says so in a column of that name and in ``ERASABLE``.
"""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text

from vedette.store.database import Schema

TABLES = MetaData()

# How far into the log each consumer has come; written in the transaction that writes its effects.
CONSUMED = Table(
    "consumed",
    TABLES,
    Column("consumer", Text, primary_key=True),
    Column("offset", Integer, nullable=False),
)

# Which computer has seen which file, from when to when, in how many reports.
SIGHTINGS = Table(
    "sightings",
    TABLES,
    Column("install", Integer, primary_key=True),
    Column("file", LargeBinary(32), primary_key=True),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("reports", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# The same, summed over the computers.
FILES = Table(
    "files",
    TABLES,
    Column("file", LargeBinary(32), primary_key=True),
    Column("computers", Integer, nullable=False),
    Column("first", Integer, nullable=False),
    Column("last", Integer, nullable=False),
    Column("reports", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Rows of each item that arrived on a day (UTC, counted from the epoch).
ITEM_COUNTERS = Table(
    "item_counters",
    TABLES,
    Column("day", Integer, primary_key=True),
    Column("item", Text, primary_key=True),
    Column("rows", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Rows of each item that an install has sent.
INSTALL_COUNTERS = Table(
    "install_counters",
    TABLES,
    Column("install", Integer, primary_key=True),
    Column("item", Text, primary_key=True),
    Column("rows", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# Who says that a file is a threat, since when: one vote a computer.
DETECTIONS = Table(
    "detections",
    TABLES,
    Column("file", LargeBinary(32), primary_key=True),
    Column("install", Integer, primary_key=True),
    Column("threat", Text, nullable=False),
    Column("first", Integer, nullable=False),
    Index("detections_install", "install"),
    sqlite_with_rowid=False,
)

# Every verdict ever published, as it was signed. The serial is part of the document and never used twice.
JOURNAL = Table(
    "journal",
    TABLES,
    Column("serial", Integer, primary_key=True),
    Column("subject_kind", Text, nullable=False),  # file, host, ip, signer
    Column("subject", Text, nullable=False),  # a file by its SHA-256 in hexadecimal
    Column("verdict", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("issued", Integer, nullable=False),
    Column("expires", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    Index("journal_subject", "subject_kind", "subject", "serial"),
    sqlite_autoincrement=True,
)

# Accepted items that could not be used later, with the reason: nothing disappears unsaid.
DEAD_LETTERS = Table(
    "dead_letters",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("offset", Integer, nullable=False),  # the log's
    Column("install", Integer, nullable=False),
    Column("item", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("time", Integer, nullable=False),
    Index("dead_letters_install", "install"),
)

ERASABLE = {
    "sightings": "install",
    "install_counters": "install",
    "detections": "install",
    "dead_letters": "install",
}

# 64 MiB of cache: the upper levels of the sightings' tree stay in memory at tens of millions of rows.
SCHEMA = Schema(version=1, tables=TABLES, erasable=ERASABLE, cache=65_536)
