"""On the way to a consultant: opening hours, the recording notice, consent, the queue and back."""

from __future__ import annotations

import pytest

from ivr.definition import Flow
from ivr.events import CUT_OFF, QUEUE_OUTCOMES, ConsentWithdrawn, Keyed, NoInput, SentOn
from ivr.flow import step
from ivr.state import AtConsent, AtMenu, AtNotice, Ended, InQueue
from ivr.transfers import transfer_keys
from ivr.turns import Ignored
from ivr.waits import Gather, Hangup, PlayOut, Transfer
from tests.callers import Caller
from tests.menu_files import SHIPPED, SMALL, edited, load_text

TOPICS = {
    "1": ("technical", "technical"),
    "2": ("pensions", "pensions"),
    "3": ("benefits", "benefits"),
    "4": ("insured", "insured"),
    "5": ("payers", "payers"),
    "6": ("doctors", "benefits"),
    "0": ("insured", "insured"),
}


@pytest.mark.parametrize("key", TOPICS)
def test_each_topic_reaches_the_group_that_answers_it(flow: Flow, key: str) -> None:
    """Doctors are answered by the benefits group; another subject by those who know of everything."""
    topic, queue = TOPICS[key]
    caller = Caller(flow).keys("0", key).listens()
    assert ("connecting",) == caller.said
    assert Transfer(topic, queue, "none", True, "pl") == caller.wait


def test_out_of_hours_the_hours_are_told_and_the_call_ends(flow: Flow) -> None:
    """With a cause of its own."""
    caller = Caller(flow, is_open=False).keys("0")
    assert ("closed-hours", "goodbye") == caller.said
    assert Hangup("closed") == caller.wait
    assert Ended("closed", "closed") == caller.position


def test_out_of_hours_everything_else_is_there(flow: Flow) -> None:
    """Information, authentication and addresses know no hours."""
    caller = Caller(flow, is_open=False)
    assert [AtMenu("information"), AtMenu("main")] == [caller.keys("1").position, caller.keys("*").position]


def test_whoever_asked_in_time_is_served_after_closing(flow: Flow) -> None:
    """The gate that was passed once stays open for this call."""
    caller = Caller(flow).keys("0", "*")
    caller.is_open = False
    assert AtMenu("topics") == caller.keys("0").position
    assert Transfer("pensions", "pensions", "none", True, "pl") == caller.keys("2").listens().wait


def test_whoever_asks_too_late_is_not_admitted_by_having_called_in_time(flow: Flow) -> None:
    """The moment that counts is the one in which a consultant is asked for."""
    caller = Caller(flow).keys("1", "*")
    caller.is_open = False
    assert Ended("closed", "closed") == caller.keys("0").position


def test_the_notice_comes_after_the_topic_and_before_the_queue(flow: Flow) -> None:
    """It is played to its end, and nothing has been decided while it plays."""
    caller = Caller(flow).keys("0", "6")
    assert ("recording-notice", "recording-staying") == caller.said
    assert PlayOut() == caller.wait
    assert None is caller.state.consent


def test_keys_do_not_cut_the_notice(flow: Flow) -> None:
    """What is keyed during it means nothing."""
    caller = Caller(flow).keys("0", "6")
    assert [Ignored("Keyed at to-doctors"), Ignored("NoInput at to-doctors")] == [
        step(flow, caller.state, event) for event in (Keyed("1"), NoInput())
    ]


def test_hanging_up_during_the_notice_is_no_consent(flow: Flow) -> None:
    """The call ends where the notice was heard, undecided."""
    caller = Caller(flow).keys("0", "6").hangs_up()
    assert (None, Ended("to-doctors", "caller")) == (caller.state.consent, caller.position)


def test_staying_on_the_line_is_consent(flow: Flow) -> None:
    """With the notice heard to its end."""
    assert True is Caller(flow).keys("0", "6").listens().state.consent


def test_the_notice_is_heard_once_in_a_call(flow: Flow) -> None:
    """Whoever decided is not told again, whatever the next topic."""
    again = Caller(flow).keys("0", "6").listens().returns("timeout").keys("*", "0", "1")
    assert ("connecting",) == again.said
    assert Transfer("technical", "technical", "none", True, "pl") == again.wait


def test_one_word_of_the_file_makes_consent_a_key(asking: Flow) -> None:
    """recording: consent: ask; nothing else changes."""
    text = edited(SHIPPED.read_text("utf-8"), ("\n  consent: notice\n", "\n  consent: ask\n"))
    assert asking.recording == load_text(text).flow.recording


def test_where_a_key_is_asked_for_the_notice_does_not_speak_of_staying(asking: Flow) -> None:
    """The notice in full, then the question, whose keys can cut it."""
    caller = Caller(asking).keys("0", "6")
    assert ("recording-notice",) == caller.said
    caller.listens()
    assert ("recording-question",) == caller.said
    assert Gather("consent", 1, 6) == caller.wait
    assert (None, AtConsent("to-doctors")) == (caller.state.consent, caller.position)


def test_key_1_is_consent(asking: Flow) -> None:
    """The call is recorded."""
    caller = Caller(asking).keys("0", "6").listens().keys("1")
    assert ("connecting",) == caller.said
    assert Transfer("doctors", "benefits", "none", True, "pl") == caller.wait


def test_key_2_is_refusal_and_leads_to_the_same_queue(asking: Flow) -> None:
    """Unrecorded, and the caller hears so."""
    caller = Caller(asking).keys("0", "6").listens().keys("2")
    assert ("recording-refused", "connecting") == caller.said
    assert Transfer("doctors", "benefits", "none", False, "pl") == caller.wait


@pytest.mark.parametrize("answers", [[None] * 3, ["3"] * 3, ["3", None, "12", None, "#"]])
def test_no_answer_is_no_consent(asking: Flow, answers: list[str | None]) -> None:
    """Only a free decision is consent: silence and wrong keys lead to the queue unrecorded."""
    caller = Caller(asking).keys("0", "6").listens()
    for answer in answers:
        caller = caller.silent() if answer is None else caller.keys(answer)
    assert Transfer("doctors", "benefits", "none", False, "pl") == caller.wait


def test_silence_at_the_question_asks_again_first(asking: Flow) -> None:
    """With the words for silence, and for a wrong key with the other ones."""
    caller = Caller(asking).keys("0", "6").listens()
    assert ("no-input", "recording-question") == caller.silent().said
    assert ("no-match", "recording-question") == caller.keys("7").said


def test_a_refusal_holds_for_the_whole_call(asking: Flow) -> None:
    """Nobody is asked twice."""
    caller = Caller(asking).keys("0", "6").listens().keys("2").returns("leave_empty").keys("*", "0", "1")
    assert ("connecting",) == caller.said
    assert Transfer("technical", "technical", "none", False, "pl") == caller.wait


def test_after_a_conversation_the_call_ends(flow: Flow) -> None:
    """With thanks, and as completed."""
    caller = Caller(flow).keys("0", "6").listens().returns("answered")
    assert ("goodbye",) == caller.said
    assert Hangup("completed") == caller.wait


TOLD = {
    "timeout": ("consultants-busy", "unanswered"),
    "failed": ("consultants-busy", "unanswered"),
    "full": ("too-many-wait", "queue-full"),
    "join_empty": ("nobody-there-now", "nobody-there"),
    "leave_empty": ("nobody-there-now", "nobody-there"),
    "returned_to_ivr": ("place-is-kept", "while-waiting"),
}


@pytest.mark.parametrize("outcome", sorted({*QUEUE_OUTCOMES} - {"answered", CUT_OFF, "callback_requested"}))
def test_whoever_was_not_answered_is_told_why_and_chooses(flow: Flow, outcome: str) -> None:
    """Each way out of a queue is told of, and leads back to the same queue or to recorded information."""
    caller = Caller(flow).keys("0", "6").listens().returns(outcome)
    assert TOLD[outcome] == caller.said
    again, information = ("1", "2") if outcome in ("timeout", "failed") else ("0", "1")
    assert InQueue("to-doctors") == caller.keys(again).position
    assert AtMenu("information") == Caller(flow).keys("0", "6").listens().returns(outcome).keys(information).position


OWN_WAYS = (
    'queues:\n  help: {hours: daytime, agents: ["11", "12"], ',
    """\
queues:
  more: {hours: daytime, agents: ["21"], label: {pl: Inni, en: Others}}
  help: {hours: daytime, agents: ["11", "12"], ways: {full: news, unanswered: office, answered: sorry}, """,
)
MORE = ("topics:\n", "topics:\n  more: {queue: more, label: {pl: Inni, en: Others}}\n")
TO_MORE = ("  to-help: {type", "  to-more: {type: transfer, topic: more}\n  to-help: {type")
EITHER = (
    ('"2": {label: {pl: Pomoc, en: Help}, to: gate}', '"2": {label: {pl: Pomoc, en: Help}, to: to-help}'),
    ('"1": {label: {pl: Wiadomość, en: News}, to: news}', '"1": {label: {pl: Inni, en: Others}, to: to-more}'),
    ("  gate: {type: opening, hours: daytime, open: to-help, closed: sorry}\n", ""),
    ("exhausted: to-help", "exhausted: goodbye"),
    ("unanswered: sorry}", "unanswered: sorry, failed: login}"),
)


def test_a_queue_may_have_ways_of_its_own() -> None:
    """Each is taken instead of the one of that name; the others stay as they are for all queues."""
    flow = load_text(edited(SMALL, OWN_WAYS, MORE, TO_MORE, *EITHER)).flow
    outcomes = ("answered", "full", "timeout", "failed")

    def heard(key: str) -> list[tuple[str, ...]]:
        return [Caller(flow).keys(key).listens().returns(outcome).said for outcome in outcomes]

    own = [("sorry", "farewell"), ("news", "welcome", "main"), ("code",), ("identifier",)]
    assert own == heard("2")
    assert [("farewell",), ("sorry", "farewell"), ("sorry", "farewell"), ("identifier",)] == heard("1")


def test_whoever_was_cut_off_from_a_consultant_waits_again_without_a_key(flow: Flow) -> None:
    """For the same topic; consent holds for the call, and it can happen twice."""
    caller = Caller(flow).keys("0", "6").listens().returns(CUT_OFF)
    assert (("conversation-cut-off", "connecting"), InQueue("to-doctors")) == (caller.said, caller.position)
    assert Transfer("doctors", "benefits", "none", True, "pl") == caller.returns(CUT_OFF).wait
    assert Hangup("completed") == caller.returns("answered").wait


def test_whoever_was_cut_off_from_a_colleague_waits_for_that_group(flow: Flow) -> None:
    """To whom the first consultant had left the call; whom these menus do not know any more is no group."""
    caller = Caller(flow).keys("0", "2").listens()
    assert Transfer("pensions", "pensions", "none", True, "pl") == caller.returns(CUT_OFF, "gardening").wait
    assert Transfer("doctors", "benefits", "none", True, "pl") == caller.returns(CUT_OFF, "doctors").wait
    assert "doctors" == caller.state.topic


def test_the_way_back_to_a_queue_survives_other_menus(flow: Flow) -> None:
    """Whoever leaves a queue for information goes back from there to the same queue."""
    caller = Caller(flow).keys("0", "6").listens().returns("returned_to_ivr").keys("1", "3", "*")
    assert AtMenu("while-waiting") == caller.position
    assert Transfer("doctors", "benefits", "none", True, "pl") == caller.keys("0").wait


def test_whoever_leaves_a_queue_by_mistake_waits_on(flow: Flow) -> None:
    """Silence in the menu of those who wait leads back to the queue."""
    caller = Caller(flow).keys("0", "6").listens().returns("returned_to_ivr").silent(3)
    assert (("connecting",), InQueue("to-doctors")) == (caller.said, caller.position)


def test_whoever_was_not_answered_and_keys_nothing_is_told_when_to_call(flow: Flow) -> None:
    """Silence does not lead round to the queue for ever; it has a stated ending."""
    caller = Caller(flow).keys("0", "6").listens().returns("timeout").silent(3)
    assert ("call-later", "goodbye") == caller.said
    assert Hangup("unanswered") == caller.wait


def test_the_notice_follows_each_topic_until_it_was_heard_out(flow: Flow) -> None:
    """A caller taken over during the notice hears it again, and from its beginning."""
    caller = Caller(flow).keys("0", "6").taken_over()
    assert ("recording-notice", "recording-staying") == caller.said
    assert AtNotice("to-doctors") == caller.position


def test_the_transfer_carries_the_callers_language(flow: Flow) -> None:
    """So that the consultant and the queue's announcements know it."""
    assert Transfer("payers", "payers", "none", True, "uk") == Caller(flow).keys("7", "0", "5").listens().wait


def test_the_transfer_carries_the_level_of_authentication(flow: Flow) -> None:
    """What the consultant may say depends on it."""
    caller = Caller(flow).keys("2").identifier().pin(right=True).listens().keys("0", "2").listens()
    assert Transfer("pensions", "pensions", "full", True, "pl") == caller.wait


def test_a_consultant_sends_the_caller_on(flow: Flow) -> None:
    """To the other topic's group with what is known of the call; no second notice, whatever the hour."""
    caller = Caller(flow).keys("0", "2").listens()
    caller.is_open = False
    assert ("connecting",) == caller.sent_on("doctors").said
    assert Transfer("doctors", "benefits", "none", True, "pl") == caller.wait


def test_whoever_is_sent_nowhere_is_thanked(flow: Flow) -> None:
    """The dialplan may know a topic that this call's menus do not."""
    caller = Caller(flow).keys("0", "2").listens().sent_on("gardening")
    assert Hangup("completed") == caller.wait


def test_nobody_is_sent_on_from_a_menu(flow: Flow) -> None:
    """What comes late means nothing."""
    assert isinstance(step(flow, Caller(flow).state, SentOn("doctors")), Ignored)


def test_consultants_send_on_by_the_keys_of_the_callers(flow: Flow) -> None:
    """Each topic has the key that callers know."""
    assert {key: topic for key, (topic, _) in TOPICS.items()} == transfer_keys(flow)


def test_after_a_withdrawal_no_conversation_of_the_call_is_recorded(flow: Flow) -> None:
    """Whoever is sent on is not asked again."""
    caller = Caller(flow).keys("0", "2").listens()
    assert Transfer("pensions", "pensions", "none", True, "pl") == caller.wait
    state = step(flow, caller.state, ConsentWithdrawn())
    assert not isinstance(state, Ignored)
    onwards = step(flow, state.state, SentOn("doctors"))
    assert not isinstance(onwards, Ignored)
    assert Transfer("doctors", "benefits", "none", False, "pl") == onwards.wait
