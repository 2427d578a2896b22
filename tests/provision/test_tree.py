from pathlib import Path

import pytest

from provision import ProvisionError, tree
from tests.provision.repository import GREETER, Repository, greeting


def nothing(share: float) -> None:
    """Take no notice of progress."""


@pytest.fixture
def root(repository: Repository, tmp_path: Path) -> Path:
    """The greeter's packages, unpacked and published as from `here`."""
    unfinished, root = tmp_path / "unfinished", tmp_path / "root"
    tree.unpack(sorted(repository.folder.glob("*.deb")), unfinished, nothing)
    tree.publish(unfinished, root, "here", "1.2.3")
    return root


def test_what_is_unpacked_runs(root: Path) -> None:
    """The program finds its library in the folder it was unpacked to."""
    assert greeting(root) == "1.2.3"
    assert tree.intact(root, "here") == tree.Tree(root, "1.2.3")


def test_a_lost_file_is_noticed(root: Path) -> None:
    """A folder that lacks a file is not whole."""
    (root / GREETER).unlink()
    assert tree.intact(root, "here") is None


def test_a_changed_file_is_noticed(root: Path) -> None:
    """A file of another size is not what was unpacked."""
    (root / GREETER).write_text("#!/bin/sh\n")
    assert tree.intact(root, "here") is None


def test_an_added_file_does_not_matter(root: Path) -> None:
    """Programs may leave something behind."""
    (root / "usr" / "left-behind").write_text("something")
    assert tree.intact(root, "here") is not None


def test_another_origin_is_noticed(root: Path) -> None:
    """What was unpacked for another release is not used."""
    assert tree.intact(root, "elsewhere") is None


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"files": 3}', '{"origin": "here", "files": {"a": 1}}'])
def test_a_damaged_stamp_is_no_crash(text: str, root: Path) -> None:
    """A stamp that cannot be read vouches for nothing."""
    (root / ".unpacked.json").write_text(text)
    assert tree.intact(root, "here") is None


def test_a_missing_folder_is_not_whole(tmp_path: Path) -> None:
    """Nothing unpacked yet is the usual beginning."""
    assert tree.intact(tmp_path / "root", "here") is None


def test_publishing_replaces_the_old_folder_whole(root: Path, tmp_path: Path) -> None:
    """Nothing of the old folder stays, inside or beside the new one."""
    (root / "old").write_text("old")
    (tmp_path / "new").mkdir()
    tree.publish(tmp_path / "new", root, "here", "2")
    assert tree.intact(root, "here") == tree.Tree(root, "2")
    assert not (root / "old").exists()
    assert not (tmp_path / "root.outdated").exists()


def test_a_damaged_package_is_named(tmp_path: Path) -> None:
    """What cannot be unpacked is told by its path."""
    (tmp_path / "bad.deb").write_bytes(b"!<arch>\nnonsense")
    with pytest.raises(ProvisionError, match=r"bad\.deb cannot be unpacked"):
        tree.unpack([tmp_path / "bad.deb"], tmp_path / "root", nothing)
