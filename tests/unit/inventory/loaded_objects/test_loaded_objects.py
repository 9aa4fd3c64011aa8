"""Libraries that are loaded, or that the system is told to load."""

from __future__ import annotations

from vedette.facts.privacy import PrivateNames
from vedette.facts.record import Platform
from vedette.inventory import Unread
from vedette.inventory.loaded_objects import LoadedLibrary, read
from vedette.testing.host import FakeFiles, FakeHost, FakeLink, Node
from vedette.testing.registry import FakeHive, FakeRegistry, Tree

NT = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion"
WOW = r"SOFTWARE\WOW6432Node\Microsoft\Windows NT\CurrentVersion"
CONTROL = r"SYSTEM\CurrentControlSet\Control"


def told(host: FakeHost) -> list[tuple[str, str, str | None]]:
    return [
        (each.role.value, each.name.value, each.library.value if each.library else None)
        for each in read(host)
        if isinstance(each, LoadedLibrary)
    ]


def reasons(host: FakeHost) -> list[str]:
    return [each.reason for each in read(host) if isinstance(each, Unread)]


def windows(tree: Tree, *refused: str, damage: tuple[str, ...] = ()) -> FakeHost:
    return FakeHost(
        platform=Platform.WINDOWS,
        registry=FakeRegistry(FakeHive(tree, refused, damage)),
        private=PrivateNames(users=frozenset({"anna"})),
    )


def test_appinit_of_both_views() -> None:
    host = windows(
        {
            rf"{NT}\Windows": {"AppInit_DLLs": r"C:\a.dll, b.dll C:\a.dll", "LoadAppInit_DLLs": 1},
            rf"{WOW}\Windows": {"AppInit_DLLs": r"C:\Users\anna\c.dll"},
        }
    )
    assert told(host) == [
        ("appinit", "a.dll", r"C:\a.dll"),
        ("appinit", "b.dll", "b.dll"),
        ("appinit", "c.dll", r"<home>\c.dll"),
    ]


def test_an_empty_list_is_none() -> None:
    assert told(windows({rf"{NT}\Windows": {"AppInit_DLLs": ""}})) == []


def test_known_dlls() -> None:
    host = windows(
        {
            rf"{CONTROL}\Session Manager\KnownDLLs": {
                "kernel32": "kernel32.dll",
                "DllDirectory": r"%SystemRoot%\system32",
                "number": 1,
                "empty": "",
            }
        }
    )
    assert told(host) == [
        ("known_dll", "kernel32", "kernel32.dll"),
        ("known_dll", "DllDirectory", r"%SystemRoot%\system32"),
    ]


def test_winlogon_notify() -> None:
    host = windows(
        {
            rf"{NT}\Winlogon\Notify\crypt32chain": {"DLLName": "crypt32.dll", "Logoff": "x"},
            rf"{NT}\Winlogon\Notify\nameless": {},
            rf"{WOW}\Winlogon\Notify\other": {"DllName": r"C:\o.dll"},
        }
    )
    assert told(host) == [
        ("winlogon_notify", "crypt32chain", "crypt32.dll"),
        ("winlogon_notify", "nameless", None),
        ("winlogon_notify", "other", r"C:\o.dll"),
    ]


def test_packages() -> None:
    host = windows(
        {
            rf"{CONTROL}\Lsa": {
                "Authentication Packages": ("msv1_0", "SshdPinAuthLsa", "", ""),
                "Notification Packages": ("scecli", r"C:\evil\filter", ""),
                "Security Packages": ('""', "", ""),
            },
            rf"{CONTROL}\Lsa\OSConfig": {"Security Packages": ("kerberos", "kerberos", "wdigest")},
            rf"{CONTROL}\SecurityProviders": {"SecurityProviders": "credssp.dll, x.dll"},
            rf"{CONTROL}\LsaExtensionConfig\LsaSrv": {"Extensions": ("lsasrv.dll", "msv1_0")},
        }
    )
    assert told(host) == [
        ("lsa_package", "msv1_0", "msv1_0"),
        ("lsa_package", "SshdPinAuthLsa", "SshdPinAuthLsa"),
        ("lsa_package", "scecli", "scecli"),
        ("lsa_package", "filter", r"C:\evil\filter"),
        ("lsa_package", "lsasrv.dll", "lsasrv.dll"),
        ("security_package", "kerberos", "kerberos"),
        ("security_package", "wdigest", "wdigest"),
        ("security_package", "credssp.dll", "credssp.dll"),
        ("security_package", "x.dll", "x.dll"),
    ]


def test_what_cannot_be_read_costs_only_itself() -> None:
    tree: Tree = {
        rf"{CONTROL}\Lsa": {"Security Packages": ("kerberos",)},
        rf"{NT}\Windows": {"AppInit_DLLs": "a.dll"},
    }
    host = windows(tree, "SOFTWARE")
    assert told(host) == [("security_package", "kerberos", "kerberos")]
    assert reasons(host) == ["not permitted"] * 2  # AppInit and Winlogon
    damaged = windows(tree, damage=("the hive is dirty",))
    assert len(told(damaged)) == 2
    assert set(reasons(damaged)) == {"the hive is dirty"}


def test_modules_of_a_running_system() -> None:
    host = windows({})
    host.mapped = [r"C:\Windows\System32\ntdll.dll", r"C:\Users\anna\x.dll"] * 2
    assert told(host) == [
        ("module", "x.dll", r"<home>\x.dll"),
        ("module", "ntdll.dll", r"C:\Windows\System32\ntdll.dll"),
    ]
    host.live = False
    assert told(host) == []


LINUX: dict[str, bytes | Node] = {
    "/etc/ld.so.preload": b"# comment\n/usr/lib/libsnoopy.so:/opt/x.so  /opt/y.so # tail\n",
    "/etc/pam.d/sshd": b"""\
#%PAM-1.0
@include common-auth
auth       required     pam_unix.so nullok
-session   optional     pam_systemd.so
account    [success=1 new_authtok_reqd=done default=ignore] /opt/pam_evil.so key=secret
auth       include      system-auth
auth       substack     password-auth
session    required \\
           pam_limits.so
nonsense
""",
    "/usr/lib/pam.d/sshd": b"auth required pam_hidden.so\n",
    "/usr/lib/pam.d/login": b"AUTH required pam_vendor.so\n",
    "/etc/pam.conf": b"other auth requisite pam_deny.so\n",
    "/etc/nsswitch.conf": b"passwd: files systemd\nhosts: files [!UNAVAIL=return] dns # no\n# x: y\n",
}


def test_linux() -> None:
    host = FakeHost(files=FakeFiles(LINUX), mapped=["/usr/lib/libc.so.6", "/home/anna/evil.so"])
    assert told(host) == [
        ("preload", "libsnoopy.so", "/usr/lib/libsnoopy.so"),
        ("preload", "x.so", "/opt/x.so"),
        ("preload", "y.so", "/opt/y.so"),
        ("pam_module", "pam_evil.so", "/opt/pam_evil.so"),
        ("pam_module", "pam_deny.so", "pam_deny.so"),
        ("pam_module", "pam_limits.so", "pam_limits.so"),
        ("pam_module", "pam_systemd.so", "pam_systemd.so"),
        ("pam_module", "pam_unix.so", "pam_unix.so"),
        ("pam_module", "pam_vendor.so", "pam_vendor.so"),
        ("nss_module", "dns", "libnss_dns.so.2"),
        ("nss_module", "files", "libnss_files.so.2"),
        ("nss_module", "systemd", "libnss_systemd.so.2"),
        ("module", "evil.so", "<home>/evil.so"),
        ("module", "libc.so.6", "/usr/lib/libc.so.6"),
    ]
    assert reasons(host) == []


def test_of_linux_what_cannot_be_read_costs_only_itself() -> None:
    tree: dict[str, bytes | Node] = {
        **LINUX,
        "/etc/pam.d/large": b"#" * (300 << 10),
        "/etc/pam.d/gone": FakeLink("/nowhere"),
        "/etc/pam.d/binary": b"auth required pam_\xff.so\0\n",
    }
    host = FakeHost(files=FakeFiles(tree, frozenset({"/etc/ld.so.preload"})))
    assert {role for role, *_ in told(host)} == {"pam_module", "nss_module"}
    assert sorted(reasons(host)) == ["not permitted", "too large"]
    assert all(name.isprintable() for _, name, _ in told(host))


def test_nothing_is_told_to_be_loaded() -> None:
    assert list(read(FakeHost())) == []
    assert list(read(windows({}))) == []
