"""The kernel's log, from /dev/kmsg: a record a read (Documentation/ABI/testing/dev-kmsg)."""

from __future__ import annotations

import errno
import os
import re
import select
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Final

from vedette.clock import Clock, SystemClock
from vedette.errors import NotPermitted, Unsupported
from vedette.host.events import Gap, LogEntry, Mark

OVERRUN: Final = "the kernel's log overran"
_RECORD: Final = 8192
_STOP_MILLISECONDS: Final = 500
_BOOT: Final = "/proc/sys/kernel/random/boot_id"
_HEAD: Final = re.compile(r"(\d{1,10}),(\d{1,20}),(\d{1,20}),[^;]*;([^\n]*)")
_ESCAPED: Final = re.compile(r"\\x([0-9a-f]{2})")


def kernel_log_opens() -> bool:
    """Whether this process may read the kernel's log."""
    try:
        os.close(_device())
    except (NotPermitted, Unsupported):
        return False
    return True


def _device() -> int:
    try:
        return os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except PermissionError as error:
        raise NotPermitted("the kernel's log is closed to this user", "run as root") from error
    except OSError as error:
        raise Unsupported("there is no log of the kernel", "leave it out") from error


class KernelLog:
    """What the kernel says, but nothing that a program wrote into its log.

    A mark is the boot and the record's number. ``opened`` gives a descriptor of /dev/kmsg.
    """

    name = "kernel"

    def __init__(
        self, clock: Clock | None = None, opened: Callable[[], int] = _device, boot: str = ""
    ) -> None:
        self._clock = clock or SystemClock()
        self._opened = opened
        self._boot = boot or _boot()

    def entries(
        self, after: Mark | None, stop: threading.Event
    ) -> Iterator[tuple[Mark, LogEntry | Gap] | None]:
        """See ``Log``. Of another boot than ``after``'s everything is new."""
        boot, _, number = after.value.partition(":") if after else ("", "", "")
        last = int(number) if boot == self._boot and number.isdecimal() else -1
        descriptor = self._opened()
        try:
            if after is None:
                last = _newest(descriptor)
                yield Mark(f"{self._boot}:{last}"), Gap(0, "begun")
            yield from self._follow(descriptor, last, stop)
        finally:
            os.close(descriptor)

    def _follow(
        self, descriptor: int, last: int, stop: threading.Event
    ) -> Iterator[tuple[Mark, LogEntry | Gap] | None]:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        while not stop.is_set():
            try:
                record = os.read(descriptor, _RECORD)
            except BlockingIOError:
                if not poll.poll(_STOP_MILLISECONDS):
                    yield None
                continue
            except OSError as error:
                if (
                    error.errno == errno.EPIPE
                ):  # overwritten before it was read: the numbers tell how many
                    continue
                raise Unsupported("the kernel's log cannot be read", "leave it out") from error
            if not record:
                return
            found = _HEAD.match(record.decode("utf-8", "replace"))
            number = int(found[2]) if found else last + 1
            if number <= last:
                continue
            mark = Mark(f"{self._boot}:{number}")
            if last < number - 1:
                yield mark, Gap(number - last - 1, OVERRUN)
            last = number
            if found and int(found[1]) >> 3 == 0:  # the facility: not a program's
                yield mark, LogEntry("kernel", _unescaped(found[4]), self._time(int(found[3])))

    def _time(self, micros: int) -> datetime:
        """When ``micros`` after the boot was, by the clock as it is now."""
        ago = self._clock.monotonic() - micros / 1e6
        return self._clock.now() - timedelta(seconds=max(0.0, ago))


def _newest(descriptor: int) -> int:
    """Reads all that there is; the number of the last record, -1 where there is none."""
    newest = -1
    while True:
        try:
            record = os.read(descriptor, _RECORD)
        except OSError as error:
            if error.errno == errno.EPIPE:
                continue
            return newest
        if not record:
            return newest
        if found := _HEAD.match(record.decode("utf-8", "replace")):
            newest = int(found[2])


def _unescaped(text: str) -> str:
    """``text`` with the bytes that the kernel escapes; what is no character stays as it was."""
    return _ESCAPED.sub(lambda found: _character(int(found[1], 16), found[0]), text)


def _character(code: int, otherwise: str) -> str:
    return chr(code) if 0x20 <= code < 0x7F else otherwise


def _boot() -> str:
    try:
        with open(_BOOT, encoding="ascii") as file:
            return file.read(64).strip().replace(":", "")
    except (OSError, UnicodeDecodeError):
        return "unknown"
