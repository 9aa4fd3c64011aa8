"""Folders of documents: nothing of what lies below them is left in a path."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.facts.documents import _FOLDERS, _SERVICES, cut_documents
from vedette.facts.kinds import Files, Name, Path
from vedette.facts.privacy import NOTHING_PRIVATE

FOLDERS = [name for line in _FOLDERS.split("\n") for name in line.split("|") if name]
SERVICES = [name for line in _SERVICES.split("\n") for name in line.split("|") if name]


def place(raw: str) -> str:
    return Path(raw, NOTHING_PRIVATE).value


@pytest.mark.parametrize("folder", FOLDERS + SERVICES)
def test_nothing_is_left_below(folder: str) -> None:
    assert place(f"/home/anna/{folder}/divorce/letter.odt") == f"<home>/{folder}/…"
    assert place(f"C:\\Users\\anna\\{folder}\\divorce") == f"<home>\\{folder}\\…"
    assert place(f"/home/anna/{folder.upper()}/x").endswith("/…")
    assert place(f"/home/anna/{folder}") == f"<home>/{folder}"


EXAMPLES = {
    # The name of a synchronised folder says whose it is.
    "/home/anna/OneDrive - Example Ltd/Q3/x": "<home>/OneDrive/…",
    "/home/anna/OneDrive - Example Ltd": "<home>/OneDrive",
    "/home/anna/Dropbox (Example)/x": "<home>/Dropbox/…",
    "/home/anna/Nextcloud2/x": "<home>/Nextcloud/…",
    "/mnt/disk/home/anna/Documents/x": "/mnt/disk<home>/Documents/…",
    "/home/anna/Documents/": "<home>/Documents/",
    # Programs come from here, so where they lay counts.
    "/home/anna/Downloads/tool-1.2/tool": "<home>/Downloads/tool-1.2/tool",
    # What only looks like one.
    "/home/anna/Documents2/x": "<home>/Documents2/x",
    "/home/anna/Documentsx/y": "<home>/Documentsx/y",
    "/home/anna/Boxes/y": "<home>/Boxes/y",
    "/home/anna/.config/Documents/x": "<home>/.config/Documents/x",
    "/usr/share/Documents/x": "/usr/share/Documents/x",
}


@pytest.mark.parametrize("raw", EXAMPLES)
def test_examples(raw: str) -> None:
    assert place(raw) == EXAMPLES[raw]


@given(
    folder=st.sampled_from(FOLDERS + SERVICES),
    below=st.text(min_size=1, max_size=30).map("secret{}".format),
    separator=st.sampled_from("/\\"),
)
def test_cutting_twice_changes_nothing(folder: str, below: str, separator: str) -> None:
    once = place(separator.join(["/home/anna", folder, below]))
    assert "secret" not in once
    assert place(once) == once == cut_documents(once)


def test_the_network_refuses_what_was_not_cut() -> None:
    assert Path.leaks(["/usr/bin", "<home>/Documents/divorce"])
    assert Files.leaks(["letter", "<home>/Desktop/divorce"])
    assert not Path.leaks(["<home>/Documents/…", "<home>/Documents", "<home>/Downloads/x"])


def test_the_place_of_a_found_file_is_cut_as_well() -> None:
    name = Name("letter.odt", NOTHING_PRIVATE)
    where = Path("/home/anna/Documents/divorce", NOTHING_PRIVATE)
    assert Files([(name, None, None, where)]).value[0]["place"] == "<home>/Documents/…"
