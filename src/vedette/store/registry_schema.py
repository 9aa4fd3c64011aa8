"""The tables of ``registry.db``: tokens, installs, consents, tombstones."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

from vedette.store.database import Schema

TABLES = MetaData()

TOKENS = Table(
    "tokens",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("hash", LargeBinary, nullable=False, unique=True),  # SHA-256 of the token's text
    Column("organisation", Text),  # as the operator states it; null for none
    Column("managed", Boolean, nullable=False),
    Column("expires", Integer, nullable=False),  # microseconds
    Column("spent_by", Integer),  # the install's number; stays when the install is erased
    sqlite_autoincrement=True,
)

INSTALLS = Table(
    "installs",
    TABLES,
    Column("number", Integer, primary_key=True),  # short, internal, never used twice
    Column("install", Text, nullable=False, unique=True),  # random 128 bits in hexadecimal
    Column("public_key", LargeBinary, nullable=False, unique=True),
    Column("erasure_key", LargeBinary, nullable=False, unique=True),  # SHA-256 of the public key
    Column("organisation", Text),
    Column("managed", Boolean, nullable=False),
    Column("token_id", Integer, ForeignKey("tokens.id"), nullable=False),
    Column("prefix_hash", LargeBinary, nullable=False),  # see vedette.store.prefix
    Column("joined", Integer, nullable=False),
    Column("revoked", Integer),  # when; null while it is not
    Column("revoked_reason", Text),
    sqlite_autoincrement=True,
)

# The current receipt of each install; earlier ones are the install's own to keep.
CONSENTS = Table(
    "consents",
    TABLES,
    Column("install", Integer, ForeignKey("installs.number"), primary_key=True),
    Column("receipt_id", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),  # as the install signed it
    Column("terms", Text, nullable=False),
    Column(
        "tiers", Text, nullable=False
    ),  # words, separated by blanks; empty when all is withdrawn
    Column("time", Integer, nullable=False),
)

# What stays of an erased install: enough to answer retries and to refuse what arrives late.
TOMBSTONES = Table(
    "tombstones",
    TABLES,
    Column("erasure_key", LargeBinary, primary_key=True),
    Column("receipt", LargeBinary, nullable=False),
    Column("erased_at", Integer, nullable=False),
)

ERASABLE = {"installs": "number", "consents": "install"}
SCHEMA = Schema(version=1, tables=TABLES, erasable=ERASABLE)
