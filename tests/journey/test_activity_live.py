"""What happens on this computer, as a real sshd, a real clamd, a download and an execution tell it, is in the lake."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.journey.conftest import MakeComputer
from tests.journey.machines import Computer, Network, await_that, free_port
from vedette.demo.scanner import EICAR

PROGRAMS = Path(__file__).parents[3] / "shared" / "data" / "pe"
DEV_LOG = Path("/dev/log")
SSHD = Path("/usr/sbin/sshd")
SOMEBODY = "zebulonquark"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, as the agent does")


def rows(network: Network, item: str) -> list[dict[str, Any]]:
    return network.lake.read(item).to_pylist() if item in network.lake.items() else []


def member(network: Network, make: MakeComputer, settings: str) -> Computer:
    computer = make("active", settings=settings)
    computer.join(network.invite())
    return computer


@contextmanager
def sshd(folder: Path) -> Iterator[int]:
    """An sshd of our own that logs to /dev/log; its port."""
    folder.mkdir()
    key, port = folder / "host_key", free_port()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    Path("/run/sshd").mkdir(exist_ok=True)  # where it shuts in what talks to strangers
    options = ("UsePAM=no", "PasswordAuthentication=yes", "PidFile=none", f"HostKey={key}")
    command = [str(SSHD), "-D", "-f", "/dev/null", "-p", str(port), "-o", "ListenAddress=127.0.0.1"]
    for option in options:
        command += ["-o", option]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        try:
            yield port
        finally:
            process.terminate()


def fail_to_log_in(port: int, folder: Path) -> None:
    """Tries a wrong password, from another loopback address."""
    ask = folder / "ask"
    ask.write_text("#!/bin/sh\necho wrong\n")
    ask.chmod(0o700)
    options = (
        "PreferredAuthentications=password",
        "NumberOfPasswordPrompts=1",
        "StrictHostKeyChecking=no",
        f"UserKnownHostsFile={folder / 'known'}",
    )
    command = ["ssh", "-p", str(port), "-b", "127.0.0.7"]
    for option in options:
        command += ["-o", option]
    done = subprocess.run(
        [*command, f"{SOMEBODY}@127.0.0.1", "true"],
        env={**os.environ, "SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 255, done.stderr


@pytest.mark.skipif(not SSHD.exists(), reason="Debian's openssh-server is not installed")
@pytest.mark.skipif(DEV_LOG.exists(), reason="somebody else listens at /dev/log")
def test_a_failed_login_is_an_attack(
    network: Network, make_computer: MakeComputer, tmp_path: Path
) -> None:
    settings = f'[logs]\nauto = false\nsocket = "{DEV_LOG}"\n'
    computer = member(network, make_computer, settings)
    try:
        computer.start_agent()
        await_that(DEV_LOG.exists, "the agent listens")
        with sshd(tmp_path / "sshd") as port:
            await_that(lambda: _answers(port), "sshd answers")
            fail_to_log_in(port, tmp_path)
            await_that(
                lambda: {"login_failed"} <= {row["kind"] for row in rows(network, "attacks")},
                "the attack is in the lake",
            )
    finally:
        computer.stop()
        with suppress(FileNotFoundError):
            DEV_LOG.unlink()
    found = [row for row in rows(network, "attacks") if row["kind"] == "login_failed"]
    assert {(row["source"], row["port"], row["protocol"]) for row in found} == {
        ("loopback", 22, "tcp")
    }
    assert SOMEBODY not in repr(rows(network, "attacks"))


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            return connection.recv(4) == b"SSH-"
    except OSError:
        return False


@pytest.mark.skipif(shutil.which("clamd") is None, reason="Debian's clamav-daemon is not installed")
def test_what_clamd_finds_is_a_detection(
    network: Network, make_computer: MakeComputer, tmp_path: Path
) -> None:
    folder = tmp_path / "clamd"
    folder.mkdir()
    log, link = folder / "clamd.log", folder / "clamd.sock"
    (folder / "eicar.ndb").write_text(f"Eicar-Test-Signature:0:0:{EICAR.hex()}\n")
    configuration = folder / "clamd.conf"
    configuration.write_text(
        f"LocalSocket {link}\nDatabaseDirectory {folder}\nForeground yes\nUser root\n"
        f"LogFile {log}\nLogTime yes\n"
    )
    harmful = tmp_path / "downloads" / "eicar.com"
    harmful.parent.mkdir()
    harmful.write_bytes(EICAR)
    harmful_from = "https://anna:secret@downloads.example.org/a/eicar.com?token=1"
    os.setxattr(harmful, "user.xdg.origin.url", harmful_from.encode())
    settings = f'[logs]\nauto = false\nfiles = [{{path = "{log}", form = "clamd"}}]\n'
    computer = member(network, make_computer, settings)
    with subprocess.Popen(["clamd", "-c", str(configuration)], stdout=subprocess.DEVNULL) as clamd:
        try:
            await_that(link.exists, "clamd answers")
            computer.start_agent()
            await_that(lambda: rows(network, "protection"), "the state of the antivirus is known")
            with socket.socket(socket.AF_UNIX) as connection:  # clamd(8), SCAN
                connection.connect(str(link))
                connection.sendall(b"zSCAN %b\0" % os.fsencode(harmful))
                assert b"FOUND" in connection.makefile("rb").read()
            await_that(lambda: rows(network, "detections"), "the find is in the lake")
        finally:
            clamd.terminate()
    (product,) = rows(network, "protection")
    assert (product["product"], product["enabled"]) == ("ClamAV", True)
    found = rows(network, "detections")[0]
    assert found["threat"].startswith("Eicar-Test-Signature")
    assert found["files"][0]["name"] == "eicar.com"
    assert found["files"][0]["size"] == len(EICAR)
    assert found["origin"] == "https://downloads.example.org/a/eicar.com"


@pytest.mark.skipif(not PROGRAMS.is_dir(), reason="the shared set is not here")
def test_a_signed_download_and_its_execution(
    network: Network, make_computer: MakeComputer, tmp_path: Path
) -> None:
    downloads = tmp_path / "arriving"
    downloads.mkdir()
    settings = f'[downloads]\nauto = false\nfolders = ["{downloads}"]\n[launches]\nwatch = ["{downloads}"]\n'
    computer = member(network, make_computer, settings)
    computer.start_agent()
    program = downloads / "setup.exe"
    part = downloads / "setup.exe.part"

    def arrive() -> bool:
        """As a browser does it: in part, marked, and then under its name."""
        shutil.copy(PROGRAMS / "sig_valid_sha256.exe", part)
        os.setxattr(part, "user.xdg.origin.url", b"https://example.org/setup.exe?session=7")
        part.rename(program)
        return bool(rows(network, "downloads"))

    await_that(arrive, "the download is in the lake", every=2.0)
    program.chmod(0o755)

    def execute() -> bool:
        # Nothing here runs a program of Windows; that somebody asked for it is what is seen.
        subprocess.run(["sh", "-c", str(program)], capture_output=True, check=False, timeout=30)
        return any(row["name"] == "setup.exe" for row in rows(network, "launches"))

    await_that(execute, "the launch is in the lake", every=1.0)
    download = rows(network, "downloads")[0]
    assert download["url"] == "https://example.org/setup.exe"
    launched = next(row for row in rows(network, "launches") if row["name"] == "setup.exe")
    assert launched["kind"] == "pe"
    assert launched["digest_valid"] is True
    assert launched["signer"] == download["signer"]


def test_the_same_by_hand(network: Network, make_computer: MakeComputer, tmp_path: Path) -> None:
    computer = member(network, make_computer, "")
    file = tmp_path / "harmful.sh"
    file.write_text("#!/bin/sh\n")
    attack = "--source 203.0.113.7 --port 22 --protocol tcp --kind login_failed"
    computer.command("observe", "attack", *attack.split())
    operation = (
        "--kind open --application /usr/bin/tool --target /etc/shadow --rule r --action denied"
    )
    computer.command("observe", "operation", *operation.split())
    computer.command("observe", "detection", str(file), "--threat", "Test.Hand")
    computer.command("observe", "launch", sys.executable)
    computer.round()
    await_that(network.settled, "the round is in the lake")
    assert rows(network, "attacks")[0]["source"] == "203.0.113.7"
    assert rows(network, "operations")[0]["target"] == "/etc/shadow"
    assert rows(network, "detections")[0]["threat"] == "Test.Hand"
    assert rows(network, "launches")[0]["sha256"]
