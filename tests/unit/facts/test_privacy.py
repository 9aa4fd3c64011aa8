"""Private names: planted in texts of any script, and gone from what the kinds make of them."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from vedette.facts.kinds import MAX_PATH, MAX_TEXT, Kind, Name, Names, Path, Version
from vedette.facts.privacy import (
    COMPUTER,
    HOME,
    MAIL,
    NOTHING_PRIVATE,
    USER,
    PrivateNames,
    is_printable,
    leaks,
    printable,
)

# Letters of many scripts: with and without case, with and without spaces between words, of two lengths in UTF-8.
SCRIPTS = {
    "latin": "abcdefghijklmnopqrstuvwxyzéüßñøőłž",
    "greek": "αβγδεζηθικλμνξοπρστυφχψω",
    "cyrillic": "абвгдежзийклмнопрстуфхцчшщыьэюя",
    "hebrew": "אבגדהוזחטיכלמנסעפצקרשת",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهوي",
    "devanagari": "अआइईउऊकखगघचछजझटठडढणतथदधन",
    "thai": "กขคงจฉชซญฎฏฐฑฒณดตถทธนบปผฝพฟภมยรลว",
    "hangul": "가나다라마바사아자차카타파하김이박최정",
    "kana": "あいうえおかきくけこサシスセソタチツテト",
    "han": "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗",
    "emoji": "😀😁😂🤣😃😄",
}
NAMES = st.sampled_from(sorted(SCRIPTS)).flatmap(
    lambda script: st.text(SCRIPTS[script], min_size=2, max_size=10)
)
# What surrounds a name where it stands alone.
EDGES = st.sampled_from(
    ["", "/", "\\", " ", "-", "_", ".", "(", ")", ",", "'", '"', ":", "~", "\n", "…"]
)
PLACES = st.sampled_from(
    ["", "/opt/{}/x", "C:\\data\\{}", "backup of {}", "{}.txt", "x-{}-y", "{}_{}"]
)
MAILS = st.builds(
    "{}@{}".format,
    st.text("abcdefxyz0189._%+-'\"é用", min_size=1, max_size=12),
    st.sampled_from(
        ["example.com", "mail.example.co.uk", "localhost", "例え.jp", "[192.0.2.1]", "x"]
    ),
)
PROFILES = st.sampled_from(
    [
        "/home/{}",
        "/var/home/{}",
        "/export/home/{}",
        "/usr/home/{}",
        "/Users/{}",
        "/home//{}",
        "/HOME/{}",
        "/mnt/backup/home/{}",
        "/var/lib/docker/overlay2/0f/merged/home/{}",
        "/.snapshots/1/snapshot/home/{}",
        "file:///home/{}",
        "C:\\Users\\{}",
        "c:\\users\\{}",
        "C:/Users/{}",
        "C:\\\\Users\\\\{}",
        "\\\\?\\C:\\Users\\{}",
        "\\Device\\HarddiskVolume3\\Users\\{}",
        "%SystemDrive%\\Users\\{}",
        "C:\\Documents and Settings\\{}",
        "C:\\DOCUME~1\\{}",
        "Z:\\home\\{}",
        "\\\\server\\Users\\{}",
    ]
)
NAMED_KINDS = st.sampled_from([Name, Path, Version])
LONGEST: dict[type[Kind], int] = {Name: MAX_TEXT, Path: MAX_PATH, Version: 64}
TEXTS = st.text(max_size=60)
SOMEBODY = PrivateNames(
    users=frozenset({"anna", "Anna Schmidt", "al", "王伟", "home"}),
    homes=frozenset({"/home/anna", "/srv/people/anna", "D:\\Profiles\\anna"}),
    computers=frozenset({"kiste", "kiste.example.test"}),
)


def made(kind: type[Kind], text: str, private: PrivateNames) -> str:
    value = kind(text, private).value  # type: ignore[call-arg]
    assert isinstance(value, str)
    return value


def holds(text: str, name: str) -> bool:
    return printable(name).casefold() in text.casefold()


@given(kind=NAMED_KINDS, name=NAMES, place=PLACES, before=EDGES, after=EDGES)
def test_user_names_are_gone(
    kind: type[Kind], name: str, place: str, before: str, after: str
) -> None:
    assume(not holds("/opt/x c:\\data backup of .txt <user>", name))
    text = place.replace("{}", before + name + after) or name
    for private in (
        PrivateNames(users=frozenset({name})),
        PrivateNames(users=frozenset({f"  {unicodedata.normalize('NFD', name)} "})),
    ):
        value = made(kind, text, private)
        assert not holds(value, name)
        assert USER in value


@given(kind=NAMED_KINDS, name=NAMES, place=PLACES)
def test_computer_names_are_gone(kind: type[Kind], name: str, place: str) -> None:
    assume(not holds("/opt/x c:\\data backup of .txt <computer>", name))
    text = place.replace("{}", name) or name
    private = PrivateNames(computers=frozenset({name.upper()}))
    assume(name.upper().casefold() == name.casefold() and len(name.upper()) == len(name))
    value = made(kind, text, private)
    assert not holds(value, name)
    assert COMPUTER in value


@given(kind=NAMED_KINDS, mail=MAILS, before=EDGES, after=EDGES)
def test_mail_addresses_are_gone(kind: type[Kind], mail: str, before: str, after: str) -> None:
    for text in (mail, f"{before}{mail}{after}", f"to {mail}!{mail}", mail.replace("@", "%40")):
        value = made(kind, text, NOTHING_PRIVATE)
        assert mail not in value
        assert MAIL in value
        assert "example" not in value


@given(kind=NAMED_KINDS, name=NAMES, profile=PROFILES, below=st.sampled_from(["", "/x", "\\x"]))
def test_profile_folders_are_gone_whoever_s_they_are(
    kind: type[Kind], name: str, profile: str, below: str
) -> None:
    assume(not holds(profile, name))
    value = made(kind, profile.format(name) + below, NOTHING_PRIVATE)
    assert HOME in value
    if kind is not Version:
        assert value.endswith(HOME + below)
    assert not holds(value.replace("x", ""), name)


@given(name=NAMES, separator=st.sampled_from(["/", "\\"]), below=st.sampled_from(["", "/x"]))
def test_homes_in_unusual_places_are_gone(name: str, separator: str, below: str) -> None:
    home = separator.join(["", "srv", "people", name])
    for text in (home, home.replace(separator, "/"), home.replace(separator, separator * 2)):
        value = Path(text + below, PrivateNames(homes=frozenset({home + separator}))).value
        assert value == HOME + below


EXAMPLES = {
    # A name that is short is masked where it stands alone, one that is not wherever it stands.
    "calc.exe": "calc.exe",
    "al.exe": "<user>.exe",
    "backup_al": "backup_<user>",
    "annasbackup": "<user>sbackup",
    "ANNA": "<user>",
    "annaal": "<user><user>",
    "王伟的电脑": "<user>的电脑",
    "Anna Schmidt.pdf": "<user>.pdf",
    "anna_schmidt": "<user>",
    "anna.schmidt@example.com": "<mail>",
    "Anna Schmidt@example.com": "<mail>",
    "kiste.example.test": "<computer>",
    "KISTE-2": "<computer>-2",
    # A mask is never taken for a name.
    "<home>": "<home>",
    "<user>/home": "<user>/<user>",
    # Folders.
    "/home/anna": "<home>",
    "/home/anna/bin": "<home>/bin",
    "/home/anna.old/bin": "<home>/bin",
    "/srv/people/anna/x": "<home>/x",
    "/srv/people/annabel": "/srv/people/<user>bel",
    "d:/profiles/anna/x": "<home>/x",
    "/root": "<home>",
    "/root/.bashrc": "<home>/.bashrc",
    "/mnt/root/x": "/mnt/root/x",
    "/opt/rooted": "/opt/rooted",
    "C:\\Users\\Public\\x": "C:\\Users\\Public\\x",
    "C:\\Users\\Publicity\\x": "<home>\\x",
    "C:\\Users": "C:\\Users",
    # What is no mail address.
    "node_modules/@scope/pkg": "node_modules/@scope/pkg",
    "/usr/lib/systemd/system/getty@.service": "/usr/lib/systemd/system/getty@.service",
    "a @ b": "a @ b",
    "--mail=anna@example.com": "<mail>",
    '"anna b"@example.com': '"<user> <mail>',
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_examples(text: str) -> None:
    assert SOMEBODY.mask(text) == EXAMPLES[text]


PLANTED = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *EXAMPLES,
                "/",
                "\\",
                "@",
                "%40",
                "<",
                ">",
                "Users",
                "home",
                "Documents",
                " ",
                "…",
                ".",
            ]
        ),
        st.text(max_size=5),
    ),
    max_size=8,
).map("".join)
ANYBODY = st.one_of(
    st.just(SOMEBODY),
    st.builds(
        PrivateNames,
        users=st.frozensets(st.text(max_size=8), max_size=3),
        homes=st.frozensets(st.text(max_size=8), max_size=2),
        computers=st.frozensets(st.text(max_size=8), max_size=2),
    ),
)


@given(text=st.one_of(TEXTS, PLANTED), private=ANYBODY)
def test_masking_twice_changes_nothing(text: str, private: PrivateNames) -> None:
    once = private.mask(text)
    assert private.mask(once) == once


@given(kind=NAMED_KINDS, text=st.one_of(TEXTS, PLANTED), private=ANYBODY)
def test_every_value_passes_the_network_s_own_search(
    kind: type[Kind], text: str, private: PrivateNames
) -> None:
    for raw in (text, text * 40, text.rjust(300, "x"), "x" * 1000 + text, text + "x" * 1000):
        value = made(kind, raw, private)
        assert kind.fits([value])
        assert not kind.leaks([value])
        assert len(value) <= LONGEST[kind]


@given(kind=NAMED_KINDS, text=PLANTED)
def test_a_value_of_a_value_is_the_same(kind: type[Kind], text: str) -> None:
    value = made(kind, text, SOMEBODY)
    assume("…" not in value or "…" in text)
    assert made(kind, value, SOMEBODY) == value


@given(text=st.text())
def test_printable_is_what_can_be_shown_and_sent(text: str) -> None:
    shown = printable(text)
    shown.encode()
    assert is_printable(shown)
    assert printable(shown) == shown
    assert unicodedata.is_normalized("NFC", shown)
    for character in shown:
        assert unicodedata.category(character) not in {"Cc", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    "character",
    [
        "\0",
        "\x1b",
        "\x7f",
        "\x9b",
        "\u202e",
        "\u2066",
        "\u200b",
        "\ufeff",
        "\u2028",
        "\xad",
        "\U000e0041",
    ],
    ids=ascii,
)
def test_what_cannot_be_seen_is_shown(character: str) -> None:
    assert Name(f"a{character}b", NOTHING_PRIVATE).value == "a\ufffdb"
    assert not Name.fits([f"a{character}b"])


def test_file_names_that_are_no_text_can_be_sent() -> None:
    raw = b"caf\xe9.exe".decode("utf-8", "surrogateescape")
    assert Name(raw, NOTHING_PRIVATE).value == "caf\ufffd.exe"
    private = PrivateNames(users=frozenset({b"caf\xe9".decode("utf-8", "surrogateescape")}))
    assert Name(raw, private).value == "<user>.exe"


def test_names_are_masked_one_by_one() -> None:
    assert Names(["anna", "x", "/home/b"], SOMEBODY).value == ["<user>", "x", "<home>"]


LEAKING = [
    "mail anna@example.com",
    "anna%40example.com",
    "/home/anna",
    "x\n/home/anna/x",
    "C:\\Users\\anna",
    "c:\\documents and settings\\anna",
    "/root/x",
    "/HOME/anna",
    "/mnt/home/anna",
]


@pytest.mark.parametrize("text", LEAKING)
def test_leaks(text: str) -> None:
    assert leaks(text)
    assert leaks(text.upper())
    assert not leaks(PrivateNames().mask(text))


@pytest.mark.parametrize(
    "text",
    ["", "/usr/bin/x", "<home>/x", "users", "a @ b", "C:\\Users\\Public", "/homes/x", "/x/root"],
)
def test_does_not_leak(text: str) -> None:
    assert not leaks(text)


@pytest.mark.parametrize(
    "hostile",
    [
        "a",
        "@",
        "/",
        "\\",
        "%40",
        "a@",
        "@a",
        "/home/",
        "anna",
        "al",
        "al ",
        "<",
        "<home>",
        "\0",
        ".",
        "Users\\",
        "Anna ",
    ],
)
def test_no_text_takes_long(hostile: str) -> None:
    """A hundred thousand characters, many times what may be sent, in less than a second."""
    text = hostile * (100_000 // len(hostile))
    began = time.perf_counter()
    Path(text, SOMEBODY)
    leaks(text)
    leaks("/home@" + text)
    assert time.perf_counter() - began < 1
