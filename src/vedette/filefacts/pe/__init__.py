"""Portable executables: what their headers and directories say, read from the bytes alone.

Everything here is total: whatever the bytes are, it answers, in time and memory that do not grow with what a header
claims. :func:`read_pe` puts the parts together.
"""

from vedette.filefacts.pe.headers import signature_offset
from vedette.filefacts.pe.reading import PeFile, read_pe
from vedette.filefacts.pe.view import packer_view

__all__ = ["PeFile", "packer_view", "read_pe", "signature_offset"]
