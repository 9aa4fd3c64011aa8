"""Lines that programs can read, that say nothing unasked, and that no report can forge."""

from __future__ import annotations

import io
import json
import logging
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette import logs
from vedette.errors import ConfigurationError, NotJoined, StoreUnusable

SECRET = "/home/ada/letter.txt"


class Fruit(StrEnum):
    PEAR = "pear"


@pytest.fixture(autouse=True)
def _root_logger_as_before() -> Iterator[None]:
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    yield
    root.setLevel(level)
    root.handlers[:] = handlers


@pytest.fixture
def stream() -> io.StringIO:
    stream = io.StringIO()
    logs.configure(stream, "info")
    return stream


def only_line(stream: io.StringIO) -> dict[str, Any]:
    text = stream.getvalue()
    assert text.endswith("\n")
    assert text.count("\n") == 1
    line: dict[str, Any] = json.loads(text)
    return line


def record(**attributes: object) -> logging.LogRecord:
    return logging.makeLogRecord({"name": "t", "levelname": "INFO", **attributes})


def failing(error: BaseException) -> None:
    raise error


def record_of(work: Callable[[], object]) -> dict[str, Any]:
    """What a line says of the exception that ``work`` raises."""
    try:
        work()
    except BaseException:  # noqa: BLE001 - any exception is what is asked for
        failed = record(exc_info=sys.exc_info())
    line: dict[str, Any] = json.loads(logs.JsonLines().format(failed))
    return line


def test_a_line_has_time_level_logger_event_and_the_fields(stream: io.StringIO) -> None:
    logging.getLogger("vedette.spool").warning("envelope dropped", extra={"sequence": 7})
    line = only_line(stream)
    assert list(line) == ["time", "level", "logger", "event", "sequence"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line.pop("time"))
    assert line == {
        "level": "warning",
        "logger": "vedette.spool",
        "event": "envelope dropped",
        "sequence": 7,
    }


def test_the_time_is_the_records_in_utc() -> None:
    assert logs.fields(record(created=1_000_000_000.25))["time"] == "2001-09-09T01:46:40.250Z"


def test_lower_levels_are_not_written(stream: io.StringIO) -> None:
    logging.getLogger("vedette").debug("nothing")
    assert stream.getvalue() == ""


def test_configuring_again_replaces_the_stream(stream: io.StringIO) -> None:
    second = io.StringIO()
    logs.configure(second)
    logging.getLogger("vedette").info("once")
    assert stream.getvalue() == ""
    assert only_line(second)["event"] == "once"


def test_an_unknown_level_says_which_there_are() -> None:
    with pytest.raises(ConfigurationError, match="use DEBUG, INFO"):
        logs.configure(io.StringIO(), "loud")


def test_human_lines_are_short_and_keep_the_fields() -> None:
    stream = io.StringIO()
    logs.configure(stream, human=True)
    logging.getLogger("vedette").info("sent", extra={"items": ["a b"], "size": 3})
    time, rest = stream.getvalue().split(" ", 1)
    assert time.endswith("Z")
    assert rest == 'info     sent logger="vedette" items=["a b"] size=3\n'


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('x\n{"event":"forged"}', 'x\\u000a{"event":"forged"}'),
        ("\x1b[2J", "\\u001b[2J"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("a\u200bb", "a\\u200bb"),
        ("a\u2028b", "a\\u2028b"),
        ("\ufeff", "\\ufeff"),
        ("a\u3164b", "a\\u3164b"),
        ("\ud800", "\\ud800"),
        ("\U000e0041", "\\U000e0041"),
        ("\x85\x9b", "\\u0085\\u009b"),
    ],
)
def test_what_does_not_show_is_escaped(stream: io.StringIO, text: str, written: str) -> None:
    logging.getLogger("vedette").info("seen", extra={"field": text, "keys": {text: [text]}})
    line = only_line(stream)
    assert line["field"] == written
    assert line["keys"] == {written: [written]}


@pytest.mark.parametrize("text", ["Grüße", "日本語", "a\\b", "€ 5", ""])
def test_what_shows_stays(text: str) -> None:
    assert logs.visible(text) == text


@given(st.text(alphabet=st.characters()))
def test_any_text_becomes_printable_and_stays_one_line(text: str) -> None:
    spread = record(msg=text, field=text, **{f"_{text}": {text: text}})
    for formatter in (logs.JsonLines(), logs.HumanLines()):
        line = formatter.format(spread)
        assert line.isprintable()
        assert len(line.splitlines()) == 1
        line.encode()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_value_becomes_json(value: object) -> None:
    line = logs.JsonLines().format(record(field=value))
    assert "field" in json.loads(line)


def test_values_of_other_types() -> None:
    moment = datetime(2026, 11, 24, tzinfo=UTC)
    line = logs.fields(
        record(
            fruit=Fruit.PEAR,
            moment=moment,
            digest=b"\x01\xff",
            path=PurePosixPath(SECRET),
            reason=StoreUnusable(SECRET, "look"),
            several=(1, 2),
        )
    )
    assert line["fruit"] == "pear"
    assert line["moment"] == "2026-11-24T00:00:00+00:00"
    assert line["digest"] == "01ff"
    assert line["path"] == "<PurePosixPath>"
    assert line["reason"] == {"class": "StoreUnusable", "code": "store_unusable"}
    assert line["several"] == [1, 2]


def test_long_and_deep_values_are_cut() -> None:
    deep: list[object] = []
    for _ in range(50):
        deep = [deep]
    line = logs.fields(record(text="x" * 5_000, many=list(range(5_000)), deep=deep))
    assert line["text"] == "x" * 1_000 + "…"
    assert line["many"] == list(range(100))
    assert line["deep"] == [[[[["<list>"]]]]]


def test_a_field_cannot_take_the_place_of_the_lines_own(stream: io.StringIO) -> None:
    logging.getLogger("vedette").info("real", extra={"event": "forged", "level": "forged"})
    line = only_line(stream)
    assert (line["event"], line["level"]) == ("real", "info")
    assert (line["event_"], line["level_"]) == ("forged", "forged")


def test_an_error_is_its_class_code_and_frames() -> None:
    error = record_of(lambda: failing(NotJoined()))["error"]
    assert error["class"] == "NotJoined"
    assert error["code"] == "not_joined"
    assert re.fullmatch(r"tests\.unit\.test_logs:\d+ failing", error["frames"][-1])


def test_an_errors_text_and_source_are_not_written() -> None:
    def work() -> None:
        try:
            failing(FileNotFoundError(2, "no such file", SECRET))
        except OSError as error:
            raise StoreUnusable(SECRET, SECRET) from error

    line = record_of(work)
    assert line["error"]["cause"]["class"] == "FileNotFoundError"
    assert line["error"]["cause"]["code"] == "ENOENT"
    written = json.dumps(line)
    assert "ada" not in written
    assert "raise" not in written


def test_a_suppressed_context_is_left_out_and_groups_have_parts() -> None:
    def suppressed() -> None:
        try:
            failing(KeyError(SECRET))
        except KeyError:
            raise NotJoined from None

    assert "cause" not in record_of(suppressed)["error"]
    group = record_of(lambda: failing(ExceptionGroup("two", [NotJoined(), ValueError(SECRET)])))
    assert [part["class"] for part in group["error"]["parts"]] == ["NotJoined", "ValueError"]


def test_deep_recursion_keeps_the_innermost_frames() -> None:
    def down(left: int) -> None:
        if left == 0:
            raise NotJoined
        down(left - 1)

    frames = record_of(lambda: down(100))["error"]["frames"]
    assert len(frames) == 30


def test_a_librarys_arguments_that_do_not_fit_lose_nothing_else() -> None:
    line = logs.fields(record(msg="%d of %d", args=("one",), kept=1))
    assert (line["event"], line["kept"]) == ("%d of %d", 1)


def test_a_line_that_cannot_be_written_is_counted(capfd: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    logs.configure(stream)
    stream.close()
    logging.getLogger("vedette").info("lost")
    handler = next(h for h in logging.getLogger().handlers if isinstance(h, logs.LineHandler))
    assert handler.lost == 1
    assert capfd.readouterr().err == ""
