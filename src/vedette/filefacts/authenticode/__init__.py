"""Authenticode: the signature that a portable executable carries, verified offline from its bytes alone.

:func:`verify` answers two questions apart: are these the bytes that were signed (``digest_valid``), and who signed
them, as far as a chain to a trusted root says (``chain``). What else is odd is listed in ``problems``: weak
digests, data that was appended or put where no digest covers it, timestamps that do not hold.

Out of scope: files signed in a catalogue (most of Windows' own) carry no signature and are reported without one,
as their catalogues are not at hand. Revocation is not asked for over the network.

References: "Windows Authenticode Portable Executable Signature Format" (Microsoft, 2008), RFC 2315, RFC 5652,
RFC 5280, RFC 3161.
"""

from vedette.filefacts.authenticode.verification import verify

__all__ = ["verify"]
