"""What is keyed as a secret is nowhere afterwards: in no row, no log, no document and no URL."""

from __future__ import annotations

import re

import pytest

from ivr.scripts import profiles
from tests.live.traces import pattern, tables
from tests.twilio.conftest import Desk, Words

WRONG = "580266"


def test_secrets_are_left_nowhere(desk: Desk, capfd: pytest.CaptureFixture[str]) -> None:
    """A right and a wrong PIN, an identifier, a change of the PIN."""
    profile = next(one for one in profiles(desk.carried.library.current) if not one.payers)
    login = ("2", f"{profile.identifier}#", WRONG, f"{profile.identifier}#", profile.pin)
    caller = Words([*login, "1", profile.pin, profile.pin, profile.pin, "-"])
    call = desk.carried.call(caller, desk.clock)
    call.run()
    assert "full" == desk.told(call)[-1].state.auth_level

    logs = capfd.readouterr()
    left = {
        **tables(desk.carried.installation.database),
        "logs": f"{logs.out}{logs.err}".encode(),
        "documents": repr(caller.met).encode(),
        "URLs": " ".join(url for url, _ in call.requests).encode(),
    }
    for secret in (profile.identifier, profile.pin, WRONG):
        alone = re.compile(rf"(?<!\d){secret}(?!\d)".encode())
        assert [] == [name for name, content in left.items() if alone.search(content)]


def test_a_number_for_a_callback_is_said_by_urls_that_do_not_tell_it(desk: Desk) -> None:
    """Its digits are a sound of the call; it can be heard, and read in no document."""
    number = "600777888"
    standing = desk.come_to("0", "2")
    standing.hear_out()
    standing.document = standing.ask(standing.action, DialCallStatus="failed")
    shown = []
    for word in ("3", "2", f"{number}#"):
        standing.key(word)
        shown.append(repr(standing.document))
    (said,) = [one.url for verb in standing.document for one in getattr(verb, "heard", ()) if "numbers" in one.url]
    assert 0 < desk.carried.line().seconds(said)
    assert [] == [text for text in shown if pattern(number).search(text.encode())]
