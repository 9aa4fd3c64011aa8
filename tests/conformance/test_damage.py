"""Damaged files, by the hundred in every run and by the hundred thousand with ``make fuzz``: each gets an answer, in
bounded time and memory, and none costs the worker.
"""

from __future__ import annotations

import hashlib
import io
import random
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conformance.damage import damaged
from tests.conftest import Tell
from tests.unit.filefacts.authenticode.authority import STAMP, rsa_key, self_signed
from tests.unit.filefacts.authenticode.signer import (
    NESTED,
    Signing,
    Stamping,
    attribute,
    program,
    signed,
)
from tests.unit.filefacts.forge import Body, Forge
from vedette.clock import SystemClock
from vedette.errors import SandboxError
from vedette.filefacts import INSPECT
from vedette.filefacts.facts import FileFacts
from vedette.sandbox.limits import Limits
from vedette.sandbox.sandbox import Sandbox

SHARED: Final = Path(__file__).parents[3] / "shared" / "data" / "pe"
FOUND: Final = (
    (Path(sys.prefix), "**/*.exe"),
    (Path("/usr/lib"), "**/*.efi*"),
    (Path("/boot"), "**/*.efi"),
    (SHARED, "*"),
)
LARGEST: Final = 1 << 20
LONGEST: Final = 5.0  # seconds for any of them, on a machine that does other things as well
MEMORY: Final = 256 << 10  # kB
CLOCK: Final = SystemClock()


@pytest.fixture
def variants(request: pytest.FixtureRequest) -> int:
    return int(request.config.getoption("--variants"))


def originals() -> Mapping[str, bytes]:
    """Files made here and files found on this machine, none larger than ``LARGEST``."""
    files = dict(_made())
    for folder, pattern in FOUND:
        for path in sorted(folder.glob(pattern)):
            if path.is_file() and path.stat().st_size <= LARGEST:
                files[path.name] = path.read_bytes()
    return files


def _made() -> Iterator[tuple[str, bytes]]:
    body = Body()
    directory = body.imports([(b"kernel32.dll", [b"ExitProcess", 7]), (b"ws2_32.dll", [1, 2, 3])])
    yield "imports", Forge(bytes(body.data), directories={1: (directory, 100)}).build()
    yield "small", Forge(plus=False).build()
    root = self_signed("Home Root", key=rsa_key())
    maker, stamper = root.issue("Maker", key=rsa_key(1)), root.issue("Stamper", [STAMP])
    inner = Signing(maker, digest="sha384").sign(program())
    for name, signing in {
        "signed": Signing(maker, chain=[root]),
        "stamped": Signing(maker, stamps=[Stamping(stamper), Stamping(stamper, token=False)]),
        "nested": Signing(maker, digest="sha1", unsigned=[attribute(NESTED, inner)]),
        "curve": Signing(root.issue("Curve")),
    }.items():
        yield name, signed(program(), signing)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("__main__.py", "print('here')")
    yield "archive", archive.getvalue()
    yield "launcher", program() + b"#!python\n" + archive.getvalue()
    yield "script", b"#!/bin/sh\nexec true\n" * 20
    yield "elf", Path("/proc/self/exe").resolve().read_bytes()[:LARGEST]


def test_every_damaged_file_gets_an_answer(
    variants: int, chance: random.Random, tell: Tell, tmp_path: Path
) -> None:
    files = list(originals().items())
    path, slowest, most = tmp_path / "variant", 0.0, 0
    sandbox = Sandbox(INSPECT, FileFacts, Limits(wall=LONGEST, per_mib=0), CLOCK)
    began = CLOCK.monotonic()
    with sandbox:
        for number in range(variants):
            name, content = chance.choice(files)
            data, how = damaged(content, chance)
            path.write_bytes(data)
            start = CLOCK.monotonic()
            with path.open("rb") as file:
                try:
                    facts = sandbox.call(file.fileno(), now=CLOCK.now())
                except SandboxError as error:
                    kept = path.rename(Path.cwd() / f"damaged-{number}")
                    pytest.fail(f"{name} ({how}), kept as {kept}: {error}")
            slowest = max(slowest, CLOCK.monotonic() - start)
            assert facts.sha256 == hashlib.sha256(data).hexdigest()
            if number % 100 == 99 or number == variants - 1:
                most = max(most, sandbox_peak(sandbox))
    rate = variants / (CLOCK.monotonic() - began)
    tell(
        f"{variants} variants of {len(files)} files: {rate:.0f}/s, the slowest {slowest:.2f} s,"
        f" {most >> 10} MB at most"
    )
    assert most <= MEMORY


def sandbox_peak(sandbox: Sandbox[Any]) -> int:
    """The most memory that the sandbox's worker ever had, in kB."""
    status = Path(f"/proc/{sandbox.worker}/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1])


def test_damage_follows_from_chance_alone() -> None:
    content = signed(program(), Signing(self_signed("Home Root", key=rsa_key())))
    first, second = random.Random(7), random.Random(7)
    for _ in range(200):
        assert damaged(content, first) == damaged(content, second)
