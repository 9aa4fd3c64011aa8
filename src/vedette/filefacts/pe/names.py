"""Names of the numbers in the headers: "PE Format", Machine Types and Windows Subsystem, without their prefixes."""

from __future__ import annotations

from typing import Final

_MACHINES: Final = {
    0x0: "UNKNOWN",
    0x14C: "I386",
    0x160: "R3000BE",
    0x162: "R3000",
    0x166: "R4000",
    0x168: "R10000",
    0x169: "WCEMIPSV2",
    0x184: "ALPHA",
    0x1A2: "SH3",
    0x1A3: "SH3DSP",
    0x1A6: "SH4",
    0x1A8: "SH5",
    0x1C0: "ARM",
    0x1C2: "THUMB",
    0x1C4: "ARMNT",
    0x1D3: "AM33",
    0x1F0: "POWERPC",
    0x1F1: "POWERPCFP",
    0x200: "IA64",
    0x266: "MIPS16",
    0x284: "ALPHA64",
    0x366: "MIPSFPU",
    0x466: "MIPSFPU16",
    0xEBC: "EBC",
    0x5032: "RISCV32",
    0x5064: "RISCV64",
    0x5128: "RISCV128",
    0x6232: "LOONGARCH32",
    0x6264: "LOONGARCH64",
    0x8664: "AMD64",
    0x9041: "M32R",
    0xA641: "ARM64EC",
    0xA64E: "ARM64X",
    0xAA64: "ARM64",
}

_SUBSYSTEMS: Final = {
    0: "UNKNOWN",
    1: "NATIVE",
    2: "WINDOWS_GUI",
    3: "WINDOWS_CUI",
    5: "OS2_CUI",
    7: "POSIX_CUI",
    8: "NATIVE_WINDOWS",
    9: "WINDOWS_CE_GUI",
    10: "EFI_APPLICATION",
    11: "EFI_BOOT_SERVICE_DRIVER",
    12: "EFI_RUNTIME_DRIVER",
    13: "EFI_ROM",
    14: "XBOX",
    16: "WINDOWS_BOOT_APPLICATION",
    17: "XBOX_CODE_CATALOG",
}


def machine_name(number: int) -> str:
    """``AMD64`` for 0x8664, ``0x1234`` for what has no name."""
    return _MACHINES.get(number, f"0x{number:x}")


def subsystem_name(number: int) -> str:
    """``WINDOWS_GUI`` for 2, ``0x63`` for what has no name."""
    return _SUBSYSTEMS.get(number, f"0x{number:x}")
