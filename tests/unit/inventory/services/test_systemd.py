"""Services of systemd: read through the fake host, and from an image that lies in a folder."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path as Folder

import pytest

from vedette.facts.kinds import Word
from vedette.facts.privacy import PrivateNames
from vedette.host import Host
from vedette.host.linux import LinuxHost
from vedette.inventory import Unread
from vedette.inventory.services import Service, read
from vedette.testing.host import (
    FakeFile,
    FakeFiles,
    FakeFolder,
    FakeHost,
    FakeLink,
    FakeSpecial,
    Node,
)

ETC, LIB = "/etc/systemd/system", "/usr/lib/systemd/system"
Tree = dict[str, bytes | Node]
Build = Callable[[Tree], Host]


def unit(**settings: str) -> bytes:
    lines = [f"{key}={value}" for key, value in settings.items()]
    return "\n".join(["[Unit]", "ExecStart=/not/this", "[Service]", *lines, ""]).encode()


PLAIN = unit(ExecStart="/usr/sbin/plaind --flag", Type="notify")


def _fake(root: Folder, tree: Tree) -> Host:
    return FakeHost(files=FakeFiles(tree), live=False)


def _image(root: Folder, tree: Tree) -> Host:
    for path, node in tree.items():
        place = root / path.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        match node:
            case bytes():
                place.write_bytes(node)
            case FakeFile(content, mode):
                place.write_bytes(content)
                place.chmod(mode)
            case FakeLink(target):
                place.symlink_to(target)
            case FakeFolder():
                place.mkdir()
            case FakeSpecial():
                os.mkfifo(place)
    return LinuxHost(root)


@pytest.fixture(params=[_fake, _image], ids=["fake", "image"])
def host(request: pytest.FixtureRequest, tmp_path: Folder) -> Build:
    return lambda tree: request.param(tmp_path, tree)


def services(host: Host) -> dict[str, Service]:
    found = [each for each in read(host) if isinstance(each, Service)]
    assert len({each.name.value for each in found}) == len(found)
    return {each.name.value: each for each in found}


def unread(host: Host) -> list[str]:
    return [each.reason for each in read(host) if isinstance(each, Unread)]


def one(host: Host) -> Service:
    (service,) = services(host).values()
    return service


def text(word: Word | None) -> str | None:
    return word.value if word else None


def image_of(command: str) -> str | None:
    path = one(FakeHost(files=FakeFiles({f"{LIB}/x.service": unit(ExecStart=command)}))).image
    return path.value if path else None


def test_a_plain_unit(host: Build) -> None:
    service = one(host({f"{LIB}/plain.service": PLAIN}))
    values = {name: getattr(service, name) for name in Service.__dataclass_fields__}
    assert {name: kind.value for name, kind in values.items() if kind} == {
        "name": "plain",
        "kind": "notify",
        "start": "demand",
        "image": "/usr/sbin/plaind",
        "account_kind": "system",
    }
    assert values["library"] is None


def test_no_systemd_no_services(host: Build) -> None:
    built = host({"/etc/hostname": b"kiste\n"})
    assert services(built) == {}
    assert unread(built) == []


def test_a_unit_that_something_wants_starts_by_itself(host: Build) -> None:
    found = services(
        host(
            {
                f"{LIB}/wanted.service": PLAIN,
                f"{LIB}/required.service": PLAIN,
                f"{LIB}/neither.service": PLAIN,
                f"{ETC}/multi-user.target.wants/wanted.service": FakeLink(f"{LIB}/wanted.service"),
                f"{LIB}/basic.target.requires/required.service": FakeLink("../required.service"),
            }
        )
    )
    assert {name: text(each.start) for name, each in found.items()} == {
        "wanted": "auto",
        "required": "auto",
        "neither": "demand",
    }


@pytest.mark.parametrize(
    "mask",
    [FakeLink("/dev/null"), FakeLink("../../../dev/null"), b""],
    ids=["absolute", "relative", "empty"],
)
def test_a_masked_unit_is_disabled_whatever_wants_it(host: Build, mask: bytes | Node) -> None:
    service = one(
        host(
            {
                f"{ETC}/off.service": mask,
                f"{LIB}/off.service": PLAIN,
                f"{ETC}/multi-user.target.wants/off.service": FakeLink(f"{LIB}/off.service"),
            }
        )
    )
    assert (text(service.start), service.kind, service.image) == ("disabled", None, None)


def test_the_administrator_s_unit_hides_the_vendor_s(host: Build) -> None:
    service = one(
        host(
            {
                f"{ETC}/tool.service": unit(ExecStart="/opt/tool"),
                f"{LIB}/tool.service": unit(ExecStart="/usr/bin/tool"),
            }
        )
    )
    assert service.image is not None
    assert service.image.value == "/opt/tool"


def test_a_linked_unit_is_read_where_it_lies(host: Build) -> None:
    service = one(
        host(
            {
                f"{ETC}/tool.service": FakeLink("/opt/tool/tool.service"),
                "/opt/tool/tool.service": unit(ExecStart="/opt/tool/run"),
            }
        )
    )
    assert service.image is not None
    assert service.image.value == "/opt/tool/run"


def test_another_name_of_a_unit_is_no_unit_of_its_own(host: Build) -> None:
    found = services(
        host(
            {
                f"{LIB}/gdm.service": PLAIN,
                f"{ETC}/display-manager.service": FakeLink(f"{LIB}/gdm.service"),
                f"{ETC}/dbus-org.example.service": FakeLink(
                    "../../../usr/lib/systemd/system/gdm.service"
                ),
            }
        )
    )
    assert set(found) == {"gdm"}


def test_instances_are_told_as_their_template(host: Build) -> None:
    built = host(
        {
            f"{LIB}/getty@.service": unit(ExecStart="-/sbin/agetty"),
            f"{ETC}/getty.target.wants/getty@tty1.service": FakeLink(f"{LIB}/getty@.service"),
            f"{ETC}/sync@anna.service": unit(ExecStart="/usr/bin/sync", User="%i"),
            f"{ETC}/sync@bob.service": unit(ExecStart="/usr/bin/sync", User="%i"),
            f"{ETC}/getty@tty2.service": FakeLink("/dev/null"),
        }
    )
    found = services(built)
    assert {name: text(each.start) for name, each in found.items()} == {
        "getty@": "auto",
        "sync@": "demand",
    }
    assert found["sync@"].account_kind.value == "user"


def test_what_is_not_a_unit_is_passed_over(host: Build) -> None:
    found = services(
        host(
            {
                f"{LIB}/real.service": PLAIN,
                f"{LIB}/timer.timer": PLAIN,
                f"{LIB}/real.service.d/override.conf": unit(ExecStart="/else"),
                f"{LIB}/folder.service": FakeFolder(),
                f"{LIB}/pipe.service": FakeSpecial(),
            }
        )
    )
    assert set(found) == {"real"}


def test_drop_ins_change_a_unit(host: Build) -> None:
    service = one(
        host(
            {
                f"{LIB}/tool.service": PLAIN,
                f"{LIB}/tool.service.d/10-user.conf": unit(User="nobody"),
                f"{ETC}/tool.service.d/20-image.conf": unit(ExecStart="\nExecStart=/opt/else"),
                f"{ETC}/tool.service.d/note.txt": unit(User="root"),
            }
        )
    )
    assert service.image is not None
    assert (service.image.value, service.account_kind.value) == ("/opt/else", "service")


@pytest.mark.parametrize("change", [FakeLink("/dev/null"), unit(Type="exec")])
def test_the_administrator_s_drop_in_hides_the_vendor_s(host: Build, change: bytes | Node) -> None:
    service = one(
        host(
            {
                f"{LIB}/tool.service": PLAIN,
                f"{LIB}/tool.service.d/a.conf": unit(ExecStart="\nExecStart=/opt/else"),
                f"{ETC}/tool.service.d/a.conf": change,
            }
        )
    )
    assert service.image is not None
    assert service.image.value == "/usr/sbin/plaind"


def test_what_cannot_be_read_is_said_and_the_rest_told(host: Build) -> None:
    built = host(
        {
            f"{LIB}/good.service": PLAIN,
            f"{LIB}/dangling.service": FakeLink("/nowhere"),
            f"{LIB}/loop.service": FakeLink("loop.service"),
            f"{LIB}/large.service": b"#" * (300 << 10),
            f"{LIB}/zfolder.service": FakeLink("/usr"),
        }
    )
    assert set(services(built)) == {"good"}
    assert sorted(unread(built)) == ["missing", "not a regular file", "too large", "too many links"]


def test_one_closed_folder_hides_only_what_lies_in_it() -> None:
    tree: Tree = {
        f"{ETC}/a.target.wants/x.service": FakeLink("/x"),
        f"{ETC}/b.service": PLAIN,
        f"{LIB}/c.service": PLAIN,
        "/run/systemd/system/d.service": PLAIN,
    }
    closed = frozenset({f"{ETC}/a.target.wants", "/run/systemd/system", f"{LIB}/c.service"})
    built = FakeHost(files=FakeFiles(tree, closed))
    assert set(services(built)) == {"b"}
    assert unread(built) == ["not permitted"] * 3


def test_names_that_are_no_text(tmp_path: Folder) -> None:
    folder = tmp_path / LIB.lstrip("/")
    folder.mkdir(parents=True)
    (folder / os.fsdecode(b"caf\xe9.service")).write_bytes(unit(ExecStart="/bin/caf\N{DIGIT ONE}"))
    service = one(LinuxHost(tmp_path))
    assert service.name.value == "caf\ufffd"


def test_content_that_is_no_text(host: Build) -> None:
    service = one(host({f"{LIB}/x.service": b"[Service]\nExecStart=/bin/caf\xe9 x\nType=\xff\n\0"}))
    assert service.image is not None
    assert service.image.value == "/bin/caf\ufffd"
    assert service.kind is None


COMMANDS = {
    "/usr/bin/tool": "/usr/bin/tool",
    "/usr/bin/tool --password=secret": "/usr/bin/tool",
    "-/usr/bin/tool x": "/usr/bin/tool",
    "@/usr/bin/tool argv0": "/usr/bin/tool",
    "-!!+:/usr/bin/tool": "/usr/bin/tool",
    '"/opt/My Tool/run" x': "/opt/My Tool/run",
    "'/opt/My Tool/run'": "/opt/My Tool/run",
    '"/opt/unclosed x': '"/opt/unclosed',
    "tool": "tool",
    "%h/bin/tool": "%h/bin/tool",
    "/home/anna/bin/tool": "<home>/bin/tool",
    "": None,
    "-": None,
}


@pytest.mark.parametrize("command", COMMANDS)
def test_of_a_command_the_program_stays(command: str) -> None:
    assert image_of(command) == COMMANDS[command]


SECTIONS = {
    "the first of several": (b"ExecStart=/a\nExecStart=/b\n", "/a"),
    "the first after emptying": (b"ExecStart=/a\nExecStart=\nExecStart=/b\nExecStart=/c\n", "/b"),
    "a comment": (b"#ExecStart=/a\n;ExecStart=/b\nExecStart=/c\n", "/c"),
    "spaces": (b"  ExecStart =  /a  b\n", "/a"),
    "goes on in the next line": (b"ExecStart=/a \\\n  User=fake \\\n  b\n", "/a"),
    "another section": (b"ExecStart=/a\n[Install]\nExecStart=/b\n", "/a"),
    "another section before": (b"[Install]\nExecStart=/b\n[Service]\nExecStart=/a\n", "/a"),
    "lines of DOS": (b"ExecStart=/a\r\nType=simple\r\n", "/a"),
    "other names are other settings": (b"execstart=/a\nExecStartPre=/b\n", None),
}


@pytest.mark.parametrize("case", SECTIONS)
def test_sections(case: str) -> None:
    content, image = SECTIONS[case]
    service = one(FakeHost(files=FakeFiles({f"{LIB}/x.service": b"[Service]\n" + content})))
    assert (service.image and service.image.value) == image
    assert service.account_kind.value == "system"


ACCOUNTS = {
    "": "system",
    "root": "system",
    "0": "system",
    "www-data": "service",
    "999": "service",
    "1000": "user",
    "anna": "user",
    "%i": "user",
    "%I": "user",
}


@pytest.mark.parametrize("account", ACCOUNTS)
def test_the_account_is_told_by_its_kind_alone(account: str) -> None:
    host = FakeHost(
        files=FakeFiles({f"{LIB}/x.service": unit(User=account)}),
        private=PrivateNames(users=frozenset({"anna"})),
    )
    assert one(host).account_kind.value == ACCOUNTS[account]


@pytest.mark.parametrize("yes", ["yes", "true", "1", "on", "YES"])
def test_an_account_made_for_the_service(yes: str) -> None:
    host = FakeHost(files=FakeFiles({f"{LIB}/x.service": unit(DynamicUser=yes, User="anna")}))
    assert one(host).account_kind.value == "service"


def test_a_kind_that_is_no_word_is_left_out() -> None:
    host = FakeHost(files=FakeFiles({f"{LIB}/x.service": unit(Type="two words")}))
    assert one(host).kind is None


def test_names_of_people_are_gone() -> None:
    host = FakeHost(
        files=FakeFiles({f"{LIB}/backup-anna.service": unit(ExecStart="/srv/anna/backup")}),
        private=PrivateNames(users=frozenset({"anna"})),
    )
    service = one(host)
    assert service.name.value == "backup-<user>"
    assert service.image is not None
    assert service.image.value == "/srv/<user>/backup"
