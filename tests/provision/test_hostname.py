import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision import hostname

HOSTS = "127.0.0.1 localhost\n127.0.1.1\tcot.example cot # this machine\n#10.0.0.1 old\n"


@pytest.mark.parametrize("name", ["localhost", "cot", "COT", "cot.example"])
def test_a_listed_name_is_found(name: str) -> None:
    """Names and aliases count, in upper case or lower."""
    assert hostname.is_listed(name, HOSTS)


@pytest.mark.parametrize("name", ["old", "127.0.1.1", "machine", "co"])
def test_addresses_and_comments_are_no_names(name: str) -> None:
    """What is commented out, or an address, or a part of a name, resolves nothing."""
    assert not hostname.is_listed(name, HOSTS)


@given(st.text())
def test_any_hosts_file_can_be_read(text: str) -> None:
    """A hosts file of rubbish lists nothing of ours."""
    assert not hostname.is_listed("no such name", text)


def test_people_are_told_what_to_add() -> None:
    """Where the own name is missing, the warning holds the line to add; with that line there is none."""
    assert "echo '127.0.1.1 centre' >> /etc/hosts" in (hostname.fault("centre", HOSTS) or "")
    assert hostname.fault("centre", HOSTS + "127.0.1.1 centre\n") is None


def test_this_machine_can_be_asked() -> None:
    """The check reads the real name and the real file, whatever they say."""
    warning = hostname.own_name_fault()
    assert warning is None or socket.gethostname() in warning
