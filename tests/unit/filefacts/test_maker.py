"""Version and maker of a program of Windows."""

from __future__ import annotations

import os

import pytest

from vedette.errors import Unreadable
from vedette.filefacts.maker import maker


@pytest.mark.parametrize("content", [b"", b"MZ", b"\x7fELF" + bytes(200), b"#!/bin/sh\n"])
def test_what_is_no_program_of_windows_is_said(content: bytes) -> None:
    descriptor = os.memfd_create("program")
    try:
        os.write(descriptor, content)
        with pytest.raises(Unreadable):
            maker(descriptor)
    finally:
        os.close(descriptor)
