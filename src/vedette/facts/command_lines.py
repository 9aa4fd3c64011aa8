"""What is left of a command line: its program, the names of its switches, and paths in known folders. Pure.

Passwords live in the values of command lines, so every other word becomes ``<value>``. What a word is is not always
plain (``-psecret`` is a password after a switch of one letter, ``-silent`` a switch); where it is not, the value goes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from vedette.facts.documents import CUT, cut_documents
from vedette.facts.privacy import COMPUTER, HOME, MAIL, USER

VALUE: Final = "<value>"
LONGEST: Final = 1024
_MOST_READ: Final = 16 << 10
_LONGEST_PROGRAM: Final = 512

Masked = Callable[[str], str]

# A quote inside quotes is written \" or, in PowerShell, `" ; one that never ends reaches to the end. A single quote
# begins a quotation only where a word or value begins: elsewhere it is an apostrophe.
_IN_DOUBLE = r'"(?:[\\`]"|[^"])*(?:"|$)'
_IN_SINGLE = r"(?:(?<=\s)|^|(?<=[=:]))'[^']*(?:'|$)"
_WORDS = re.compile(rf"""(?:{_IN_DOUBLE}|{_IN_SINGLE}|[^\s"])+""")
_QUOTED = re.compile(r"""(?P<quote>["'])(?P<inner>.*?)(?P=quote)?$""", re.DOTALL)
_HEAD = re.compile(
    r"""(?P<quote>["'])(?P<inner>(?:(?!(?P=quote)).)*)(?:(?P=quote)|$)(?P<after>.*)""", re.DOTALL
)

_ENDING = r"\.(?:exe|com|bat|cmd|scr|pif|msc|cpl|vbs|vbe|js|jse|wsf|hta|ps1|lnk|jar|dll)"
_NAMED = re.compile(rf".*?{_ENDING}(?=[\s,/\"]|$)", re.IGNORECASE | re.DOTALL)
_ENDED = re.compile(rf".*{_ENDING}$", re.IGNORECASE | re.DOTALL)
# Below these, no folder of Windows has a space in its name, so a space ends the program.
_IN_WINDOWS = re.compile(
    r"(?:[a-z]:\\windows|%(?:systemroot|windir)%|\\systemroot)\\", re.IGNORECASE
)
_NO_NAME = re.compile(
    rf"[-/%]\S|(?:{HOME}|{MAIL}|{USER}|{COMPUTER}|[^=:@*?<>|\"])*+[=:@*?<>|\"]", re.DOTALL
)
_LAUNCHERS: Final = frozenset({"autocheck", "autocheck.exe"})
"""Words that stand before the program that they start."""

_ASSIGNMENT = re.compile(r"(?P<name>[A-Za-z_][A-Za-z0-9_]{0,47}\+?)=(?P<value>.*)", re.DOTALL)
_SWITCH = re.compile(
    r"(?P<dash>--?|/|\+)(?P<name>[A-Za-z?][A-Za-z0-9_.?-]*)(?:(?P<by>[=:])(?P<value>.*))?",
    re.DOTALL,
)
_STRIPPED = re.compile(rf"(?:[-/+][A-Za-z?]|--)?{VALUE}")
# No more digits than a version or a width has: more are a secret, as is a word too long to be a name.
_LONG_NAME = re.compile(r"[A-Za-z][A-Za-z_.-]*(?:[0-9]{1,3}[A-Za-z_.-]*)?")
_SLASH_NAME = re.compile(r"\?|[A-Za-z][A-Za-z_-]*|[A-Za-z][0-9]")
_SHORT_NAME = re.compile(r"[A-Za-z?]{1,2}")
_LONGEST_NAME: Final = 40
# Words that follow a single dash; of any other only the first letter is known to be a switch.
_KNOWN: Final = frozenset(
    re.findall(
        r"\S+",
        """
    all args arguments atboot auto autolaunch autorun autostart background boot brand classpath cmd command
    config conf configuration console cp daemon debug delay desktop detach embedding enc encodedcommand
    executionpolicy exec exit file foreground force full gui help hidden hide home icon init input inputformat
    install instance interactive jar keep kill launch level lock log logfile login logon lowpriority minimize
    minimized mode monitor mta name new no-remote noexit nointeractive nologo noninteractive noprofile nogui
    nosplash notray nowait open option options osboot output outputformat output-format path pidfile policy port
    preload prefetch profile quiet quit regserver register reload repair reset restart run runservice runonce
    runasservice scan server service session setup show silent skip splash start started starthidden startmin
    startminimized startup starttray sta startintray stop stealth systray system task tray trayonly type unregister
    uninstall unregserver update updates user verbose version wait window windowstyle windowed windowsstartup
    """,
    )
)

_VARIABLES: Final = (
    "systemroot|windir|systemdrive|programfiles|programfiles\\(x86\\)|programw6432|commonprogramfiles"
    "|commonprogramfiles\\(x86\\)|commonprogramw6432|programdata|allusersprofile|public|appdata|localappdata|temp|tmp"
    "|userprofile"
)
_KNOWN_FOLDER = re.compile(
    rf"(?:{HOME}|~|\$HOME|\$\{{HOME\}}|%(?:{_VARIABLES})%|\\SystemRoot"
    r"|[a-z]:\\(?:Windows|WINNT|ProgramData|Program Files(?: \(x86\))?(?:\\Common Files)?)"
    r"|/(?:usr|bin|sbin|lib|lib32|lib64|libexec|etc|opt|var|run|tmp|boot|snap|nix|dev|proc|sys|srv)(?=/)"
    r"|(?P<person>[a-z]:\\Users\\|[a-z]:\\Documents and Settings\\|/home/|/root(?=/)))"
    r"(?P<below>[^\s\"'<>|*?;&=@,:$`!{}()\[\]^%#]*)",
    re.IGNORECASE,
)
_OWN_FOLDER = re.compile(r"~|\$HOME|\$\{HOME\}|%(?:USERPROFILE|ONEDRIVE)%", re.IGNORECASE)


def stripped(line: str, masked: Masked) -> str:
    """``line`` without the values in it, at most 1,024 characters long; applied again, it changes nothing more.

    ``masked`` is the privacy transform of a path.
    """
    text, more = re.sub(r"[\x00-\x20]+", " ", line[:_MOST_READ]).strip(), len(line) > _MOST_READ
    for _ in range(4):
        parts = [part for part in _parts(text, masked) if part]
        if more:
            parts[-1:] = [CUT]  # the last word may be half of one
        again = _joined(parts)
        if again == text:
            return text
        text, more = again, False
    return VALUE


def _joined(parts: list[str]) -> str:
    line = " ".join(parts)
    if len(line) <= LONGEST:
        return line
    kept = line[: LONGEST - len(CUT) - 1]
    return kept[: kept.rindex(" ")] + f" {CUT}"


def _parts(line: str, masked: Masked) -> Iterator[str]:
    rest = line
    while found := _WORDS.match(rest):
        assigned = _ASSIGNMENT.fullmatch(found[0])
        if not assigned:
            break
        yield f"{_name(assigned['name'], masked)}={_value(assigned['value'], masked)}"
        rest = rest[found.end() :].lstrip()
    first = _WORDS.match(rest)
    if first and not _SWITCH.fullmatch(first[0].strip("\"'")):
        program, rest = _program(rest)
        yield _shown(program, masked)
        if program.casefold() in _LAUNCHERS and (found := _WORDS.match(rest.lstrip())):
            yield _shown(found[0], masked) if not _NO_NAME.match(found[0]) else VALUE
            rest = rest.lstrip()[found.end() :]
    words = _WORDS.findall(rest)
    for number, word in enumerate(words):
        last = number == len(words) - 1
        yield CUT if last and word == CUT else _argument(word, masked)


def _program(line: str) -> tuple[str, str]:
    """The program that ``line`` begins with, with its quotes, and what follows it."""
    if quoted := _HEAD.match(line):
        quote, inner, after = quoted["quote"], quoted["inner"].strip(), quoted["after"]
        end = _end(inner, quoted=True)
        shown = f"{quote}{inner[:end]}{quote}" if end else ""
        left = inner[end:]
        # What follows within the quotes has to stay together, and apart from the program.
        return shown, f"{quote}{left}{quote} {after}" if left.strip() else after
    end = _end(line)
    return line[:end], line[end:].lstrip(",")


def _end(line: str, quoted: bool = False) -> int:
    """Where the program ends that ``line`` begins with; it has no quotes around it, or the line stood in them."""
    line = line if quoted else line.partition('"')[0]
    words = list(re.finditer(r"\S+", line))
    if not words:
        return 0
    first = words[0]
    if (named := _NAMED.match(first[0])) and not first[0].startswith("/"):
        return named.end()
    if "\\" not in first[0] or _IN_WINDOWS.match(first[0]):
        return first.end()
    for word in words[1:]:
        if _NO_NAME.match(word[0]):
            break
        if named := _NAMED.match(word[0]):
            return word.start() + named.end()
    else:
        # A program without an extension, or a folder: no word is an argument where a folder's name goes on in it.
        if quoted and " " not in line.rpartition("\\")[2]:
            return len(line)
    return first.end()


def _shown(program: str, masked: Masked) -> str:
    quote = program[:1] if program[:1] in {'"', "'"} else ""
    place = program.strip(quote) if quote else program
    if not place:
        return ""
    if "://" in place:
        return VALUE
    place = masked(_documents(place.replace('"', "")))
    if len(place) > _LONGEST_PROGRAM:
        place, quote = CUT + place[1 - _LONGEST_PROGRAM :], quote or '"'
    return f"{quote}{place}{quote}"


def _argument(word: str, masked: Masked) -> str:
    if _STRIPPED.fullmatch(word):
        return word
    whole = _QUOTED.fullmatch(word)
    inner = whole["inner"] if whole else word
    if switch := _SWITCH.fullmatch(inner):
        return _switch(switch, masked)
    return _value(word, masked)


def _switch(found: re.Match[str], masked: Masked) -> str:
    dash, name, by = found["dash"], found["name"], found["by"] or ""
    value = _value(found["value"], masked) if by else ""
    form = {"--": _LONG_NAME, "/": _SLASH_NAME}.get(dash, _SHORT_NAME)
    known = dash in {"-", "+"} and name.casefold() in _KNOWN
    if (known or form.fullmatch(name)) and len(name) <= _LONGEST_NAME and masked(name) == name:
        return f"{dash}{name}{by}{value}"
    return f"{dash}{name[0]}{VALUE}" if dash != "--" else f"{dash}{VALUE}"


def _name(name: str, masked: Masked) -> str:
    return name if masked(name) == name else VALUE


def _value(raw: str, masked: Masked) -> str:
    """What stays of a value: a path in a known folder, and the library of ``library,function``."""
    whole = _QUOTED.fullmatch(raw)
    quote, inner = (whole["quote"], whole["inner"]) if whole else ("", raw)
    place, comma, _ = inner.partition(",")
    found = _KNOWN_FOLDER.match(place)
    if not found or found.end() != len(place) or not re.match(r"[\\/]\S|$", _below(found)):
        return VALUE
    shown = masked(_documents(place))
    return f"{quote}{shown}{comma and ',' + VALUE}{quote}"


def _below(found: re.Match[str]) -> str:
    """What of a path lies below the known folder."""
    return "/" + found["below"] if found["person"] else found["below"]


def _documents(place: str) -> str:
    """A place written with a variable for somebody's folder, as others are where it lies among documents."""
    if own := _OWN_FOLDER.match(place):
        written = HOME + ("/OneDrive" if "onedrive" in own[0].lower() else "") + place[own.end() :]
        return cut if (cut := cut_documents(written)) != written else place
    return place
