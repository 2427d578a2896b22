from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision import ProvisionError
from provision.apt import Apt, Offer, Wish, carried, configuration, parse_offers
from tests.provision.repository import Repository


def test_offers_are_read_with_their_checksums() -> None:
    """Each file that apt would fetch is told with name, size and SHA-256; other lines are passed over."""
    answer = f"Reading lists...\n'http://m.example/p/a_1%253a2_all.deb' a_1%3a2_all.deb 42 SHA256:{'a' * 64}\n"
    assert [Offer("a_1%3a2_all.deb", 42, "a" * 64)] == parse_offers(answer)


@given(st.text())
def test_any_answer_can_be_read(answer: str) -> None:
    """Reading offers never fails, whatever apt prints."""
    assert all(len(offer.sha256) == 64 for offer in parse_offers(answer))


def test_proxies_are_taken_over_and_hooks_are_not() -> None:
    """The machine's ways through proxies are needed; its hooks would write to the system."""
    proxy = 'Acquire::http::Proxy "http://proxy.example:3142";'
    hook = 'APT::Update::Post-Invoke:: "touch /var/lib/apt/done";'
    insecure = 'Acquire::AllowInsecureRepositories "1";'
    assert [proxy] == carried("\n".join([proxy, hook, insecure]))


def test_signatures_are_insisted_on_after_everything_taken_over() -> None:
    """What the machine allows does not weaken our own apt: the last word counts."""
    lines = configuration(Path("/c"), ['Acquire::AllowInsecureRepositories "1";'], own_sources=True).splitlines()
    words = [line for line in lines if line.startswith("Acquire::AllowInsecureRepositories")]
    assert 'Acquire::AllowInsecureRepositories "false";' == words[-1]


def test_a_package_comes_with_what_it_depends_on(repository: Repository, tmp_path: Path) -> None:
    """apt resolves the whole closure and downloads it to where it is told, telling progress to the end."""
    apt = Apt(tmp_path / "apt", repository.sources())
    apt.update()
    offers = apt.offers(Wish("greeter"))
    progress: list[float] = []
    apt.download(Wish("greeter"), tmp_path / "archives", progress.append)
    expected = {"greeter_1.2.3_all.deb", "libgreeter_1.2.3_all.deb"}
    assert expected == {offer.file for offer in offers}
    assert expected == {path.name for path in (tmp_path / "archives").glob("*.deb")}
    assert progress
    assert progress == sorted(progress)


def test_a_package_can_come_alone(repository: Repository, tmp_path: Path) -> None:
    """A wish without dependencies is one file."""
    apt = Apt(tmp_path / "apt", repository.sources())
    apt.update()
    wish = Wish("greeter", with_dependencies=False)
    apt.download(wish, tmp_path / "archives", lambda share: None)
    assert ["greeter_1.2.3_all.deb"] == [offer.file for offer in apt.offers(wish)]
    assert ["greeter_1.2.3_all.deb"] == [path.name for path in (tmp_path / "archives").glob("*.deb")]


def test_a_repository_without_a_signature_is_refused(repository: Repository, tmp_path: Path) -> None:
    """Where nobody vouches for an index, nothing is taken from it."""
    apt = Apt(tmp_path / "apt", Repository(repository.folder, trust="").sources())
    assert "not signed" in apt.update() or "does not have a Release file" in apt.update()
    with pytest.raises(ProvisionError, match="greeter"):
        apt.offers(Wish("greeter"))


def test_an_altered_package_is_refused(repository: Repository, tmp_path: Path) -> None:
    """A package that is not what the index says is no download."""
    apt = Apt(tmp_path / "apt", repository.sources())
    apt.update()
    altered = repository.folder / "greeter_1.2.3_all.deb"
    altered.write_bytes(altered.read_bytes()[:-1] + b"?")
    with pytest.raises(ProvisionError, match="greeter"):
        apt.download(Wish("greeter"), tmp_path / "archives", lambda share: None)


def test_an_unknown_package_is_named(repository: Repository, tmp_path: Path) -> None:
    """The message says which package is not to be had, in apt's words."""
    apt = Apt(tmp_path / "apt", repository.sources())
    apt.update()
    with pytest.raises(ProvisionError, match="Unable to locate package shouter"):
        apt.offers(Wish("shouter"))


def test_an_address_with_a_password_is_for_the_owner_only(repository: Repository, tmp_path: Path) -> None:
    """The configuration may hold a proxy's password."""
    Apt(tmp_path / "apt", repository.sources()).update()
    assert (tmp_path / "apt" / "apt.conf").stat().st_mode & 0o777 == 0o600
