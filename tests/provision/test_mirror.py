import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision import ProvisionError, mirror
from provision.mirror import Target, choose, parse_targets

UNKNOWN = ("$(ORIGIN)", "$(LABEL)")
"""What apt prints for an index that was never fetched."""


def target(address: str, release: str = "bookworm", component: str = "main", origin: str = "Debian") -> Target:
    """Return a target whose index was fetched."""
    return Target(address, release, component, origin, origin)


def unseen(address: str, release: str = "bookworm", component: str = "main") -> Target:
    """Return a target whose index was never fetched."""
    return Target(address, release, component, *UNKNOWN)


def test_targets_are_read_line_by_line() -> None:
    """Each line of apt's answer is one target, its fields between tabs."""
    answer = "http://a.example/debian/\tbookworm\tmain\tDebian\tDebian\nhttp://b.example/\tx\tmain\tB\tB\n"
    assert [target("http://a.example/debian/"), Target("http://b.example/", "x", "main", "B", "B")] == parse_targets(
        answer
    )


@given(st.text())
def test_no_answer_of_apt_is_a_crash(answer: str) -> None:
    """Whatever apt prints, the choice is an address or none."""
    assert isinstance(choose(parse_targets(answer)), str | None)


def test_an_index_that_names_debian_wins() -> None:
    """The origin inside a fetched index counts more than any address."""
    sources = [unseen("http://vendor.example/debian/"), target("http://proxy.example/stable/")]
    assert choose(sources) == "http://proxy.example/stable"


def test_a_vendor_with_debian_in_its_address_is_not_the_archive() -> None:
    """Before any index was fetched, the archive is known by its -updates."""
    sources = [
        unseen("https://vendor.example/product/debian/"),
        unseen("http://mirror.example/debian/"),
        unseen("http://mirror.example/debian/", "bookworm-updates"),
    ]
    assert choose(sources) == "http://mirror.example/debian"


def test_a_vendor_component_is_no_mirror() -> None:
    """A repository that ends in /debian but has no component main is passed over."""
    assert choose([unseen("https://vendor.example/linux/debian/", component="stable")]) is None


def test_the_security_archive_is_no_mirror() -> None:
    """Security updates have no unstable."""
    assert choose([unseen("http://mirror.example/debian-security/", "bookworm-security")]) is None


def test_a_list_of_mirrors_is_taken_as_it_is() -> None:
    """Cloud images name a file that lists mirrors; apt reads it for any release."""
    assert choose([unseen("mirror+file:/etc/apt/mirrors/debian.list")]) == "mirror+file:/etc/apt/mirrors/debian.list"


def test_another_distribution_has_no_debian_mirror() -> None:
    """Sources of a fetched index with another origin are never taken for Debian's."""
    assert choose([target("http://archive.example/ubuntu/", "noble", origin="Ubuntu")]) is None


def test_a_disc_is_no_mirror() -> None:
    """The installation disc carries no unstable."""
    assert choose([unseen("cdrom:[Debian GNU/Linux 12]/debian/")]) is None


def test_the_variable_comes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address given by the operator is used, whatever the sources name."""
    monkeypatch.setenv(mirror.VARIABLE, "http://mirror.example/debian/")
    assert mirror.address() == "http://mirror.example/debian"


@pytest.mark.parametrize("given_address", ["", "mirror.example", "http://a b/", 'http://x/ [trusted=yes] "'])
def test_a_bad_address_is_refused_with_a_hint(given_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is no address is refused, and the message names the variable."""
    monkeypatch.setenv(mirror.VARIABLE, given_address)
    with pytest.raises(ProvisionError, match=mirror.VARIABLE):
        mirror.address()


def test_sources_are_read_before_their_lists_were_ever_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh machine has sources and no lists yet: the address is found all the same."""
    sources = "deb http://mirror.example/debian bookworm main\n"
    monkeypatch.delenv(mirror.VARIABLE, raising=False)
    monkeypatch.setenv("APT_CONFIG", str(apt_without_lists(tmp_path, sources)))
    assert mirror.address() == "http://mirror.example/debian"


def test_without_a_mirror_people_are_told_what_to_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine whose sources name no Debian mirror, the message names the variable."""
    sources = "deb http://archive.example/ubuntu noble main universe\n"
    monkeypatch.delenv(mirror.VARIABLE, raising=False)
    monkeypatch.setenv("APT_CONFIG", str(apt_without_lists(tmp_path, sources)))
    with pytest.raises(ProvisionError, match=f"Set {mirror.VARIABLE}"):
        mirror.address()


def apt_without_lists(folder: Path, sources: str) -> Path:
    """Write the configuration of an apt that has these sources and has fetched nothing yet."""
    if shutil.which("apt-get") is None:
        pytest.skip("this machine has no apt")
    (folder / "sources.list").write_text(sources)
    (folder / "lists").mkdir()
    lines = [
        f'Dir::Etc::sourcelist "{folder}/sources.list";',
        'Dir::Etc::sourceparts "/dev/null";',
        f'Dir::State::lists "{folder}/lists";',
    ]
    (folder / "apt.conf").write_text("\n".join(lines))
    return folder / "apt.conf"
