"""Command lines: the program and the names of switches stay, and no value survives."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.facts.command_lines import LONGEST
from vedette.facts.kinds import Command
from vedette.facts.privacy import NOTHING_PRIVATE, PrivateNames

CANARY = "kAn4rY77"
PRIVATE = PrivateNames(users=frozenset({"anna"}), computers=frozenset({"HERON-WKS01"}))


def told(raw: str, private: PrivateNames = PRIVATE) -> str:
    return Command(raw, private).value


EXAMPLES = {
    # Programs as the registry and units write them.
    r'"C:\Users\anna\AppData\Local\OneDrive\OneDrive.exe" /background': (
        r'"<home>\AppData\Local\OneDrive\OneDrive.exe" /background'
    ),
    r'"C:\Program Files (x86)\Edge\msedge.exe" --no-startup-window --win-session-start': (
        r'"C:\Program Files (x86)\Edge\msedge.exe" --no-startup-window --win-session-start'
    ),
    r"%ProgramFiles%\Windows Sidebar\Sidebar.exe /autoRun": (
        r"%ProgramFiles%\Windows Sidebar\Sidebar.exe /autoRun"
    ),
    r"C:\WINDOWS\system32\ctfmon.exe": r"C:\WINDOWS\system32\ctfmon.exe",
    r"C:\Program Files\Foo Bar\My App.exe -silent": r"C:\Program Files\Foo Bar\My App.exe -silent",
    r'"%ProgramFiles%\Foo Bar\tool" -x': r'"%ProgramFiles%\Foo Bar\tool" -x',
    r"C:\Windows\System32\userinit.exe,": r"C:\Windows\System32\userinit.exe",
    r"C:\Users\Anna Smith\x.exe /y": r"<home>\x.exe /y",
    "explorer.exe": "explorer.exe",
    "1": "1",
    "": "",
    " \t ": "",
    r"C:\app\run secret C:\b\x": "C:\\app\\run <value> <value>",
    r'C:\app\run secret "a\b.exe"': r"C:\app\run <value> <value>",
    r'"C:\Program Files\Git\cmd"': r'"C:\Program Files\Git\cmd"',
    # A word that only says how another starts.
    "autocheck autochk *": "autocheck autochk <value>",
    # Values.
    "mysql -u root -phunter2 --password hunter2": "mysql -u <value> -p<value> --password <value>",
    "tool --token=abc --level:3 /key:abc -Dx=y": (
        "tool --token=<value> --level:<value> /key:<value> -Dx=<value>"
    ),
    "powershell -NoProfile -enc SQBFAFgA": "powershell -NoProfile -enc <value>",
    r'cmd.exe /c "C:\Windows\x.exe --token=abc"': "cmd.exe /c <value>",
    r'"C:\Program Files\a\b.exe --token abc" -x': r'"C:\Program Files\a\b.exe" <value> -x',
    r"""'/opt/x "y"' "C:\a'b c\it's.exe" """: "'/opt/x' <value> <value>",
    r""""C:\a'b c\it's a.exe" /y""": r""""C:\a'b c\it's a.exe" /y""",
    r'"C:\a\b.exe"--token=abc': r'"C:\a\b.exe" --token=<value>',
    r'tool --token "a \" -b" -c': "tool --token <value> -c",
    'tool --token "never ends -b': "tool --token <value>",
    "tool --token 'a -b' -c": "tool --token <value> -c",
    "TOKEN=abc PATH=/usr/bin tool -c": "TOKEN=<value> PATH=/usr/bin tool -c",
    "https://anna:pw@host.example/x?y": "<value>",
    "curl https://anna:pw@host.example/x?y": "curl <value>",
    "tool --b2f1c0ffee99a8 --a1b2c3 /x99887766": "tool --<value> --<value> /x<value>",
    "tool --for-anna --heron-wks01": "tool --<value> --<value>",
    # Paths in known folders.
    "rundll32.exe C:\\Windows\\System32\\x.dll,Entry": (
        r"rundll32.exe C:\Windows\System32\x.dll,<value>"
    ),
    "/usr/bin/tool --config=/etc/tool.conf '/var/lib/x' /usr/bin/../x?": (
        "/usr/bin/tool --config=/etc/tool.conf '/var/lib/x' <value>"
    ),
    "tool /mnt/secret/x D:\\stuff\\y \\\\server\\share\\z": "tool <value> <value> <value>",
    "tool /home/anna/.config/x ~/bin/y": "tool <home>/.config/x ~/bin/y",
    # Nothing remains below documents, however they are written.
    "tool /home/anna/Documents/divorce/x": "tool <home>/Documents/…",
    r"tool %USERPROFILE%\Documents\divorce\x": r"tool <home>\Documents\…",
    "tool ~/Documents/divorce/x": "tool <home>/Documents/…",
    r"%USERPROFILE%\Desktop\divorce.exe /y": r"<home>\Desktop\… /y",
    r"%OneDrive%\divorce\x.exe": "<home>/OneDrive\\…",
}


@pytest.mark.parametrize("raw", EXAMPLES)
def test_examples(raw: str) -> None:
    assert told(raw) == EXAMPLES[raw]


HELD = st.sampled_from(
    [
        CANARY,
        f'"{CANARY}"',
        f"'{CANARY}'",
        f'"a {CANARY} -b"',
        f"'a {CANARY} -b'",
        f'"a \\" -x {CANARY}"',
        f'"C:\\Windows\\x.exe {CANARY}"',
        f'"C:\\Windows\\x {CANARY}"',
        f"'/usr/bin/x {CANARY}'",
        f"/usr/bin/x={CANARY}",
        f"/etc/x:{CANARY}",
        f"/etc/x,{CANARY}",
        f"C:\\Windows\\x.dll,{CANARY}",
        f"https://host.example/{CANARY}",
        f"https://anna:{CANARY}@host.example",
        f"{CANARY}@host.example",
        f"X={CANARY}",
    ]
)
PROGRAMS = st.sampled_from(
    [
        "tool",
        "/usr/bin/tool",
        r"C:\Windows\System32\tool",
        r"C:\app\tool",
        r"C:\Program Files\A B\tool.exe",
        r'"C:\Program Files\A B\tool.exe"',
        '"/opt/AB/tool"',
        "autocheck autochk",
        "X=1 tool",
    ]
)
SWITCHES = st.sampled_from(["--password", "-p", "/p", "--pass-word", "-password", "/pass"])


@st.composite
def arguments(draw: st.DrawFn) -> str:
    held, form = draw(HELD), draw(st.integers(0, 5))
    switch = draw(SWITCHES)
    return {
        0: held,
        1: f"{switch} {held}",
        2: f"{switch}={held}",
        3: f"{switch}:{held}",
        4: f'"{switch}={CANARY}"',
        5: f"-p{held}",
    }[form]


@given(program=PROGRAMS, words=st.lists(arguments() | st.just("-v"), max_size=5))
def test_no_value_survives(program: str, words: list[str]) -> None:
    line = " ".join([program, *words])
    left = told(line)
    assert CANARY not in left
    # The program's last part is still there.
    assert program.strip('"').split()[-1].rpartition("\\")[2] in left


@given(
    program=PROGRAMS,
    before=st.text("ab -/=:,;'|&<>^%$.\\\t", max_size=12),
    after=st.text("ab -/=:,;'|&<>^%$.\\\"\t", max_size=12),
)
def test_no_value_of_a_long_switch_survives_odd_neighbours(
    program: str, before: str, after: str
) -> None:
    assert CANARY not in told(f'{program} --password="{before}{CANARY}{after}')
    assert CANARY not in told(f"{program} --password={CANARY}{after}")


ODD = st.text("abC: \\/\"'-=,.%<>é…~@\t", max_size=60)
LINES = st.one_of(
    ODD,
    st.text(max_size=300),
    st.lists(
        st.one_of(
            ODD,
            st.sampled_from(
                [
                    *EXAMPLES,
                    "C:\\Users\\anna",
                    "/home/anna",
                    "~/Documents/x",
                    ".exe",
                    "Program Files",
                ]
            ),
        ),
        max_size=6,
    ).map(" ".join),
)


@given(LINES)
def test_again_changes_nothing_and_the_network_takes_it(raw: str) -> None:
    once = told(raw)
    assert Command(once, NOTHING_PRIVATE).value == once
    assert Command.fits([once])
    assert not Command.leaks([once])
    assert len(once) <= LONGEST


@given(LINES)
def test_the_network_takes_nothing_that_has_a_value_in_it(raw: str) -> None:
    if Command(raw, NOTHING_PRIVATE).value != raw:
        assert Command.leaks(["explorer.exe", raw])
    assert not Command.harmless(msgspec.msgpack.encode([raw.encode("utf-8", "replace").decode()]))


def test_long_lines_are_cut_between_words() -> None:
    left = told("tool " + "--switch " * 1000)
    assert len(left) <= LONGEST
    assert left.endswith("--switch …")
    left = told('"C:\\' + "a" * 2000 + '.exe" --x')
    assert left.startswith('"…aaa')
    assert left.endswith('.exe" --x')


@pytest.mark.parametrize("filling", ['"', "'", "\\", " ", "a ", '" ', "C:\\a ", "-a=", "/a", '\\"'])
def test_long_lines_take_no_long_time(filling: str) -> None:
    told("tool " + filling * 100_000)
    told(filling * 100_000)
