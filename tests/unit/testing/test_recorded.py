"""A computer that was written down: it says again what it said, and nobody's name."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from vedette.catalogue import discover
from vedette.errors import ConfigurationError, Unreadable
from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.host import Host, KernelObject, Query
from vedette.host.registry import Key, Value
from vedette.inventory import sources
from vedette.testing.host import FakeFiles, FakeHost
from vedette.testing.pseudonyms import Pseudonyms
from vedette.testing.recorded import RecordedHost
from vedette.testing.recording import Recorder, recorded
from vedette.testing.registry import FakeHive, FakeRegistry

RUN = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Run"
PRIVATE = PrivateNames(
    users=frozenset({"Anna", "Anna Holm", "bo"}), computers=frozenset({"FALKE", "holm.example"})
)


def windows(**more: object) -> FakeHost:
    return FakeHost(
        platform=Platform.WINDOWS,
        files=FakeFiles(
            {
                "/Windows/System32/drivers/etc/hosts": b"10.0.0.1 falke.holm.example\r\n",
                "/Users/anna/note": "anna".encode("utf-16-le"),
                "/Users/anna/marked": "\ufeffanna".encode("utf-16-le"),
            }
        ),
        registry=FakeRegistry(
            FakeHive(
                {
                    RUN: {
                        "Helper": r"C:\Users\Anna\helper.exe /mail:anna@holm.example",
                        "Blob": b"\x00" + "Anna".encode("utf-16-le"),
                        "Plain": b"\x01\x02",
                        "Many": ("Anna Holm", "x"),
                    },
                    r"SYSTEM\Select": {"Current": 1},
                },
                refused=["SECURITY"],
                damage=["a cell is lost"],
            ),
            [FakeHive({r"Software\One": {"": "x"}})],
        ),
        rows={"Win32_ComputerSystem": [{"Name": "FALKE", "TotalPhysicalMemory": 8}]},
        mapped=[r"C:\Users\anna\x.dll"],
        objects=[KernelObject("module", "ntoskrnl.exe", path=r"\SystemRoot\ntoskrnl.exe")],
        private=PRIVATE,
        **more,  # type: ignore[arg-type]
    )


def test_no_name_is_written_down_and_each_has_one_other() -> None:
    host = windows()
    recorder = Recorder(host)
    recorder.registry.machine.key(RUN)
    recorder.files.read("/Windows/System32/drivers/etc/hosts")
    recorder.files.entries("/Users")
    recorder.files.read("/Users/anna/note")
    recorder.files.read("/Users/anna/marked")
    list(recorder.libraries())
    recorder.management(Query("root/CIMV2", "Win32_ComputerSystem", ("Name",)))
    written = recorder.written()
    told = written.decode().lower()
    assert not [name for name in ("anna", "holm", "falke") if name in told]
    assert "anna".encode("utf-16-le").hex() not in told
    played = RecordedHost(written)
    other = next(iter(played.files.entries("/Users"))).name
    assert list(played.libraries()) == [rf"C:\Users\{other}\x.dll"]
    key = played.registry.machine.key(RUN)
    assert key is not None
    assert key.text("Helper") == rf"C:\Users\{other}\helper.exe /mail:<mail>"
    assert key.value("Blob") is None
    assert key.value("Plain") == b"\x01\x02"
    assert key.damage == ("a cell is lost",)
    with pytest.raises(Unreadable, match="left out"):
        played.files.read(f"/Users/{other}/note")
    assert played.files.read(f"/Users/{other}/marked").decode("utf-16") == other


def test_what_could_not_be_read_cannot_be_read_again_for_the_same_reason() -> None:
    recorder = Recorder(windows())
    with pytest.raises(Unreadable):
        recorder.registry.machine.key("SECURITY")
    with pytest.raises(Unreadable):
        recorder.files.read("/none")
    played = RecordedHost(recorder.written())
    with pytest.raises(Unreadable, match="not permitted"):
        played.registry.machine.key("security")
    with pytest.raises(Unreadable, match="missing"):
        played.files.read("/NONE")


def test_what_was_not_asked_is_not_known() -> None:
    recorder = Recorder(windows())
    recorder.registry.machine.key("SYSTEM", 1)
    recorder.registry.machine.key(r"SOFTWARE\None")
    played = RecordedHost(recorder.written())
    machine = played.registry.machine
    assert machine.key(r"SYSTEM\Select") is not None  # was among the answers
    assert machine.key(r"SYSTEM\Other") is None
    assert machine.key(r"SOFTWARE\None\Below") is None
    for ask in (
        lambda: machine.key("SYSTEM", 2),
        lambda: machine.key("SOFTWARE"),
        lambda: played.files.stat("/"),
        lambda: played.management(Query("root", "Win32_BIOS", ("Name",))),
        lambda: list(played.libraries()),
    ):
        with pytest.raises(Unreadable, match="not recorded"):
            ask()
    assert played.registry.users() == []


def test_keys_keep_their_times_and_types() -> None:
    written = datetime(2026, 1, 2, 3, 4, 5, 678, tzinfo=UTC)
    values = (Value("", 1, ""), Value("n", 4, 0), Value("q", 7, ()), Value("b", 3, b""))

    class Hive:
        def key(self, path: str, depth: int = 0) -> Key:
            return Key("A", written, (*values, Value("lost", 3, None)))

    host = windows()
    host.registry = FakeRegistry(Hive())
    recorder = Recorder(host)
    recorder.registry.machine.key("A")
    assert RecordedHost(recorder.written()).registry.machine.key("A") == Hive().key("A")


def test_part_of_the_kernels_objects_and_then_a_reason() -> None:
    class Closed(FakeHost):
        def kernel_objects(self):  # type: ignore[no-untyped-def]
            yield KernelObject("module", "ntoskrnl.exe")
            raise Unreadable("minifilters not permitted")

    recorder = Recorder(Closed(platform=Platform.WINDOWS))
    with pytest.raises(Unreadable):
        list(recorder.kernel_objects())
    objects = iter(RecordedHost(recorder.written()).kernel_objects())
    assert next(objects).name == "ntoskrnl.exe"
    with pytest.raises(Unreadable, match="minifilters"):
        next(objects)


def test_a_replayed_inventory_is_the_one_that_was_recorded() -> None:
    host = windows()
    host.private = PrivateNames()  # other names look otherwise, also where they are masked
    items = [item for item in discover().inventory() if Platform.WINDOWS in item.platforms]

    def found(of: Host) -> dict[str, list[object]]:
        return {
            # Vedette itself is no part of the computer that was recorded.
            item.name: list(sources(item.name, of, item.read))
            for item in items
            if item.name != "vedette"
        }

    before = found(host)
    assert before["autostarts"]
    assert before["hosts_records"]
    assert found(RecordedHost(recorded(host, items))) == before


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", json.dumps({"form": 2, "product": "x", "platform": "windows"}).encode()],
)
def test_what_is_no_recording_is_refused(content: bytes) -> None:
    with pytest.raises(ConfigurationError):
        RecordedHost(content)


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (r"C:\Users\Bodil\x", r"C:\Users\person4\x"),
        (r"C:\Users\Public\x", r"C:\Users\Public\x"),
        ("about", "about"),
        (r"\bo\x", r"\person3\x"),
        ("S-1-5-21-1111-2222-3333-1001", "S-1-5-21-1-2-1-1001"),
        ("S-1-5-18", "S-1-5-18"),
    ],
)
def test_other_names(text: str, other: str) -> None:
    assert Pseudonyms(PRIVATE)(text) == other


def test_the_same_name_has_the_same_other_everywhere() -> None:
    named = Pseudonyms(PRIVATE)
    assert named("C:/Users/Carl/a") == named("c:/users/carl/a".replace("c:/users", "C:/Users"))
    assert named("C:/Users/Dora/a") != named("C:/Users/Carl/a")
    assert named(named("C:/Users/Carl/a")) == named("C:/Users/Carl/a")
    assert named("ANNA HOLM") == named("anna holm")
