"""What must never be blocked: found in the databases of Debian, Alpine and others, by name, alias and inode."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from vedette.host.linux.packages import immunity, loader_and_init, own_files


def _place(root: Path, path: str, content: bytes = b"x") -> Path:
    place = root / path.lstrip("/")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(content)
    place.chmod(0o755)
    return place


@pytest.fixture
def debian(tmp_path: Path) -> Path:
    """With /usr merged, as Debian is since version 12, and lists that still say /bin."""
    _place(tmp_path, "/var/lib/dpkg/info/coreutils.list", b"/.\n/bin\n/bin/ls\n/usr/bin/sort\n")
    _place(tmp_path, "/var/lib/dpkg/info/libc6:amd64.list", b"/usr/lib/libc.so.6\n")
    _place(tmp_path, "/var/lib/dpkg/info/coreutils.md5sums", b"/usr/bin/other\n")
    for name in ("ls", "sort", "other", "tool"):
        _place(tmp_path, f"/usr/bin/{name}")
    _place(tmp_path, "/usr/lib/libc.so.6")
    _place(tmp_path, "/opt/program")
    (tmp_path / "bin").symlink_to("usr/bin")
    return tmp_path


@pytest.mark.parametrize(
    ("path", "package"),
    [
        ("/bin/ls", "coreutils"),
        ("/usr/bin/ls", "coreutils"),
        ("/bin/sort", "coreutils"),
        ("/usr/bin/../bin/ls", "coreutils"),
        ("/usr/lib/libc.so.6", "libc6"),
    ],
)
def test_debian_s_files_are_immune(debian: Path, path: str, package: str) -> None:
    assert immunity(path, str(debian)) == f"installed by the system's packages ({package})"


@pytest.mark.parametrize(
    "path", ["/usr/bin/tool", "/usr/bin/other", "/opt/program", "/none", "/usr/bin"]
)
def test_others_on_debian_are_not(debian: Path, path: str) -> None:
    assert immunity(path, str(debian)) is None


def test_a_link_to_a_package_s_file_is_that_file(debian: Path) -> None:
    (debian / "opt" / "link").symlink_to("../usr/bin/ls")
    assert immunity("/opt/link", str(debian)) is not None


def test_debian_s_diversions(debian: Path) -> None:
    _place(debian, "/var/lib/dpkg/info/perf.list", b"/usr/bin/perf\n")
    _place(debian, "/var/lib/dpkg/info/wrapper.list", b"/usr/bin/perf\n")
    _place(debian, "/var/lib/dpkg/info/lone.list", b"/usr/bin/alone\n")
    _place(
        debian,
        "/var/lib/dpkg/diversions",
        b"/usr/bin/perf\n/usr/bin/perf.real\nwrapper\n/usr/bin/alone\n/usr/bin/alone.real\n:\n",
    )
    for name in ("perf", "perf.real", "alone", "alone.real"):
        _place(debian, f"/usr/bin/{name}")
    reasons = {
        name: immunity(f"/usr/bin/{name}", str(debian))
        for name in ("perf", "perf.real", "alone", "alone.real")
    }
    assert reasons == {
        "perf": "installed by the system's packages (wrapper)",
        "perf.real": "installed by the system's packages (perf)",
        "alone": None,  # diverted away by hand: what lies here now is no package's
        "alone.real": "installed by the system's packages (lone)",
    }


@pytest.mark.parametrize("database", ["lib/apk/db/installed", "usr/lib/apk/db/installed"])
def test_alpine_s_files_are_immune(tmp_path: Path, database: str) -> None:
    _place(
        tmp_path,
        database,
        b"P:busybox\nV:1.36\nF:bin\nR:busybox\na:0:0:755\n\nP:vi\nF:usr/bin\nR:vi\nF:\nR:top\n",
    )
    for path in ("/bin/busybox", "/usr/bin/vi", "/usr/bin/mine", "/top"):
        _place(tmp_path, path)
    assert immunity("/bin/busybox", str(tmp_path)) == "installed by the system's packages (busybox)"
    assert immunity("/usr/bin/vi", str(tmp_path)) == "installed by the system's packages (vi)"
    assert immunity("/top", str(tmp_path)) == "installed by the system's packages (vi)"
    assert immunity("/usr/bin/mine", str(tmp_path)) is None


@pytest.mark.root
def test_without_lists_root_s_own_files_below_usr_are_immune(tmp_path: Path) -> None:
    tool, local = _place(tmp_path, "/usr/bin/tool"), _place(tmp_path, "/usr/local/bin/tool")
    ours, program = _place(tmp_path, "/usr/bin/ours"), _place(tmp_path, "/opt/program")
    assert immunity("/usr/bin/tool", str(tmp_path)) == "a file of the system"
    _place(tmp_path, "/var/lib/rpm/rpmdb.sqlite")
    assert immunity("/usr/bin/tool", str(tmp_path)) == "installed by the system's packages (rpm)"
    os.chown(ours, 1000, 1000)
    tool.chmod(0o775)
    for place in (tool, ours, local, program):
        assert immunity(str(place.relative_to(tmp_path)), str(tmp_path)) is None


def test_what_the_running_system_needs_is_immune() -> None:
    needed = loader_and_init()
    assert any("ld-" in path for path in needed)
    for path in needed:
        assert immunity(path) == "the system cannot run without it"
    for path in own_files():
        assert immunity(path) is not None
    assert os.path.realpath(sys.executable) in own_files()


def test_another_name_of_the_loader_is_the_loader(tmp_path: Path) -> None:
    loader = next(path for path in loader_and_init() if "ld-" in path)
    try:
        os.link(os.path.realpath(loader), tmp_path / "harmless")
    except OSError:
        pytest.skip("the loader cannot be linked here")
    assert immunity(str(tmp_path / "harmless")) == "the system cannot run without it"


def test_a_copy_is_not(tmp_path: Path) -> None:
    assert immunity(str(shutil.copy("/bin/true", tmp_path / "true"))) is None
