"""The BPF programs that are loaded into the kernel, by bpf(2), which Python does not offer.

Structures after include/uapi/linux/bpf.h: ``union bpf_attr`` of the three commands and the beginning of
``struct bpf_prog_info``, which only ever grows at its end.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
from typing import Final

from vedette.errors import Unreadable
from vedette.host import KernelObject

_CALLS: Final = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "s390x": 351, "ppc64le": 361}
_NEXT_ID, _BY_ID, _INFO = 11, 13, 15
_INFO_BYTES: Final = 80
_NAME: Final = slice(64, 80)
_TAG: Final = slice(8, 16)
_MOST: Final = 4096


def bpf_programs() -> list[KernelObject]:
    """Each program by its name, or by the tag of its instructions where it has none.

    Raises ``Unreadable`` without the right to see them, or where the kernel has none of this.
    """
    call = _CALLS.get(platform.machine())
    if call is None:
        raise Unreadable("not known how to ask this processor's kernel")
    libc = ctypes.CDLL(None, use_errno=True)

    def bpf(command: int, attributes: bytes) -> tuple[int, bytes]:
        room = ctypes.create_string_buffer(attributes, len(attributes))
        result = libc.syscall(call, command, ctypes.byref(room), len(attributes))
        if result < 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
        return result, room.raw

    found: list[KernelObject] = []
    last = 0
    try:
        while len(found) < _MOST:
            _, answer = bpf(_NEXT_ID, struct.pack("=III", last, 0, 0))
            last = struct.unpack_from("=I", answer, 4)[0]
            try:
                descriptor, _ = bpf(_BY_ID, struct.pack("=III", last, 0, 0))
            except FileNotFoundError:
                continue  # unloaded meanwhile
            try:
                info = ctypes.create_string_buffer(_INFO_BYTES)
                bpf(_INFO, struct.pack("=IIQ", descriptor, _INFO_BYTES, ctypes.addressof(info)))
                found.append(_program(info.raw))
            finally:
                os.close(descriptor)
    except OSError as error:
        if error.errno == errno.ENOENT:
            return found  # the last one has been seen
        raise Unreadable(_REASONS.get(error.errno or 0, "input or output error")) from error
    return found


_REASONS: Final = {
    errno.EPERM: "not permitted",
    errno.EACCES: "not permitted",
    errno.ENOSYS: "the kernel has no BPF",
}


def _program(info: bytes) -> KernelObject:
    name = info[_NAME].partition(b"\0")[0].decode("ascii", "replace")
    return KernelObject("bpf", name or info[_TAG].hex())
