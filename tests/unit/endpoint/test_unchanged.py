"""What a computer on which nothing changes costs: little enough that nobody has to think of it."""

from __future__ import annotations

from datetime import timedelta

from tests.conftest import Tell
from tests.unit.endpoint.computer import CATALOGUE, Computer
from vedette.endpoint.schedule import Schedule
from vedette.wire import protocol

DAYS = 30
MOST = 200  # bytes a day, as the statement of the inventory promises
UNIT = b"[Service]\nType=notify\nExecStart=/usr/sbin/%s\n"
# As an agent counts that has been busy: most of them grow from day to day.
COUNTERS = [
    "detections_reported",
    "items_failed",
    "items_unread",
    "launches_missed",
    "launches_reported",
    "launches_unread",
    "launches_without_facts",
    "network_refused_private_name",
    "process_cpu_seconds",
    "process_peak_kilobytes",
    "protection_allowed_late",
    "protection_braked",
    "spool_bytes",
    "spool_dropped_age",
    "spool_rows",
    "uplink_refused_busy",
    "uplink_unreached",
    "urgent_gaps",
    "urgent_reconnects",
]


def schedule(computer: Computer) -> Schedule:
    """Of all items, on a computer with a hundred services."""
    for number in range(100):
        name = f"unit-{number}"
        computer.host.files.put(f"/usr/lib/systemd/system/{name}.service", UNIT % name.encode())
    return Schedule(
        CATALOGUE.inventory(),
        CATALOGUE.schemas,
        lambda: computer.host,
        computer.intake,
        computer.spool,
        computer.clock,
    )


def test_an_unchanged_computer_costs_less_than_promised(computer: Computer, tell: Tell) -> None:
    computer.join()
    computer.grant()
    inventory = schedule(computer)
    inventory.round()
    assert computer.uplink.round().done
    first = sum(len(got.raw) for got in computer.net.got)
    began = len(computer.net.got)
    assert computer.net.envelopes()
    for hour in range(DAYS * 24):
        computer.host.counters = {
            name: 1000 * number + hour for number, name in enumerate(COUNTERS)
        }
        computer.clock.advance(timedelta(hours=1).total_seconds())
        inventory.round()
        assert computer.uplink.round().done
    later = computer.net.got[began:]
    assert {got.target for got in later} == {protocol.ENVELOPES}
    told = {batch.item for envelope in computer.net.envelopes()[-1:] for batch in envelope.batches}
    assert told == {"vedette"}  # its health alone is never the same
    a_day = sum(len(got.raw) for got in later) / DAYS
    tell(
        f"an unchanged computer sent {first} bytes at first, then {len(later)} requests"
        f" in {DAYS} days: {a_day:.0f} bytes a day, headers counted"
    )
    assert a_day < MOST
