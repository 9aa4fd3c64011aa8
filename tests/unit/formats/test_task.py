"""Scheduled tasks of Windows: files and the cache's actions."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import Unreadable
from vedette.formats.task import Action, Task, cached_actions, task

XML = """<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <RegistrationInfo><Author>HERON\\anna</Author><Command>no action</Command></RegistrationInfo>
  <Triggers><LogonTrigger><Enabled>false</Enabled></LogonTrigger></Triggers>
  <Settings><Enabled>{enabled}</Enabled></Settings>
  <Actions Context="Author">
    <Exec><Command>C:\\tool.exe</Command><Arguments>-a &amp; "b c"</Arguments></Exec>
    <ComHandler><ClassId>{{2DEA658F-54C1-4227-AF9B-260AB5FC3543}}</ClassId><Data>x</Data></ComHandler>
    <Exec><Command>%windir%\\x.exe</Command></Exec>
  </Actions>
</Task>"""
ACTIONS = [
    Action("C:\\tool.exe", '-a & "b c"'),
    Action(handler="{2DEA658F-54C1-4227-AF9B-260AB5FC3543}"),
    Action("%windir%\\x.exe"),
]
Opened = Callable[[bytes], int]


def read(data: bytes) -> Task:
    descriptor = os.memfd_create("task")
    try:
        os.write(descriptor, data)
        return task(descriptor)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "utf-8"])
def test_a_task(encoding: str) -> None:
    assert read(XML.format(enabled="true").encode(encoding)) == Task(ACTIONS, enabled=True)
    assert not read(XML.format(enabled="false").encode(encoding)).enabled


def test_a_task_that_says_nothing_of_it_is_on() -> None:
    assert read(b"<Task><Actions/></Task>") == Task([], enabled=True)


BAD = {
    "nothing": b"",
    "no xml": b"MZ\x90\0",
    "half": XML.encode("utf-16")[:700],
    "entities": b'<!DOCTYPE t [<!ENTITY a "b">]><Task>&a;</Task>',
    "depth": b"<a>" * 100_000,
    "size": b" " * ((1 << 20) + 1),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_task(case: str) -> None:
    with pytest.raises(Unreadable):
        read(BAD[case])


def test_no_more_actions_than_windows_takes() -> None:
    many = b"<Exec><Command>x</Command></Exec>" * 1000
    assert len(read(b"<Task><Actions>" + many + b"</Actions></Task>").actions) == 32


def text(value: str) -> bytes:
    raw = value.encode("utf-16-le")
    return struct.pack("<I", len(raw)) + raw


CACHED = (
    struct.pack("<H", 3)
    + text("Author")
    + struct.pack("<H", 0x6666)
    + text("")
    + text("C:\\tool.exe")
    + text('-a & "b c"')
    + text("C:\\")
    + struct.pack("<H", 0)
    + struct.pack("<H", 0x7777)
    + text("")
    + bytes.fromhex("8f65ea2dc1542742af9b260ab5fc3543")
    + text("x")
)


def test_actions_of_the_cache() -> None:
    assert cached_actions(CACHED) == ACTIONS[:2]


@given(st.integers(0, len(CACHED) - 1), st.binary(max_size=40))
def test_damaged_actions_are_told_as_far_as_they_go(cut: int, more: bytes) -> None:
    found = cached_actions(CACHED[:cut] + more)
    assert len(found) <= 32
    whole = cached_actions(CACHED[:cut])
    assert whole == ACTIONS[: len(whole)]
