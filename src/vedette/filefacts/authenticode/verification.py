"""All signatures in a file, judged, and the one that speaks for the file."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from mmap import mmap
from typing import Final

from vedette.filefacts.authenticode.chain import Standing
from vedette.filefacts.authenticode.der import Element
from vedette.filefacts.authenticode.image import Image, read_image
from vedette.filefacts.authenticode.roots import Roots, roots_with
from vedette.filefacts.authenticode.signature import Judged, judge_signature
from vedette.filefacts.authenticode.table import read_table
from vedette.filefacts.facts import SignatureFacts

MAX_DEPTH: Final = 8
MAX_SIGNATURES: Final = 8
MAX_PROBLEMS: Final = 64


def verify(
    data: mmap | memoryview | bytes, trust_roots: Sequence[bytes], now: datetime
) -> SignatureFacts:
    """The facts about the Authenticode signatures embedded in the PE file ``data``.

    ``trust_roots`` are certificates (PEM or DER) trusted beside Microsoft's roots, without limits; ``now`` is
    aware. The first signature speaks for the file. Where its chain is not trusted and that of a further one over
    the same file is, that one does: files are signed twice so that each verifier finds one it can accept. What is
    wrong with the others is among the problems, after the words that name them.

    Nothing in ``data`` makes it raise. Raises ``CertificateInvalid`` for a trust root that cannot be read.
    """
    roots = roots_with(tuple(trust_roots))
    with memoryview(data) as view:
        image = read_image(view)
        if image is None or not image.table_size:
            return SignatureFacts(present=False)
        return _facts(image, roots, now)


def _facts(image: Image, roots: Roots, now: datetime) -> SignatureFacts:
    table = read_table(image)
    if not table.signatures:
        problems = [*table.broken, *table.remarks, "certificate table holds no signature"]
        return SignatureFacts(present=True, problems=problems[:MAX_PROBLEMS])
    signatures = _Signatures(image, roots, now)
    signatures.judge(table.signatures)
    speaker = signatures.speaker()
    problems = list(table.broken)
    for place, judged in signatures.judged:
        prefix = "" if judged is speaker else f"{place}: "
        problems += [prefix + problem for problem in judged.problems]
    problems += [*signatures.remarks, *table.remarks]
    return SignatureFacts(
        present=True,
        digest_valid=False if table.broken and speaker.digest_valid else speaker.digest_valid,
        chain=speaker.standing.word,
        signer=speaker.signer,
        issuer=speaker.issuer,
        digest_algorithm=speaker.digest,
        timestamp=None if speaker.time is None else _iso(speaker.time),
        nested=signatures.nested,
        problems=problems[:MAX_PROBLEMS],
    )


@dataclass(slots=True)
class _Signatures:
    """The judged signatures of an image, the first one first, each with the words for which one it is."""

    image: Image
    roots: Roots
    now: datetime
    judged: list[tuple[str, Judged]] = field(default_factory=list)
    nested: int = 0
    remarks: list[str] = field(default_factory=list)

    def judge(self, messages: list[Element]) -> None:
        """Judges ``messages``, those of the table's entries, and all that are nested in them."""
        for number, message in enumerate(messages, 1):
            self._judge(f"signature {number}", message)
        inside = deque((1, message) for _, outer in self.judged for message in outer.nested)
        self.nested = len(inside)
        while inside:
            depth, message = inside.popleft()
            if depth > MAX_DEPTH or len(self.judged) == MAX_SIGNATURES:
                self.remarks.append("signatures are nested too deeply, or too many")
                break
            found = self._judge(f"nested signature {len(self.judged) + 1 - len(messages)}", message)
            inside += ((depth + 1, further) for further in found.nested)
            self.nested += len(found.nested)

    def speaker(self) -> Judged:
        """The signature that speaks for the file. A first one with another digest is never spoken for."""
        first = self.judged[0][1]
        if first.digest_valid:
            for _, judged in self.judged:
                if judged.digest_valid and judged.standing is Standing.TRUSTED:
                    return judged
        return first

    def _judge(self, place: str, message: Element) -> Judged:
        judged = judge_signature(message, self.image, self.roots, self.now)
        self.judged.append((place, judged))
        return judged


def _iso(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
