"""One Delta table (https://github.com/delta-io/delta/blob/master/PROTOCOL.md) in a local folder.

Commits are made by the Delta library. The data files are written here, because the library does not sync what it
writes: a file is on disk before the commit that names it, and the commit is before anybody is told.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as pd
import pyarrow.parquet as pq
from deltalake import CommitProperties, DeltaTable, Field, PostCommitHookProperties, Transaction
from deltalake import Schema as DeltaSchema
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction, RemoveAction

from vedette.clock import micros
from vedette.errors import SchemaMismatch, StoreUnusable
from vedette.store.compaction import DataFile, groups

DAY = "day"

# The application whose transactions carry the log's offset.
_APPLICATION = "log"

# Housekeeping after each commit is switched off: checkpoints are made, and synced, by `compact`.
_NO_HOOKS = PostCommitHookProperties(create_checkpoint=False, cleanup_expired_logs=False)

# How long a reader may go on with files that a newer version no longer has, in hours.
_KEEP = 1

_CONFIGURATION: dict[str, str | None] = {
    # No smallest and largest values in the log: they would be values that an erasure leaves behind.
    "delta.dataSkippingNumIndexedCols": "0",
    "delta.logRetentionDuration": f"interval {_KEEP} hours",
    "delta.deletedFileRetentionDuration": f"interval {_KEEP} hours",
}

_PARTITIONS = pd.partitioning(pa.schema([(DAY, pa.date32())]), flavor="hive")
_ROW_GROUP = 131_072


class ItemTable:
    """The table of one item as of the moment it was opened, moved on by its own appends."""

    def __init__(self, folder: Path, delta: DeltaTable) -> None:
        self._folder = folder
        self._delta = delta

    @classmethod
    def open(cls, folder: Path) -> ItemTable | None:
        """The table in ``folder``, or None where nothing was ever appended."""
        with translated():
            if not DeltaTable.is_deltatable(str(folder)):
                return None
            return cls(folder, DeltaTable(str(folder)))

    @classmethod
    def create(cls, folder: Path, schema: pa.Schema) -> ItemTable:
        """A table without rows, with the fields of ``schema``."""
        with translated():
            folder.mkdir(parents=True, exist_ok=True)
            delta = DeltaTable.create(
                str(folder),
                schema,
                partition_by=[DAY],
                configuration=_CONFIGURATION,
                post_commithook_properties=_NO_HOOKS,
            )
            table = cls(folder, delta)
            table._sync_commit()
            for place in (folder, folder.parent, folder.parent.parent):
                sync(place)
        return table

    def refresh(self) -> bool:
        """Takes up what others have committed; false where too much is gone from the log: open it again then."""
        with translated():
            # The log is cut from its old end, so while our own version is there, so is all that follows.
            if not self._commit_file().exists():
                return False
            self._delta.update_incremental()
        return True

    @property
    def version(self) -> int:
        """How many commits the table has seen since it was made."""
        with translated():
            return self._delta.version()

    @property
    def position(self) -> int:
        """The log offset of the last append; 0 for none."""
        with translated():
            return self._delta.transaction_version(_APPLICATION) or 0

    def count(self) -> int:
        """How many rows it has."""
        with translated():
            return sum(file.rows for file in self._files())

    def append(self, rows: pa.Table, offset: int, now: datetime) -> None:
        """Adds rows and notes ``offset`` in one commit. Raises SchemaMismatch, StoreUnusable."""
        with translated():
            self._widen(rows.schema)
            fitted = self._fit(rows)
            added = []
            for day in pc.unique(fitted[DAY]).to_pylist():
                if day is None:
                    raise SchemaMismatch("a row has no day", "give every row the day it came on")
                part = fitted.filter(pc.equal(fitted[DAY], pa.scalar(day, pa.date32())))
                added.append(self._write(day, [part.drop_columns([DAY])]))
            self._commit(
                [_added(file, now, changes=True) for file in added],
                CommitProperties(app_transactions=[Transaction(_APPLICATION, offset)]),
            )

    def read(self, columns: Sequence[str] | None, install: int | None = None) -> pa.Table:
        """All rows, or those of one ``install``. A column that the table lacks raises SchemaMismatch."""
        with translated():
            schema = self._schema()
            if columns is not None and not set(columns) <= set(schema.names):
                raise SchemaMismatch("a column does not exist", "name columns of the item")
            dataset = self._dataset([file.path for file in self._files()], schema)
            wanted = None if install is None else pc.field("install") == install
            return dataset.to_table(None if columns is None else list(columns), wanted)

    def compact(self, now: datetime) -> None:
        """Joins small files in one commit, makes a checkpoint, deletes what nobody can be reading any more.

        Killed anywhere, the table is what it was before or after the commit; files left over go with a later run.
        """
        with translated():
            actions: list[AddAction | RemoveAction] = []
            for group in groups(self._files()):
                joined = self._write(group[0].day, self._chunks(group))
                actions.append(_added(joined, now, changes=False))
                actions += [_removed(file, now) for file in group]
            if actions:
                self._commit(actions, CommitProperties())
            self._delta.create_checkpoint()
            log = self._folder / "_delta_log"
            sync(log / f"{self.version:020}.checkpoint.parquet")
            sync(log / "_last_checkpoint")
            sync(log)
            self._delta.cleanup_metadata()
            for path in self._delta.vacuum(
                retention_hours=_KEEP, enforce_retention_duration=False, dry_run=True, full=True
            ):
                (self._folder / path).unlink(missing_ok=True)

    def _schema(self) -> pa.Schema:
        return pa.schema(self._delta.schema())

    def _files(self) -> list[DataFile]:
        actions = pa.table(self._delta.get_add_actions(flatten=True))
        columns = (
            actions[name] for name in ("path", f"partition.{DAY}", "size_bytes", "num_records")
        )
        return [DataFile(*values) for values in zip(*(c.to_pylist() for c in columns), strict=True)]

    def _dataset(self, paths: Iterable[str], schema: pa.Schema) -> pd.Dataset:
        return pd.dataset(
            [str(self._folder / path) for path in paths],
            schema=schema,
            format="parquet",
            partitioning=_PARTITIONS,
            partition_base_dir=str(self._folder),
        )

    def _chunks(self, group: list[DataFile]) -> Iterator[pa.Table]:
        """The rows of some files in tables of a row group's size or more."""
        schema = self._schema()
        schema = schema.remove(schema.get_field_index(DAY))
        held: list[pa.RecordBatch] = []
        for batch in self._dataset([file.path for file in group], schema).to_batches():
            held.append(batch)
            if sum(part.num_rows for part in held) >= _ROW_GROUP:
                yield pa.Table.from_batches(held, schema)
                held = []
        if held:
            yield pa.Table.from_batches(held, schema)

    def _widen(self, schema: pa.Schema) -> None:
        """Adds the fields that the table does not have yet."""
        known = {field.name: field for field in self._delta.schema().fields}
        new: list[Field] = []
        for field in DeltaSchema.from_arrow(schema).fields:
            there = known.get(field.name)
            if there is None:
                new.append(field)
            elif there.type != field.type:
                raise SchemaMismatch(
                    f"field {field.name} has changed its type",
                    "make a new item: kinds never change",
                )
        if not new:
            return
        if not all(field.nullable for field in new):
            raise SchemaMismatch(
                "a new field is not nullable", "make it nullable: old rows lack it"
            )
        self._delta.alter.add_columns(new, post_commithook_properties=_NO_HOOKS)
        self._delta.update_incremental()
        self._sync_commit()

    def _fit(self, rows: pa.Table) -> pa.Table:
        """The rows with the table's fields in the table's order; a field they lack is null."""
        schema = self._schema()
        columns = [
            rows[field.name]
            if field.name in rows.column_names
            else pa.nulls(rows.num_rows, field.type)
            for field in schema
        ]
        try:
            return pa.table(columns, names=schema.names).cast(schema)
        except (pa.ArrowInvalid, ValueError) as error:
            raise SchemaMismatch(
                "a value does not fit its column", "check the item's fields"
            ) from error

    def _write(self, day: date, chunks: Iterable[pa.Table]) -> DataFile:
        """One data file, on disk when this returns; the chunks have no column for the day."""
        folder = self._folder / f"{DAY}={day.isoformat()}"
        folder.mkdir(exist_ok=True)
        path = folder / f"{uuid.uuid4()}.parquet"
        rows = 0
        schema = self._schema()
        schema = schema.remove(schema.get_field_index(DAY))
        with pq.ParquetWriter(path, schema, compression="zstd") as writer:
            for chunk in chunks:
                writer.write_table(chunk, row_group_size=_ROW_GROUP)
                rows += chunk.num_rows
        sync(path)
        sync(folder)
        sync(self._folder)  # also where a killed process made the folder
        return DataFile(str(path.relative_to(self._folder)), day, path.stat().st_size, rows)

    def _commit(
        self, actions: Sequence[AddAction | RemoveAction], properties: CommitProperties
    ) -> None:
        self._delta.create_write_transaction(
            list(actions),
            "append",
            self._delta.schema(),
            [DAY],
            commit_properties=properties,
            post_commithook_properties=_NO_HOOKS,
        )
        self._delta.update_incremental()
        self._sync_commit()

    def _sync_commit(self) -> None:
        sync(self._commit_file())
        sync(self._commit_file().parent)

    def _commit_file(self) -> Path:
        return self._folder / "_delta_log" / f"{self.version:020}.json"


@contextmanager
def translated() -> Iterator[None]:
    """Turns failures of the Delta library, of Arrow and of the disk into StoreUnusable."""
    try:
        yield
    except DeltaError as error:
        raise StoreUnusable(
            f"the lake refused ({type(error).__name__})",
            "check that nothing else writes to the lake",
        ) from error
    except OSError as error:
        raise StoreUnusable(
            f"the lake's disk refused ({error.strerror or 'input or output failed'})",
            "check the data directory and its free space",
        ) from error
    except pa.ArrowException as error:
        raise StoreUnusable(
            "a data file of the lake cannot be read", "restore the lake from a backup"
        ) from error


def _added(file: DataFile, now: datetime, *, changes: bool) -> AddAction:
    return AddAction(
        path=file.path,
        size=file.size,
        partition_values={DAY: file.day.isoformat()},
        modification_time=micros(now) // 1000,
        data_change=changes,
        stats=json.dumps({"numRecords": file.rows}),
    )


def _removed(file: DataFile, now: datetime) -> RemoveAction:
    return RemoveAction(
        file.path,
        data_change=False,
        deletion_timestamp=micros(now) // 1000,
        size=file.size,
        partition_values={DAY: file.day.isoformat()},
    )


def sync(path: Path) -> None:
    """Puts on disk what the file or folder at ``path`` holds. Raises ``OSError``."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
