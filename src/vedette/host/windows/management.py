"""Rows of Windows' management instrumentation, asked for through Windows PowerShell.

``Get-CimInstance`` (https://learn.microsoft.com/powershell/module/cimcmdlets/get-ciminstance) comes with every Windows
since 8; COM from Python would need a package of its own. Only this computer is asked, and nothing is ever set.
"""

from __future__ import annotations

import base64
import ctypes
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Any, Final

from vedette.errors import Unreadable, Unsupported
from vedette.formats.text import decoded
from vedette.host import Query, Row
from vedette.host.windows.native import library

_SECONDS: Final = 60.0
_MOST: Final = 8 << 20
_NAMESPACE: Final = re.compile(r"[A-Za-z]\w*(?:[\\/]\w+)*", re.ASCII)
_WORD: Final = re.compile(r"[A-Za-z_]\w*", re.ASCII)
# At the front of an answer that is none; behind it stands a member of the enumeration
# Microsoft.Management.Infrastructure.NativeErrorCode.
_FAILED: Final = "!"
_REASONS: Final = {
    "AccessDenied": "not permitted",
    "InvalidClass": "no such class",
    "InvalidNamespace": "no such class",
    "NotFound": "no such class",
}

# Numbers, switches and texts go as they are, dates as ISO 8601 in UTC, and of what has many values none. The output's
# encoding cannot be set where policy restricts the language; then it is the console's.
_SCRIPT: Final = """
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
try {{ [Console]::OutputEncoding = [Text.Encoding]::UTF8 }} catch {{ }}
try {{
  $rows = @(Get-CimInstance -Namespace '{namespace}' -ClassName '{cls}' -Property {properties})
}} catch {{
  Write-Output ('!' + $_.Exception.NativeErrorCode)
  exit 0
}}
$plain = @(foreach ($row in $rows) {{
  $each = [ordered]@{{}}
  foreach ($name in {properties}) {{
    $value = $row.$name
    if ($value -is [datetime]) {{ $value = $value.ToUniversalTime().ToString('o') }}
    elseif ($value -is [array]) {{ $value = $null }}
    elseif ($value -is [timespan] -or $value -is [ciminstance]) {{ $value = $null }}
    $each[$name] = $value
  }}
  $each
}})
ConvertTo-Json -Compress -Depth 3 -InputObject $plain
"""

Run = Callable[[Sequence[str]], bytes]
"""Runs a program and gives back what it writes. Raises ``Unreadable``."""


def rows(query: Query, run: Run | None = None) -> Sequence[Row]:
    """The rows of ``query``, each with just its properties. Raises ``Unreadable``, and ``Unsupported`` elsewhere than
    on Windows.
    """
    script = _script(query)
    encoded = base64.b64encode(script.encode("utf-16-le")).decode()
    answer = decoded(
        (run or _run)(
            [
                _powershell() if run is None else "powershell.exe",
                *("-NoLogo", "-NoProfile", "-NonInteractive", "-EncodedCommand", encoded),
            ]
        )
    ).strip()
    if answer.startswith(_FAILED):
        raise Unreadable(_REASONS.get(answer[1:].strip(), "refused by the system"))
    try:
        found = json.loads(answer)
    except ValueError as error:
        raise Unreadable("the answer has another form") from error
    if isinstance(found, dict):
        # Some versions write the one element of a list alone, and some a list as an object with its length.
        found = found["value"] if found.keys() == {"value", "Count"} else [found]
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise Unreadable("the answer has another form")
    return [{name: _plain(row.get(name)) for name in query.properties} for row in found]


def _script(query: Query) -> str:
    """What is run. Nothing of ``query`` can be anything but a name in it."""
    if not (
        _NAMESPACE.fullmatch(query.namespace)
        and query.properties
        and all(_WORD.fullmatch(name) for name in (query.cls, *query.properties))
    ):
        raise Unreadable("no name of a class or property")
    return _SCRIPT.format(
        namespace=query.namespace.replace("\\", "/"),
        cls=query.cls,
        properties="@({})".format(", ".join(f"'{name}'" for name in query.properties)),
    )


def _plain(value: Any) -> str | int | bool | None:
    if isinstance(value, float):  # a real number of CIM; none that is asked for has a fraction
        return int(value)
    return value if isinstance(value, str | int | bool) else None


def _powershell() -> str:
    """Windows PowerShell of the system's own folder, whatever the environment says."""
    room = ctypes.create_unicode_buffer(32_768)
    library("kernel32").GetSystemDirectoryW(room, len(room))
    return rf"{room.value}\WindowsPowerShell\v1.0\powershell.exe"


def _run(command: Sequence[str]) -> bytes:
    if sys.platform == "win32":
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=os.path.dirname(command[0]),
                creationflags=subprocess.CREATE_NO_WINDOW | subprocess.BELOW_NORMAL_PRIORITY_CLASS,
            )
        except OSError as error:
            raise Unreadable("PowerShell cannot be started") from error
        return bounded(process, _SECONDS, _MOST)
    raise Unsupported("this system has no management instrumentation", "run it on Windows")


def bounded(process: subprocess.Popen[bytes], seconds: float, most: int) -> bytes:
    """What ``process`` writes until it ends by itself. It is ended after ``seconds`` or ``most`` bytes, and then
    nothing it wrote counts.

    Raises ``Unreadable``.
    """
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    with process:
        timer.start()
        try:
            assert process.stdout is not None
            answer = process.stdout.read(most + 1)
            if len(answer) > most:
                process.kill()
            status = process.wait()
        finally:
            timer.cancel()
    if late.is_set():
        raise Unreadable("it takes too long")
    if len(answer) > most:
        raise Unreadable("too large")
    if status != 0:
        raise Unreadable("refused by the system")
    return answer
