"""Recording the virtual assistant, as Asterisk is told to: from its question on, and to its last word."""

from __future__ import annotations

import pytest

from ivr.gateways.agi.recogniser import Recogniser
from ivr.gateways.agi.server import Server
from ivr.menus.loading import Loaded
from recordings.catalogue import Purpose
from storage.installation import Installation
from tests.agi.conftest import IDENTIFIER, PIN, MakeServer, TellOfEnd, address_of
from tests.agi.test_sessions import Line
from tests.menu_files import ASSISTED, SMALL, edited, load_text

BEGINS, ENDS = "EXEC MixMonitor", "EXEC StopMixMonitor"
TO_HELP = "say: {pl: [pomoc], en: [help]}, to: to-help}"
TO_THE_LOGIN = """\
say: {pl: [pomoc], en: [help]}, to: login}
      "3": {label: {pl: Koniec, en: The end}, say: {pl: [koniec], en: [end]}, to: goodbye}"""
RECOGNIZE = "SPEECH RECOGNIZE"


@pytest.fixture(scope="session")
def service() -> Loaded:
    """The small service with an assistant, one of whose subjects leads to the login, another out."""
    return load_text(
        edited(SMALL, *ASSISTED, ("exhausted: to-help", "exhausted: sorry")).replace(TO_HELP, TO_THE_LOGIN)
    )


@pytest.fixture
def caller(server: Server, installation: Installation, tell_of_end: TellOfEnd) -> Line:
    """A caller."""
    return Line(address_of(server), installation, tell_of_end)


def around(commands: list[str]) -> list[str]:
    """The commands by which recording begins and ends, and what is played between and about them."""
    kinds = (BEGINS, ENDS, "GET DATA", "STREAM FILE")
    told = [command for command in commands if command.startswith(kinds)]
    return [" ".join(one.split()[:2]) if one.startswith("EXEC") else one.split('"')[1] for one in told]


def test_it_begins_with_the_question_and_ends_before_what_follows(caller: Line) -> None:
    """Neither the notice nor the question for consent is recorded, nor the way to a consultant."""
    heard = around(caller.calls("61" + "1" + "0"))
    question, again = "/prompts/code+assistant", "/prompts/news+news+assistant"
    assert ["/prompts/notice", "/prompts/question", BEGINS, question, again, ENDS] == heard[1:7]
    assert "/prompts/notice+staying" == heard[7]


def test_both_sides_lie_in_files_of_their_own(caller: Line) -> None:
    """What the caller says, and what they hear; they are noted with the purpose and with how long it lasted."""
    (begun,) = [command for command in caller.calls("61" + "1") if command.startswith(BEGINS)]
    (part,) = caller.parts
    assert begun == f'{BEGINS} ",r(/recordings/{part.caller_file})t(/recordings/{part.agent_file})"'
    assert f"{caller.call_id}_a{part.seq}-caller.wav" == part.caller_file
    assert (Purpose.VIRTUAL_ASSISTANT, "") == (part.purpose, part.agent)
    assert {("virtual_assistant", "7", True)} == {(one.purpose, one.wording, one.given) for one in caller.consents}


@pytest.mark.parametrize("keys", ["62", "6-", "67", "60"], ids=["no", "silence", "another key", "a person"])
def test_who_does_not_agree_is_not_recorded(caller: Line, keys: str) -> None:
    """Whatever was keyed instead."""
    assert [] == [command for command in caller.calls(keys) if "MixMonitor" in command]
    assert () == caller.parts


def test_it_has_ended_before_the_login_asks(caller: Line) -> None:
    """Nothing that is keyed there can be heard on it."""
    commands = caller.calls("612" + f"{IDENTIFIER}#" + PIN)
    ended = next(number for number, command in enumerate(commands) if command.startswith(ENDS))
    asked = next(number for number, command in enumerate(commands) if "/prompts/identifier" in command)
    assert ended < asked
    assert [] == [command for command in commands[ended + 1 :] if "MixMonitor" in command]


def test_it_has_ended_before_the_caller_leaves_at_once(
    serve: MakeServer, installation: Installation, tell_of_end: TellOfEnd
) -> None:
    """Leaving takes its time where words count, and nothing of that is recorded."""
    recogniser = Recogniser(frozenset({"pl"}))
    recogniser.found()
    listened_to = Line(address_of(serve(recogniser=recogniser)), installation, tell_of_end)
    agrees = {f'{RECOGNIZE} "/prompts/question"': "200 result=1 (digit) digit=1 endpos=0"}
    says = {RECOGNIZE: '200 result=1 (speech) endpos=0 results=1 score0=90 text0="koniec" grammar0=pl'}
    commands = listened_to.calls("6", replies={**agrees, **says})
    ended, told, left = (
        next(number for number, command in enumerate(commands) if command.startswith(beginning))
        for beginning in (ENDS, 'EXEC MSet "IVR_SAY', 'SPEECH SET "goodbye"')
    )
    assert ended < told < left


def test_who_is_taken_over_is_recorded_anew(caller: Line) -> None:
    """The dialplan has ended what the first session began; a new turn names new files."""
    caller.calls("61")
    caller.calls("0")
    first, second = caller.parts
    assert first.seq < second.seq
    assert first.caller_file != second.caller_file


def test_where_asterisk_cannot_record_the_call_goes_on(caller: Line) -> None:
    """Nothing is noted that is not there."""
    heard = around(caller.calls("61" + "0", replies={BEGINS: "200 result=-1"}))
    assert "/prompts/notice+staying" in heard
    assert () == caller.parts
