"""Text messages: to whom, how often, once, and what becomes of them."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from centrala.carrier import notifying
from centrala.notifying import MISSED_TEMPLATE, NotSent
from demo.carrier import LineError
from demo.carrier.api import BAD_REQUEST, SILENCE
from personal_data.kinds import Kind
from routing import callbacks, text_messages
from routing.callbacks import Callback
from routing.text_messages import ANSWER
from subjects.holdings import Holdings
from subjects.people import Person
from tests.personal_data.made import expires
from tests.twilio.posting import NUMBER, Post, report

TIMEOUT, TOO_MANY, UNAVAILABLE = 408, 429, 503


def test_a_message_is_sent_by_the_account_in_its_region(post: Post) -> None:
    """To Ireland by Dublin, with the words of the menus, and an address for reports."""
    post.ask("one")
    assert 1 == post.sender.deliver()
    (sent,) = post.api.sent
    assert (NUMBER, "+48225601600") == (sent["to"], sent["from"])
    assert post.outbox.text(MISSED_TEMPLATE, "pl") == sent["body"]
    assert ["api.dublin.ie1.twilio.com"] == post.api.hosts
    assert ("sent", sent["sid"]) == (post.kept("one").state, post.kept("one").carrier_id)
    assert sent["status_callback"].endswith(f"/twilio/messages/{post.kept('one').id}")


def test_one_key_is_one_message(post: Post) -> None:
    """However often it is asked for, before and after it was sent."""
    first = post.ask("one")
    assert first == post.ask("one")
    post.sender.deliver()
    assert first.id == post.ask("one").id
    assert 0 == post.sender.deliver()
    assert 1 == len(post.api.sent)


@pytest.mark.parametrize(
    "number",
    ["+48700100200", "+48801100200", "+48800100200", "+48225601600", "112", "+491701234567", "+12025550123", "", "x"],
    ids=["premium", "shared cost", "toll free", "fixed", "emergency", "Germany", "America", "none", "no number"],
)
def test_only_mobile_numbers_of_the_country_are_written_to(post: Post, number: str) -> None:
    """Each message costs money, and some cost more than others."""
    with pytest.raises(NotSent):
        post.ask("one", number)
    assert 0 == post.sender.deliver()


def test_a_number_gets_so_many_messages_in_a_day(post: Post) -> None:
    """Refused ones do not count, and tomorrow is another day."""
    states = [post.ask(str(number)).state for number in range(4)]
    assert ["waiting", "waiting", "refused", "refused"] == states
    post.later(timedelta(hours=25))
    assert "waiting" == post.ask("tomorrow").state


def test_all_numbers_together_get_so_many(post: Post) -> None:
    """Whatever goes wrong, a day costs no more."""
    states = [post.ask(str(number), f"+4860010020{number}").state for number in range(5)]
    assert ["waiting"] * 4 + ["refused"] == states


def test_what_the_carrier_cannot_take_now_is_tried_later(post: Post) -> None:
    """It has said that it has not sent it."""
    post.api.faults = [TOO_MANY, TOO_MANY]
    post.ask("one")
    post.sender.deliver()
    assert ("waiting", 1) == (post.kept("one").state, post.kept("one").tries)
    for _ in range(2):
        post.later(timedelta(minutes=2))
    assert ("sent", 3) == (post.kept("one").state, post.kept("one").tries)
    assert 1 == len(post.api.sent)


def test_what_the_carrier_refuses_is_not_tried_again(post: Post) -> None:
    """With its reason."""
    post.api.faults = [BAD_REQUEST]
    post.ask("one")
    post.sender.deliver()
    post.later(timedelta(days=1))
    assert ("refused", "21211") == (post.kept("one").state, post.kept("one").code)
    assert [] == post.api.sent


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_fault_of_the_account_is_told_once_and_tried_again(post: Post, status: int) -> None:
    """Someone mends the settings, and every message goes."""
    post.api.faults = [status] * 3
    post.ask("one")
    post.ask("two")
    with capture_logs() as told:
        post.sender.deliver()
        post.later(timedelta(minutes=2))
    assert [status] == [line["status"] for line in told if line["log_level"] == "error"]
    post.later(timedelta(minutes=5))
    assert ["sent", "sent"] == [post.kept(key).state for key in ("one", "two")]


def test_a_carrier_that_gave_up_waiting_may_have_sent_it(post: Post) -> None:
    """It is looked for before it is tried again."""
    post.api.faults = [TIMEOUT]
    post.ask("one")
    post.sender.deliver()
    assert "sending" == post.kept("one").state


def test_who_stops_leaves_the_rest_for_later(post: Post) -> None:
    """After the message in hand."""
    post.ask("one")
    post.ask("two")
    assert 1 == post.sender.deliver(lambda: bool(post.api.sent))
    assert ["sent", "waiting"] == sorted(post.kept(key).state for key in ("one", "two"))


def test_no_sender_outlives_what_it_was_started_for(post: Post) -> None:
    """Whatever ends that."""
    sending = notifying(post.carried.installation, post.settings, post.outbox.library)
    with contextlib.suppress(RuntimeError), sending:
        assert "messages" in {thread.name for thread in threading.enumerate()}
        raise RuntimeError
    assert "messages" not in {thread.name for thread in threading.enumerate()}


def test_a_message_whose_answer_was_lost_is_not_sent_twice(post: Post) -> None:
    """The carrier has sent it and said nothing: it is found there."""
    post.api.faults = [SILENCE, SILENCE]
    post.ask("one")
    post.sender.deliver()
    assert "sending" == post.kept("one").state
    post.later(timedelta(seconds=30))
    assert 1 == len(post.api.sent)
    post.later(ANSWER)
    post.later(timedelta(hours=1))
    assert ("sent", 1) == (post.kept("one").state, len(post.api.sent))


def test_a_message_that_was_not_sent_is_tried_again(post: Post) -> None:
    """The carrier has failed, and has nothing that could be it."""
    post.api.faults = [UNAVAILABLE]
    post.ask("one")
    post.sender.deliver()
    post.later(ANSWER)
    post.later(timedelta(minutes=2))
    assert ("sent", 2, 1) == (post.kept("one").state, post.kept("one").tries, len(post.api.sent))


@pytest.mark.parametrize("by_report", [False, True], ids=["listed", "reported"])
def test_that_nothing_can_be_looked_for_is_told_once(post: Post, by_report: bool) -> None:
    """Of however many messages, and however often; and once that it is over, which a report may end as well."""
    post.api.faults, post.api.lists = [UNAVAILABLE] * 2, UNAVAILABLE
    keys = ("one", "two")
    for key in keys:
        post.ask(key)
    post.sender.deliver()
    with capture_logs() as told:
        post.later(ANSWER)
        post.later(timedelta(seconds=5))
    assert [("warning", 2)] == [(line["log_level"], line["count"]) for line in told]
    if by_report:
        for number, key in enumerate(keys):
            report(post, post.kept(key).id, MessageSid=f"SM{number:032x}", MessageStatus="delivered")
    else:
        post.api.lists = 200
    with capture_logs() as told:
        post.later(timedelta(seconds=5))
        post.later(timedelta(seconds=5))
    assert ["info"] == [line["log_level"] for line in told]


def test_two_processes_send_a_message_once(post: Post) -> None:
    """Who has claimed it sends it; a process that died over it leaves it to be found out."""
    message = post.ask("one")
    with post.outbox.database.writing() as connection:
        assert text_messages.claim(connection, message, "words", post.clock())
        assert not text_messages.claim(connection, message, "words", post.clock())
    assert 0 == post.sender.deliver()
    post.later(ANSWER)
    post.later(timedelta(minutes=2))
    assert 1 == len(post.api.sent)


def test_a_message_is_known_again_whatever_its_words_are_now(post: Post) -> None:
    """The menus, or the carrier, have put it in other characters since."""
    post.api.faults = [SILENCE, SILENCE]
    post.ask("one")
    post.sender.deliver()
    post.api.sent[0]["body"] = "other words"
    post.later(ANSWER)
    post.later(timedelta(hours=1))
    assert ("sent", 1) == (post.kept("one").state, len(post.api.sent))


def test_of_two_that_it_could_be_a_message_is_the_one_with_its_words(post: Post) -> None:
    """And never one that another sender has sent."""
    post.api.faults = [SILENCE]
    post.ask("one")
    post.sender.deliver()
    (sent,) = post.api.sent
    other = {"sid": "SM" + "a" * 32, "body": "other words"}
    post.api.sent += [sent | other, sent | {"sid": "SM" + "b" * 32, "from": "+48225601699"}]
    post.later(ANSWER)
    assert sent["sid"] == post.kept("one").carrier_id


def test_another_senders_message_is_not_ours(post: Post) -> None:
    """Ours was not sent, and is."""
    post.api.faults = [UNAVAILABLE]
    post.ask("one")
    post.sender.deliver()
    told = {"To": NUMBER, "From": "+48225601699", "Body": post.outbox.text(MISSED_TEMPLATE, "pl") or ""}
    post.api.create(told)
    post.later(ANSWER)
    post.later(timedelta(minutes=2))
    assert ("sent", 2) == (post.kept("one").state, post.kept("one").tries)


@pytest.mark.parametrize("late", ["again", "refused"])
def test_what_comes_of_an_earlier_try_changes_nothing_in_a_later_one(post: Post, late: str) -> None:
    """Both are in the middle of being sent, as their states have it."""
    message, at = post.ask("one"), post.clock()
    with post.outbox.database.writing() as connection:
        first = text_messages.claim(connection, message, "words", at)
        assert first is not None
        text_messages.again(connection, first, at)
        assert text_messages.claim(connection, post.kept_in(connection, "one"), "words", at)
        if late == "again":
            text_messages.again(connection, first, at)
        else:
            text_messages.refused(connection, first, "21211", at)
        assert ("sending", 2) == (post.kept_in(connection, "one").state, post.kept_in(connection, "one").tries)


def test_a_messaging_service_sends_under_its_own_name(make_post: Callable[..., Post]) -> None:
    """It is no number, which the carrier would refuse; what it has sent is known again, from whatever number."""
    post = make_post("MG" + "0" * 32)
    post.api.faults = [SILENCE, SILENCE]
    post.ask("one")
    post.sender.deliver()
    (sent,) = post.api.sent
    assert (None, "MG" + "0" * 32) == (sent["from"], sent["messaging_service_sid"])
    sent["from"] = "+48225601600"
    post.later(ANSWER)
    assert ("sent", sent["sid"]) == (post.kept("one").state, post.kept("one").carrier_id)


def test_reports_are_kept_and_never_turned_back(post: Post) -> None:
    """They come twice and in any order; an earlier word that comes later means nothing."""
    post.ask("one")
    post.sender.deliver()
    id, sid = post.kept("one").id, post.kept("one").carrier_id or ""
    for status in ("sent", "delivered", "sent", "delivered", "queued", "nonsense"):
        report(post, id, MessageSid=sid, MessageStatus=status)
    assert "delivered" == post.kept("one").state
    report(post, id, MessageSid="SM" + "f" * 32, MessageStatus="failed", ErrorCode="30003")
    assert ("delivered", None) == (post.kept("one").state, post.kept("one").code)


def test_a_report_may_be_the_first_that_is_heard_of_a_message(post: Post) -> None:
    """Its answer was lost; then nothing has to be looked for."""
    post.api.faults = [SILENCE, SILENCE]
    post.ask("one")
    post.sender.deliver()
    report(post, post.kept("one").id, MessageSid="SM" + "0" * 32, MessageStatus="undelivered", ErrorCode="30005")
    assert ("undelivered", "30005") == (post.kept("one").state, post.kept("one").code)
    post.later(timedelta(hours=1))
    assert 1 == len(post.api.sent)


def test_reports_of_messages_that_nobody_knows_have_no_effect(post: Post) -> None:
    """And what no carrier tells is refused."""
    report(post, "no-such-message", MessageSid="SM" + "0" * 32, MessageStatus="delivered")
    with pytest.raises(LineError) as raised:
        report(post, "no-such-message", MessageSid="SM1", MessageStatus="delivered")
    assert 400 == raised.value.status


def test_who_was_not_reached_by_a_callback_is_told_once_for_each_try(post: Post) -> None:
    """In their language; a callback that was not tried yet is nothing to tell of."""
    at = post.clock()
    one = Callback("call-1", NUMBER, "pensions", "pensions", "uk", at, at, at + timedelta(hours=1))
    with post.outbox.database.writing() as connection:
        callbacks.request(connection, one)
    post.outbox.remind()
    assert 0 == post.sender.deliver()
    with post.outbox.database.writing() as connection:
        callbacks.tried(connection, "call-1", at, at + timedelta(hours=2))
    for _ in range(2):
        post.outbox.remind()
        post.sender.deliver()
    (sent,) = post.api.sent
    assert post.outbox.text(MISSED_TEMPLATE, "uk") == sent["body"]


def reminds(post: Post) -> None:
    """A callback was tried once, and a reminder of the next try is to be sent."""
    at = post.clock()
    one = Callback("call-1", NUMBER, "pensions", "pensions", "pl", at, at, at + timedelta(hours=1), tries=1)
    with post.outbox.database.writing() as connection:
        callbacks.request(connection, one)
    post.outbox.remind()


@pytest.mark.parametrize("state", ["kept", "not_reached", "cancelled"])
def test_nobody_is_told_of_a_call_that_will_not_come(post: Post, state: callbacks.State) -> None:
    """A reminder that had to wait is not sent once the callback is over."""
    reminds(post)
    with post.outbox.database.writing() as connection:
        callbacks.over(connection, "call-1", state, post.clock())
    assert 0 == post.sender.deliver()
    with post.outbox.database.reading() as connection:
        (kept,) = text_messages.newest(connection, 9)
    assert (MISSED_TEMPLATE, "refused", "outdated") == (kept.template, kept.state, kept.code)


def test_nobody_is_told_of_a_call_that_is_being_made(post: Post) -> None:
    """Once there is a line, the consultant tells."""
    reminds(post)
    with post.outbox.database.writing() as connection:
        assert callbacks.put_in_line(connection, "call-1", post.clock())
    assert 0 == post.sender.deliver()


@pytest.mark.parametrize(
    ("per_number", "states"), [(3, ("refused", "sent")), (2, ("sent", "refused"))], ids=["both may be sent", "one may"]
)
def test_of_two_reminders_that_had_to_wait_one_is_sent(
    make_post: Callable[..., Post], per_number: int, states: tuple[str, ...]
) -> None:
    """The newer one, unless the day's messages to the number were spent before it."""
    post = make_post(per_number=per_number)
    reminds(post)
    with post.outbox.database.writing() as connection:
        callbacks.tried(connection, "call-1", post.clock(), post.clock() + timedelta(hours=2))
    post.outbox.remind()
    assert 1 == post.sender.deliver()
    with post.outbox.database.reading() as connection:
        kept = {message.key: message.state for message in text_messages.newest(connection, 9)}
    assert states == (kept["callback:call-1:1"], kept["callback:call-1:2"])


def test_a_fixed_line_gets_no_reminder_and_nothing_is_said_of_it(post: Post) -> None:
    """It is looked at every few seconds, for as long as the callback waits."""
    at = post.clock()
    one = Callback("call-1", "+48225601600", "pensions", "pensions", "pl", at, at, at + timedelta(hours=1), tries=1)
    with post.outbox.database.writing() as connection:
        callbacks.request(connection, one)
        callbacks.tried(connection, "call-1", at, at + timedelta(hours=2))
    with capture_logs() as told:
        post.outbox.remind()
    assert [] == told
    assert () == post.outbox.untold()
    assert 0 == post.sender.deliver()


def test_messages_go_with_their_term(post: Post) -> None:
    """Counted from when they were asked for."""
    post.ask("one")
    day = post.clock().date()
    expires(post.outbox.database, Kind.MESSAGES, "90 days", day + timedelta(days=90))
    assert post.kept("one")
    expires(post.outbox.database, Kind.MESSAGES, "90 days", day + timedelta(days=91))
    with post.outbox.database.reading() as connection:
        assert () == text_messages.newest(connection, 10)


def test_messages_are_their_numbers(post: Post) -> None:
    """Whoever has the number has what was sent to it erased, and nobody else's."""
    post.ask("mine")
    post.ask("other", "+48600100299")
    held = Holdings(Person("PL", number=NUMBER), post.clock())
    rows = {table.name: where for table, where in held.rows(post.clock().date())}
    with post.outbox.database.reading() as connection:
        found = text_messages.matching(connection, rows["text_messages"])
    assert ["mine"] == [one.key for one in found]
