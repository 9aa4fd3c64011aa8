"""The one tree of errors. Each says what happened and what the person can do about it.

::

    VedetteError
    ├── ConfigurationError        the configuration, a join string or an argument is not usable
    ├── ConsentError              something needs a consent that was not given
    │   ├── NotJoined
    │   ├── ConsentMissing
    │   ├── StatementMismatch
    │   ├── ReceiptInvalid
    │   └── LedgerBroken
    ├── CryptoError               a key, signature or certificate does not hold
    │   ├── SignatureInvalid
    │   ├── KeyUnreadable
    │   ├── CertificateInvalid
    │   └── EncodingInvalid
    ├── WireError                 the conversation with the network failed
    │   ├── Unreachable
    │   │   └── TimedOut
    │   ├── Withheld
    │   ├── AnswerTooLarge
    │   ├── AnswerMalformed
    │   ├── AuthorityMismatch
    │   └── NetworkRefused
    ├── FactError                 a value, envelope or declaration is not what it must be
    │   ├── DeclarationError
    │   ├── ValueRefused
    │   ├── EnvelopeMalformed
    │   │   └── EnvelopeTruncated
    │   ├── EnvelopeTooLarge
    │   └── EnvelopeBomb
    ├── HostError                 the operating system did not give what was asked
    │   ├── Unreadable
    │   ├── Unsupported
    │   └── NotPermitted
    ├── SandboxError              a file could not be looked at in the sandbox
    │   ├── CallFailed
    │   ├── CallTimedOut
    │   ├── CallOutOfMemory
    │   ├── CallAnswerTooLarge
    │   ├── CallCrashed
    │   └── SandboxUnusable
    ├── StoreError                durable state cannot be used
    │   ├── StoreUnusable
    │   └── SchemaMismatch
    ├── AdmissionError            the network refuses a request
    └── VerdictError              a verdict cannot be made or believed

Errors of other libraries are translated into these where they are called. A message never carries a path, name
or value taken from the computer's user: error texts end up in logs and reports.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar


class VedetteError(Exception):
    """The base of every error that Vedette raises on purpose.

    ``message`` says what happened, ``advice`` what to do; ``code`` is a stable word for programs.
    """

    code: ClassVar[str] = "error"

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(f"{message}: {advice}")
        self.message = message
        self.advice = advice


class ConfigurationError(VedetteError):
    code = "configuration"


class ConsentError(VedetteError):
    code = "consent"


class NotJoined(ConsentError):
    code = "not_joined"

    def __init__(self) -> None:
        super().__init__(
            "this computer has not joined a network",
            "ask its operator for a join string and run `vedette join JOIN`",
        )


class ConsentMissing(ConsentError):
    code = "consent_missing"


class StatementMismatch(ConsentError):
    code = "statement_mismatch"


class ReceiptInvalid(ConsentError):
    code = "receipt_invalid"


class LedgerBroken(ConsentError):
    code = "ledger_broken"


class CryptoError(VedetteError):
    code = "crypto"


class SignatureInvalid(CryptoError):
    code = "signature_invalid"


class KeyUnreadable(CryptoError):
    code = "key_unreadable"


class CertificateInvalid(CryptoError):
    code = "certificate_invalid"


class EncodingInvalid(CryptoError):
    """Bytes of a signature or certificate are not the ASN.1 that they must be. ``what`` says how, in a few words."""

    code = "encoding_invalid"

    def __init__(self, what: str) -> None:
        super().__init__(what, "take the file from its maker once more")
        self.what = what


class WireError(VedetteError):
    code = "wire"


class Unreachable(WireError):
    code = "unreachable"


class TimedOut(Unreachable):
    """There is a connection, and nothing comes over it."""

    code = "timed_out"


class Withheld(WireError):
    """Nothing was sent: the consent was withdrawn while the connection was being made."""

    code = "withheld"


class AnswerTooLarge(WireError):
    code = "answer_too_large"


class AnswerMalformed(WireError):
    code = "answer_malformed"


class AuthorityMismatch(WireError):
    code = "authority_mismatch"


class NetworkRefused(WireError):
    """The network answered with an error status.

    ``reason`` is the refusal's word (``vedette.wire.refusals``), ``retry_after`` in seconds where the network
    named one, ``server_time`` its clock where it said so.
    """

    code = "network_refused"

    def __init__(
        self,
        message: str,
        advice: str,
        *,
        status: int,
        reason: str,
        retry_after: float | None = None,
        server_time: datetime | None = None,
    ) -> None:
        super().__init__(message, advice)
        self.status = status
        self.reason = reason
        self.retry_after = retry_after
        self.server_time = server_time


class FactError(VedetteError):
    code = "fact"


class DeclarationError(FactError):
    code = "declaration"


class ValueRefused(FactError):
    code = "value_refused"


class EnvelopeMalformed(FactError):
    code = "envelope_malformed"


class EnvelopeTruncated(EnvelopeMalformed):
    code = "envelope_truncated"


class EnvelopeTooLarge(FactError):
    code = "envelope_too_large"


class EnvelopeBomb(FactError):
    code = "envelope_bomb"


class HostError(VedetteError):
    code = "host"


class Unreadable(HostError):
    """Something on the computer could not be read. ``reason`` is a short phrase without any name in it."""

    code = "unreadable"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"cannot be read ({reason})", "run with more rights or check the file, then try again"
        )
        self.reason = reason


class Unsupported(HostError):
    code = "unsupported"


class NotPermitted(HostError):
    code = "not_permitted"


class SandboxError(VedetteError):
    """A call in the sandbox came to nothing. ``reason`` says why in a few words without any name in them."""

    code = "sandbox"

    def __init__(self, reason: str, advice: str) -> None:
        super().__init__(f"it could not be looked at ({reason})", advice)
        self.reason = reason


class CallFailed(SandboxError):
    """The function refused the file; the worker is as good as before."""

    code = "call_failed"

    def __init__(self, reason: str) -> None:
        super().__init__(reason, "check the file, then try again")


class CallTimedOut(SandboxError):
    code = "call_timed_out"

    def __init__(self) -> None:
        super().__init__("it takes too long", _HOSTILE)


class CallOutOfMemory(SandboxError):
    code = "call_out_of_memory"

    def __init__(self) -> None:
        super().__init__("it needs too much memory", _HOSTILE)


class CallAnswerTooLarge(SandboxError):
    code = "call_answer_too_large"

    def __init__(self) -> None:
        super().__init__("too much is to be said of it", _HOSTILE)


class CallCrashed(SandboxError):
    """``reason`` tells how the worker ended, as a signal's name."""

    code = "call_crashed"

    def __init__(self, how: str) -> None:
        super().__init__(f"the worker died of it, {how}", _HOSTILE)


class SandboxUnusable(SandboxError):
    code = "sandbox_unusable"

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"no worker, {reason}", "check that this computer has memory and processes to spare"
        )


_HOSTILE = "such a file may be made to do harm"


class StoreError(VedetteError):
    code = "store"


class StoreUnusable(StoreError):
    code = "store_unusable"


class SchemaMismatch(StoreError):
    code = "schema_mismatch"


class AdmissionError(VedetteError):
    """The network refuses a request: ``status`` is the HTTP status, ``reason`` the refusal's word,
    ``retry_after`` seconds.
    """

    code = "admission"

    def __init__(
        self,
        message: str,
        advice: str,
        *,
        status: int,
        reason: str,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message, advice)
        self.status = status
        self.reason = reason
        self.retry_after = retry_after


class VerdictError(VedetteError):
    code = "verdict"
