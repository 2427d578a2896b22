import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision import checksums
from provision.packages import PINNED

ONE, TWO = "1" * 64, "2" * 64
NAMES = st.from_regex(r"[a-z0-9][a-z0-9+.-]*_[0-9][A-Za-z0-9.+~%-]*_(amd64|all)\.deb", fullmatch=True)
SUMS = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)


@given(st.dictionaries(NAMES, SUMS))
def test_what_is_written_is_read(sums: dict[str, str]) -> None:
    """A list survives being written and read."""
    assert sums == checksums.parse(checksums.render(sums))


def test_comments_and_blank_lines_are_passed_over() -> None:
    """People may explain a list."""
    assert {"a.deb": ONE} == checksums.parse(f"# why\n\n{ONE}  a.deb\n")


@pytest.mark.parametrize("line", ["nonsense", f"{ONE[:-1]}  a.deb", f"{ONE}  ../a.deb", f"{ONE}", f"{ONE}  a b.deb"])
def test_a_damaged_line_is_named(line: str) -> None:
    """A line that is no checksum is refused by its number; a path is no file name."""
    with pytest.raises(ValueError, match="line 2"):
        checksums.parse(f"# why\n{line}\n")


def test_a_damaged_list_vouches_for_nothing(tmp_path: Path) -> None:
    """A list that cannot be read is an empty one, so that everything is fetched anew."""
    (tmp_path / "SHA256SUMS").write_bytes(b"\xff\xfe\x00")
    assert {} == checksums.read(tmp_path / "SHA256SUMS")
    assert {} == checksums.read(tmp_path / "missing")


def test_the_form_is_that_of_sha256sum(tmp_path: Path) -> None:
    """Anybody can check the cache with the usual program."""
    (tmp_path / "a.deb").write_bytes(b"content")
    (tmp_path / "SHA256SUMS").write_text("# why\n" + checksums.render({"a.deb": checksums.of(tmp_path / "a.deb")}))
    verdict = subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=tmp_path, check=False)
    assert verdict.returncode == 0


def test_lost_and_changed_files_are_damaged(tmp_path: Path) -> None:
    """A file is whole only if it is there and has its checksum."""
    for name in ("whole.deb", "changed.deb"):
        (tmp_path / name).write_bytes(b"content")
    whole = checksums.of(tmp_path / "whole.deb")
    (tmp_path / "changed.deb").write_bytes(b"c0ntent")
    expected = {"whole.deb": whole, "changed.deb": whole, "lost.deb": whole}
    assert ["changed.deb", "lost.deb"] == checksums.damaged(tmp_path, expected)


def test_a_pinned_file_with_another_checksum_is_a_contradiction() -> None:
    """The same name, version and architecture must be the same file."""
    assert ["a.deb"] == checksums.contradictions({"a.deb": TWO, "b.deb": TWO}, {"a.deb": ONE, "c.deb": ONE})


def test_a_newer_version_is_not_pinned_and_no_contradiction() -> None:
    """Another version is another file name: it is new, not false."""
    offered, pinned = {"a_2_all.deb": TWO}, {"a_1_all.deb": ONE}
    assert [] == checksums.contradictions(offered, pinned)
    assert ["a_2_all.deb"] == checksums.unpinned(offered, pinned)


def test_the_committed_list_is_whole() -> None:
    """The list that is shipped can be read and holds Asterisk and what the tests need."""
    names = {name.partition("_")[0] for name in checksums.parse(PINNED.read_text())}
    assert {"asterisk", "asterisk-modules", "libc6", "sip-tester", "espeak-ng", "postgresql"} <= names
