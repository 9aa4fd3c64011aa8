"""Which names a Linux computer keeps to itself."""

from __future__ import annotations

from vedette.host.linux.names import private_names
from vedette.testing.host import FakeFiles, FakeFolder

PASSWD = b"""\
root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
ada:x:1000:1000:Ada Lovelace,Room 5,123,:/home/ada:/bin/bash
bob:x:1001:1001:& Miller:/srv/people/bob/:/bin/sh
#odd line
short:x:1002
build:x:998:998::/home/build:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
container:x:100000:100000::/nonexistent:/bin/sh
"""


def _names(**files: bytes) -> FakeFiles:
    return FakeFiles({f"/etc/{name.replace('_', '-')}": content for name, content in files.items()})


def test_people_are_who_has_a_person_s_number_or_a_home() -> None:
    names = private_names(FakeFiles({"/etc/passwd": PASSWD}))
    assert names.users == {
        "ada",
        "Ada Lovelace",
        "Lovelace",
        "bob",
        "Bob Miller",
        "Miller",
        "build",
    }
    assert names.homes == {"/home/ada", "/srv/people/bob/", "/home/build"}


def test_what_accounts_are_called_for_is_no_name() -> None:
    passwd = b"live:x:1000:1000:Debian Live user,,,:/home/live:/bin/sh\n"
    assert private_names(FakeFiles({"/etc/passwd": passwd})).users == {
        "live",
        "Debian Live user",
        "Debian",
    }


def test_people_of_a_directory_service_have_folders() -> None:
    names = private_names(
        FakeFiles({"/home/grace": FakeFolder(), "/home/lost+found": FakeFolder()})
    )
    assert names.users == {"grace"}
    assert names.homes == {"/home/grace"}


def test_the_computer_s_own_names() -> None:
    hosts = b"""\
127.0.0.1 localhost
127.0.1.1 tower.lovelace.example.com tower  # here
::1 localhost ip6-localhost ip6-loopback
192.0.2.7 printer.lovelace.example.com printer
192.0.2.9 tower-wifi tower
"""
    names = private_names(_names(hostname=b"# ours\ntower\n", hosts=hosts))
    assert names.computers == {"tower", "tower-wifi", "tower.lovelace.example.com", "lovelace"}


def test_the_running_kernel_s_name_counts() -> None:
    assert private_names(FakeFiles(), node="desk.example.net").computers == {
        "desk",
        "desk.example.net",
    }


def test_the_machine_s_number_is_private() -> None:
    number = b"3d1219c7c4c5404aaa1f6d2a48adfda4"
    assert private_names(_names(machine_id=number + b"\n")).computers == {number.decode()}
    assert private_names(_names(machine_id=b"uninitialized\n")).computers == frozenset()


def test_what_says_nothing_is_not_masked() -> None:
    names = private_names(_names(hostname=b"localhost.localdomain\n"))
    assert names.computers == frozenset()


def test_the_system_s_own_name_is_nobody_s() -> None:
    passwd = b"ubuntu:x:1000:1000:Ubuntu:/home/ubuntu:/bin/bash\n"
    names = private_names(
        _names(passwd=passwd, hostname=b"ubuntu\n", os_release=b'NAME="Ubuntu"\nID=ubuntu\n')
    )
    assert (names.users, names.computers) == (frozenset(), frozenset())
    assert names.homes == {"/home/ubuntu"}


def test_a_computer_without_any_of_the_files_has_no_names() -> None:
    names = private_names(FakeFiles())
    assert not names.users | names.homes | names.computers
