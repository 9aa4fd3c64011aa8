"""The words: they cover the seed text, are our own, and their digest covers each of them."""

from __future__ import annotations

import hashlib
import re
from importlib import resources
from pathlib import Path

import pytest

from vedette.errors import DeclarationError
from vedette.statement.clauses import CLAUSES, Purpose, Tier, Wording, clause

TOML = (resources.files("vedette.statement") / "clauses.toml").read_text(encoding="utf-8")

# Every noun of the seed text's lists: the entry it stands in, our clause, and the words that speak of it there.
NOUNS = [
    ("basic.1", "computer.system", ["version", "operating system"]),
    ("basic.1", "computer.system", ["service pack"]),
    ("basic.1", "computer.hardware", ["hardware", "processor"]),
    ("basic.1", "computer.software", ["installed software"]),
    ("basic.1", "computer.kernel_objects", ["kernel objects"]),
    ("basic.1", "computer.drivers", ["drivers"]),
    ("basic.1", "computer.services", ["services"]),
    ("basic.1", "computer.browser_addons", ["internet explorer", "add-ons"]),
    ("basic.1", "computer.print_extensions", ["printing system", "extensions"]),
    ("basic.1", "computer.shell_plugins", ["windows explorer", "plug-ins"]),
    ("basic.1", "computer.loaded_objects", ["loaded objects"]),
    ("basic.1", "computer.active_setup", ["active setup"]),
    ("basic.1", "computer.applets_control_panels", ["applets"]),
    ("basic.1", "computer.applets_control_panels", ["control panel"]),
    ("basic.1", "computer.autostarts", ["start"]),
    ("basic.1", "computer.hosts", ["hosts file", "record"]),
    ("basic.1", "computer.registry", ["system registry", "records"]),
    ("basic.1", "computer.addresses", ["ip addresses"]),
    ("basic.1", "computer.browsers_mail", ["browsers", "version"]),
    ("basic.1", "computer.browsers_mail", ["email clients", "version"]),
    ("basic.1", "computer.product", ["version of vedette"]),
    ("basic.2", "identifier", ["identifier", "computer"]),
    ("basic.3", "protection.status", ["antivirus", "whether they are on"]),
    ("basic.3", "protection.detections", ["harmful"]),
    ("basic.3", "protection.detections", ["virus", "name"]),
    ("basic.3", "protection.detections", ["date and time"]),
    ("basic.3", "protection.detections", ["names, sizes", "paths"]),
    ("basic.3", "protection.detections", ["application at fault"]),
    ("basic.3", "protection.operations", ["operation", "name of the application"]),
    ("basic.3", "protection.attacks", ["ip address of the attacking computer"]),
    ("basic.3", "protection.attacks", ["port", "attacked"]),
    ("basic.3", "protection.refusals", ["refuse"]),
    ("basic.4", "downloads.signed", ["downloaded", "signature"]),
    ("basic.4", "downloads.signed", ["url", "size"]),
    ("basic.5", "launches", ["launched", "size"]),
    ("basic.5", "launches", ["attributes"]),
    ("basic.5", "launches", ["created"]),
    ("basic.5", "launches", ["pe header"]),
    ("basic.5", "launches", ["region"]),
    ("basic.5", "launches", ["name and location"]),
    ("basic.5", "launches", ["packer"]),
    ("additional.1", "samples.files", ["files, or parts of files"]),
    ("additional.1", "samples.files", ["closer look"]),
]


@pytest.mark.parametrize(("seed", "clause_id", "words"), NOUNS)
def test_every_noun_of_the_seed_has_its_clause(seed: str, clause_id: str, words: list[str]) -> None:
    found = clause(clause_id)
    text = " ".join(f"{found.title} {found.text}".lower().split())
    assert found.seed == seed
    assert found.tier == seed.partition(".")[0]
    assert [word for word in words if word not in text] == []


def test_no_clause_is_without_a_noun_of_the_seed() -> None:
    assert {clause_id for _, clause_id, _ in NOUNS} == set(CLAUSES)


@pytest.mark.parametrize(
    ("seed", "ids"),
    [
        ("scope", {"summary", "controller", "changes"}),
        ("purposes", {"detect", "protect", "improve"}),
        ("voluntary", {"voluntary", "switches", "protection", "withdrawal", "erasure"}),
        ("no_personal_data", {"personal", "transforms", "times", "storage", "reading_back"}),
    ],
)
def test_the_paragraphs_around_the_lists_are_answered(seed: str, ids: set[str]) -> None:
    wording = Wording.load()
    parts = [*wording.opening, *wording.purposes, *wording.rules, *wording.closing]
    assert {part.id for part in parts if part.seed == seed} == ids


def test_no_six_words_in_a_row_are_the_seeds() -> None:
    """``seed_windows.txt`` holds the hashes of all its runs of six words; the text itself is not ours to copy."""
    seed = set((Path(__file__).parent / "seed_windows.txt").read_text().split())
    words = re.findall(r"[a-z]+", Wording.load().text().lower())
    runs = [" ".join(words[i : i + 6]) for i in range(len(words) - 5)]
    assert [r for r in runs if hashlib.sha256(r.encode()).hexdigest()[:12] in seed] == []
    assert len(seed) > 200


def test_purposes_are_the_seeds_three() -> None:
    assert [str(p.id) for p in Wording.load().purposes] == ["detect", "protect", "improve"]
    assert list(Purpose) == ["detect", "protect", "improve"]


def test_an_unknown_clause_is_refused() -> None:
    with pytest.raises(DeclarationError, match="no such clause"):
        clause("computer.diary")


def test_the_text_names_controller_and_contact() -> None:
    text = Wording.load().text("Example Ltd", "privacy@example.org")
    assert "{" not in text
    assert "run by Example Ltd, who" in " ".join(text.split())
    assert text.count("privacy@example.org") == 2


def test_a_controllers_name_cannot_drive_the_terminal() -> None:
    text = Wording.load().text("Evil\x1b[2J\x07\u202e", "x\r\n\ny")
    assert all(c.isprintable() or c == "\n" for c in text)


@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_text_fits_the_terminal(width: int) -> None:
    assert max(map(len, Wording.load().text(width=width).splitlines())) <= width


def test_every_word_stands_in_the_text() -> None:
    wording = Wording.load()
    text = " ".join(wording.text().split())
    texts = [wording.title]
    for part in (*wording.opening, *wording.purposes, *wording.rules, *wording.closing):
        texts += [part.title, part.text]
    for tier in wording.tiers.values():
        texts += [tier.title, tier.text]
    for found in wording.clauses:
        texts += [found.id, found.title, found.text]
    assert [t for t in texts if " ".join(t.split()) not in text] == []


def _shown_words() -> list[tuple[int, int]]:
    """The places in the file of a word from each text that is shown."""
    texts = re.finditer(
        r'^(?:title = "([^"\n]*)"|text = """\n(.*?)""")$', TOML, re.MULTILINE | re.DOTALL
    )
    words = []
    for match in texts:
        start, end = match.span(1) if match[1] else match.span(2)
        found = list(re.finditer(r"[A-Za-z]{2,}", TOML[start:end]))[-1]
        words.append((start + found.start(), start + found.end()))
    return words


def test_any_typo_changes_the_wording_digest() -> None:
    digests = {Wording.load().digest}
    places = _shown_words()
    for start, end in places:
        digests.add(Wording.parse(TOML[:start] + "typo" + TOML[end:]).digest)
    assert len(digests) == len(places) + 1 > 80


def test_line_breaks_and_comments_do_not_change_the_wording_digest() -> None:
    start = TOML.index("Which operating system runs")
    rewrapped = TOML[:start] + "Which\noperating  system\nruns" + TOML[start + 27 :]
    wording = Wording.parse("# A comment.\n" + rewrapped)
    assert wording.text() == Wording.load().text()
    assert wording.digest == Wording.load().digest


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('id = "launches"', 'id = "computer.hosts"'),
        ('id = "improve"', 'id = "protect"'),
        ('tier = "additional"', 'tier = "everything"'),
        ("[tiers.additional]", "[tiers.other]"),
        ('language = "en"', 'language = "en"\nextra = 1'),
        ('title = "In short"', 'title = "In short'),
        ('id = "summary"', ""),
    ],
)
def test_a_statement_with_a_mistake_is_refused(old: str, new: str) -> None:
    assert old in TOML
    with pytest.raises(DeclarationError, match="cannot be used"):
        Wording.parse(TOML.replace(old, new, 1))


def test_tiers_come_in_the_order_of_their_need() -> None:
    assert list(Tier) == ["basic", "additional"]
    assert [c.id for c in CLAUSES.values() if c.tier is Tier.ADDITIONAL] == ["samples.files"]
