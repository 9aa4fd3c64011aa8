"""``vedette inspect``: facts about files. Sends nothing.

What is read of a file is read in the sandbox; this process only opens it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from vedette.cli.context import as_json, print_json, shown
from vedette.cli.files import Closed, Found, PassedOver, files_of, reading
from vedette.clock import SystemClock
from vedette.errors import ConfigurationError, SandboxError, SandboxUnusable, Unreadable
from vedette.filefacts import INSPECT
from vedette.filefacts.facts import FileFacts, SignatureFacts
from vedette.sandbox.limits import Limits
from vedette.sandbox.sandbox import Sandbox

_MAX_ROOT: Final = 1 << 20
_FIELDS: Final = FileFacts.__struct_fields__


@click.command()
@click.argument("paths", metavar="PATH…", nargs=-1, required=True, type=click.Path(readable=False))
@click.option(
    "--trust-root",
    "roots",
    multiple=True,
    metavar="PEM",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A certificate file trusted beside Microsoft's roots; may be given again.",
)
@as_json
@click.pass_context
def inspect(
    context: click.Context, paths: tuple[str, ...], roots: tuple[Path, ...], as_json: bool
) -> None:
    """Show facts about the files at PATH…, and in the folders there. Sends nothing.

    Links inside folders are not followed.
    """
    trusted = [_root(path) for path in roots]
    failed = passed_over = 0
    with Sandbox(INSPECT, FileFacts, Limits(), SystemClock()) as sandbox, _Terminal() as terminal:
        for found in terminal.watched(files_of(paths)):
            if isinstance(found, PassedOver):
                passed_over += 1
                continue
            facts = _facts(sandbox, found, trusted)
            if isinstance(facts, str):
                failed += 1
                terminal.clear()
                click.echo(f"vedette: {shown(found.path)}: {facts}", err=True)
            terminal.clear(on_output=True)
            if as_json:
                print_json(_object(found.path, facts))
            elif isinstance(facts, FileFacts):
                click.echo("\n".join(_readable(found.path, facts)))
    if passed_over:
        click.echo(f"vedette: passed over {passed_over} links and special files", err=True)
    context.exit(1 if failed else 0)


def _facts(
    sandbox: Sandbox[FileFacts], found: Found | Closed, trusted: list[bytes]
) -> FileFacts | str:
    """The facts, or why there are none. Raises ``SandboxUnusable``: then no other file has any either."""
    if isinstance(found, Closed):
        return found.reason
    try:
        with reading(found.path) as descriptor:
            return sandbox.call(descriptor, now=SystemClock().now(), trust_roots=trusted)
    except SandboxUnusable:
        raise
    except (Unreadable, SandboxError) as error:
        return error.reason


def _root(path: Path) -> bytes:
    """The certificates in the file at ``path``. Raises ``ConfigurationError`` where there are none."""
    from vedette.errors import CertificateInvalid
    from vedette.filefacts.authenticode.roots import read_roots

    try:
        with path.open("rb") as file:
            encoded = file.read(_MAX_ROOT)
        read_roots(encoded)
    except (OSError, CertificateInvalid) as error:
        raise ConfigurationError(
            "a trust root cannot be read", "give a file with a certificate in PEM"
        ) from error
    return encoded


def _object(path: str, facts: FileFacts | str) -> dict[str, Any]:
    """One line of ``--json``. Of a file without facts every field is null but the error."""
    values = (
        dict.fromkeys(_FIELDS) | {"error": facts}
        if isinstance(facts, str)
        else msgspec.to_builtins(facts)
    )
    return {"path": os.fsencode(path).decode("utf-8", "replace"), **values}


def _readable(path: str, facts: FileFacts) -> Iterator[str]:
    yield f"{shown(path)}: {_what(facts)}, {facts.size:,} bytes, entropy {facts.entropy:.2f}"
    yield f"  sha256 {facts.sha256}"
    if facts.pe is not None and facts.pe.imphash:
        yield f"  imphash {facts.pe.imphash}"
    if facts.similarity is not None:
        yield f"  similarity {facts.similarity}"
    if facts.pe is not None and facts.pe.version:
        pairs = (f"{shown(key)} {shown(value)}" for key, value in facts.pe.version.items())
        yield f"  version {', '.join(pairs)}"
    if facts.packer is not None:
        yield f"  packed with {shown(facts.packer.name)}: {shown('; '.join(facts.packer.evidence))}"
    if facts.signature is not None:
        yield f"  {_signature(facts.signature)}"
        yield from (f"    {shown(problem)}" for problem in facts.signature.problems)
    if facts.error is not None:
        yield f"  not all could be read: {shown(facts.error)}"


def _what(facts: FileFacts) -> str:
    if facts.pe is None:
        return facts.kind
    words = [facts.kind, facts.pe.machine, facts.pe.subsystem, ".NET" if facts.pe.dotnet else None]
    return " ".join(shown(word) for word in words if word)


def _signature(signature: SignatureFacts) -> str:
    if not signature.present:
        return "not signed"
    digest = {True: "valid", False: "NOT valid", None: "not checked"}[signature.digest_valid]
    signer = f" by {shown(signature.signer)}" if signature.signer else ""
    time = f" at {signature.timestamp}" if signature.timestamp else ""
    return f"signed{signer}{time}: digest {digest}, chain {signature.chain}"


class _Terminal:
    """The bar on a terminal's standard error, which makes room for each line that is printed."""

    def __init__(self) -> None:
        self._stack = contextlib.ExitStack()
        self._shows = sys.stderr.isatty()

    def __enter__(self) -> _Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def watched(
        self, files: Iterable[Found | Closed | PassedOver]
    ) -> Iterable[Found | Closed | PassedOver]:
        """``files``, counted beforehand where there is a bar to fill."""
        if not self._shows:
            return files
        every = list(files)
        return self._stack.enter_context(
            click.progressbar(every, label="inspect", file=sys.stderr, show_pos=True)
        )

    def clear(self, *, on_output: bool = False) -> None:
        """Wipes the bar's line before one is printed; it is drawn again with the next file."""
        if self._shows and (not on_output or sys.stdout.isatty()):
            click.echo("\r\x1b[K", nl=False, err=True)
