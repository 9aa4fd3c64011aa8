"""Server-sent events: written, read, and read however the stream is cut."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import AnswerMalformed, AnswerTooLarge
from vedette.wire.events import Event, parse, render

LINES = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=20)
EVENTS = st.builds(
    Event,
    data=st.lists(LINES, min_size=1, max_size=4).map("\n".join),
    event=st.one_of(st.just("message"), LINES.filter(bool).filter(lambda s: s[0] != " ")),
    id=st.one_of(st.none(), LINES.filter(lambda s: s[:1] != " ")),
)


def cut(stream: bytes, places: list[int]) -> list[bytes]:
    edges = sorted({0, len(stream), *(place % (len(stream) + 1) for place in places)})
    return [stream[a:b] for a, b in itertools.pairwise(edges)]


@given(
    events=st.lists(EVENTS, max_size=5),
    places=st.lists(st.integers(0), max_size=12),
    end=st.sampled_from([b"\n", b"\r\n", b"\r"]),
)
def test_what_is_rendered_is_parsed_however_it_is_cut(
    events: list[Event], places: list[int], end: bytes
) -> None:
    stream = b"".join(map(render, events)).replace(b"\n", end)
    assert list(parse(cut(stream, places))) == events


@given(stream=st.lists(st.sampled_from([b"\r", b"\n", b"data", b":", b" ", b"id", b"x", b""])))
def test_no_cut_makes_a_difference(stream: list[bytes]) -> None:
    whole = b"".join(stream)
    assert list(parse(stream)) == list(parse([whole])) == list(parse(bytes([b]) for b in whole))


@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n", b"\r\r"], ids=repr)
def test_an_event_comes_as_soon_as_it_is_whole(end: bytes) -> None:
    def chunks() -> Iterator[bytes]:
        yield b"data: a" + end[:-1]
        yield end[-1:]
        pytest.fail("read on")

    assert next(parse(chunks())) == Event("a")


CASES: dict[str, tuple[bytes, list[Event]]] = {
    "comments": (b": hello\n\ndata: a\n: between\n\n", [Event("a")]),
    "no data, no event": (b"event: ping\nid: 1\n\n", []),
    "data of nothing": (b"data\n\n", [Event("")]),
    "several lines": (b"data: a\ndata:b\ndata:  c\n\n", [Event("a\nb\n c")]),
    "unknown fields": (b"retry: 5\nfoo: bar\ndata: a\n\n", [Event("a")]),
    "no kind": (b"event:\ndata: a\n\n", [Event("a")]),
    "the last id counts": (b"id: 1\nid: 2\ndata: a\n\n", [Event("a", id="2")]),
    "an id with a NUL is none": (b"id: 1\0\ndata: a\n\n", [Event("a")]),
    "an unfinished event is none": (b"data: a\n\ndata: b\n", [Event("a")]),
    "a byte order mark": (b"\xef\xbb\xbfdata: a\n\n", [Event("a")]),
    "a mark further on": (b"data: a\n\n\xef\xbb\xbfdata: b\n\n", [Event("a")]),
    "empty lines": (b"\n\n\r\n\rdata: a\n\n\n\n", [Event("a")]),
    "mixed line ends": (b"data: a\r\ndata: b\rdata: c\n\r\n", [Event("a\nb\nc")]),
    "nothing": (b"", []),
}


@pytest.mark.parametrize("case", CASES)
def test_parses(case: str) -> None:
    stream, events = CASES[case]
    assert list(parse([stream])) == events


def test_line_breaks_inside_data_cannot_forge_a_field() -> None:
    for evil in ("a\nid: 9", "a\rid: 9", "a\r\nid: 9", "a\n\ndata: b"):
        (event,) = parse([render(Event(evil))])
        assert event.id is None
        assert event.data.split("\n") == evil.replace("\r\n", "\n").replace("\r", "\n").split("\n")


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_an_event_has_a_bound(size: int) -> None:
    kinds = (b"data: " + b"x" * 2000, b"data: x\n" * 300)
    for stream in kinds:
        chunks = [stream[i : i + size] for i in range(0, len(stream), size)]
        with pytest.raises(AnswerTooLarge):
            list(parse(chunks, limit=1000))


def test_the_bound_is_on_one_event_not_on_all() -> None:
    assert len(list(parse([b"data: x\n\n" * 1000], limit=20))) == 1000


def test_what_is_not_text_is_no_event() -> None:
    with pytest.raises(AnswerMalformed):
        list(parse([b"data: \xff\n\n"]))
    # Cut inside a character it is text all the same.
    assert list(parse([b"data: \xc3", b"\xa9\n\n"])) == [
        Event("\N{LATIN SMALL LETTER E WITH ACUTE}")
    ]
