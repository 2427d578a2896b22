"""A caller may hang up anywhere: the account says where and why, and nothing stays behind."""

from __future__ import annotations

import threading
from collections.abc import Callable

from demo.phone import Answer, Phone, Ring
from demo.phone.endings import EndedBy
from ivr.state import Ended
from recordings.parts import RecordingPart
from tests.live.callers import PATIENCE, Account, account, desks_react, recorded_files, row_of, talk_at_once
from tests.live.stations import NUMBER, Live, hears_music
from tests.live.stories import IDENTIFIER, Caller, at_once, nothing_stays, on_a_break, unfinished, wait_for

Numbers = Callable[[], str]
ROUNDS, TOPICS = 3, "12345"
PICKS_UP_AFTER = 0.3


def _welcome(caller: Caller) -> None:
    caller.hears("welcome")


def _main(caller: Caller) -> None:
    caller.hears("main")


def _second_menu(caller: Caller) -> None:
    caller.comes_to(("main", "1"), ("information", "6"))
    caller.hears("more-information")


def _identifier(caller: Caller) -> None:
    caller.comes_to(("main", "2"))
    caller.hears("identifier")


def _half_an_identifier(caller: Caller) -> None:
    caller.comes_to(("main", "2"), ("identifier", "305"))


def _pin(caller: Caller) -> None:
    caller.comes_to(("main", "2"), ("identifier", f"{IDENTIFIER}#"))
    caller.hears("pin")


def _half_a_pin(caller: Caller) -> None:
    caller.comes_to(("main", "2"), ("identifier", f"{IDENTIFIER}#"), ("pin", "471"))


def _wrong_pin(caller: Caller) -> None:
    caller.comes_to(("main", "2"), ("identifier", f"{IDENTIFIER}#"), ("pin", "924816"))
    caller.hears("wrong-pin")


def _postal_code(caller: Caller) -> None:
    caller.comes_to(("main", "3"), ("postal-code", "00"))


def _notice(caller: Caller) -> None:
    caller.comes_to(("main", "0"), ("topics", "5"))
    caller.hears("recording-notice")


def _connecting(caller: Caller) -> None:
    caller.comes_to(("main", "0"), ("topics", "5"))
    caller.hears("connecting")


IN_THE_IVR: dict[Callable[[Caller], None], str] = {
    _welcome: "main",
    _main: "main",
    _second_menu: "more-information",
    _identifier: "authentication",
    _half_an_identifier: "authentication",
    _pin: "authentication",
    _half_a_pin: "authentication",
    _wrong_pin: "authentication",
    _postal_code: "offices",
    _notice: "to-payers",
    _connecting: "to-payers",
}


def test_hanging_up_in_the_ivr_is_told_by_place(helpline: Live, numbers: Numbers) -> None:
    """At every kind of prompt and gather, all at once: each row names its own place."""
    callers = {place: Caller(helpline, numbers()) for place in IN_THE_IVR}

    def hang_up_at(place: Callable[[Caller], None]) -> None:
        callers[place].dials()
        place(callers[place])
        callers[place].hangs_up()

    with nothing_stays(helpline):
        at_once(lambda place=place: hang_up_at(place) for place in callers)  # type: ignore[misc]
        accounts = {place: caller.account() for place, caller in callers.items()}

    assert IN_THE_IVR == {place: kept.row.ended_where for place, kept in accounts.items()}
    assert {"caller"} == {kept.row.cause for kept in accounts.values()}
    assert ["abandoned"] == [visit.outcome for kept in accounts.values() for visit in kept.visits]
    assert [_connecting] == [place for place, kept in accounts.items() if kept.consents]
    assert [] == unfinished(helpline)


def test_hanging_up_beyond_the_ivr_is_told_too(helpline: Live, numbers: Numbers) -> None:
    """While a telephone rings, while nobody is free, while talking, and while being thanked."""
    ringing, waiting, talking, thanked = (Caller(helpline, numbers()) for _ in range(4))
    with nothing_stays(helpline):
        with desks_react(helpline, Ring(), "1101", "1102"), on_a_break(helpline, "1201", "1202"):
            at_once(
                _asks(caller, topic) for caller, topic in zip((ringing, waiting, talking, thanked), "1244", strict=True)
            )
            ringing.call.wait_until(lambda: _rings(helpline, ringing.ani), what="a telephone to ring")
            waiting.call.wait_until(lambda: hears_music(waiting.call), what="music")
            talking.talks().wait(1)
            thanked.talks().consultant.hang_up()
            thanked.hears("goodbye")
            at_once(caller.hangs_up for caller in (ringing, waiting, talking, thanked))
        accounts = [caller.account() for caller in (ringing, waiting, talking, thanked)]

    assert ["to-technical", "to-pensions", "to-insured", "goodbye"] == [kept.row.ended_where for kept in accounts]
    assert ["caller", "caller", "caller", "completed"] == [kept.row.cause for kept in accounts]
    assert ["abandoned", "abandoned", "answered", "answered"] == [_visit(kept) for kept in accounts]
    assert [0, 0, 1, 1] == [len(kept.parts) for kept in accounts]
    assert [_files(kept.parts) for kept in accounts] == [recorded_files(helpline, kept.row.id) for kept in accounts]
    assert [] == unfinished(helpline)


def _asks(caller: Caller, topic: str) -> Callable[[], None]:
    def ask() -> None:
        caller.dials()
        caller.comes_to(("main", "0"), ("topics", topic))
        caller.hears("connecting")

    return ask


def _rings(live: Live, ani: str) -> bool:
    return any(call.caller == ani and not call.ended for desk in live.desks.values() for call in desk.incoming)


def _visit(kept: Account) -> str | None:
    (visit,) = kept.visits
    assert visit.left_at is not None
    return visit.outcome


def _files(parts: tuple[RecordingPart, ...]) -> list[str]:
    return sorted(name for part in parts for name in (part.caller_file, part.agent_file))


def test_a_caller_who_changes_their_mind_at_once_leaves_nothing_behind(helpline: Live, numbers: Numbers) -> None:
    """Hanging up before the answer or as it comes: whoever was answered has a row, and every row has its end."""
    anis = [numbers() for _ in range(30)]

    def dial_and_hang_up(ani: str) -> None:
        call = Phone(helpline.exchange, ani, helpline.sip).dial(NUMBER, ani=ani)
        if ani in anis[::2]:
            call.wait_until(lambda: call.up or call.ended, what="an answer")
        call.hang_up()
        assert EndedBy.TIMEOUT is not call.wait_ended().by

    with nothing_stays(helpline):
        at_once(lambda ani=ani: dial_and_hang_up(ani) for ani in anis)  # type: ignore[misc]
        wait_for(lambda: all(_over(helpline, ani) for ani in anis), "every call over")

    assert {"caller"} == {row.cause for ani in anis if (row := row_of(helpline, ani)) is not None}
    assert all(row_of(helpline, ani) is not None for ani in anis[::2])
    assert [] == unfinished(helpline)


def test_when_both_hang_up_at_once_there_is_one_end(helpline: Live, numbers: Numbers) -> None:
    """Conversation after conversation: one stay, one end, all that was recorded, and consultants who are free again."""
    anis: list[str] = []
    with nothing_stays(helpline):
        for _ in range(ROUNDS):
            talks = talk_at_once(helpline, {numbers(): key for key in TOPICS})
            anis += talks
            at_once(end for there in talks.values() for end in (there.call.hang_up, there.consultant.hang_up))
        kept = [account(helpline, ani) for ani in anis]

    assert {"answered"} == {_visit(one) for one in kept}
    assert {1} == {len(one.parts) for one in kept}
    _check_ends(helpline, kept)


def test_who_hangs_up_as_a_consultant_answers_has_one_end(helpline: Live, numbers: Numbers) -> None:
    """A little before, at the same moment, a little after: answered or abandoned, never both and never neither."""
    callers = [Caller(helpline, numbers()) for _ in range(ROUNDS * len(TOPICS))]
    with nothing_stays(helpline), desks_react(helpline, Answer(after=PICKS_UP_AFTER), *helpline.desks):
        for number in range(ROUNDS):
            batch = callers[number * len(TOPICS) : (number + 1) * len(TOPICS)]
            at_once(
                _leaves_at(caller, topic, PICKS_UP_AFTER + 0.04 * (number - 1) + 0.01 * place)
                for place, (caller, topic) in enumerate(zip(batch, TOPICS, strict=True))
            )
        kept = [caller.account() for caller in callers]

    assert {_visit(one) for one in kept} <= {"answered", "abandoned"}
    assert {"caller"} == {one.row.cause for one in kept}
    _check_ends(helpline, kept)


def _leaves_at(caller: Caller, topic: str, seconds: float) -> Callable[[], None]:
    """Whoever hangs up so long after a telephone has begun to ring."""

    def leave() -> None:
        _asks(caller, topic)()
        caller.call.wait_until(lambda: _rings(caller.live, caller.ani), PATIENCE, "a telephone to ring")
        threading.Event().wait(seconds)
        caller.hangs_up()

    return leave


def _check_ends(live: Live, kept: list[Account]) -> None:
    for one in kept:
        assert list(range(1, len(one.turns) + 1)) == [turn.seq for turn in one.turns]
        assert 1 == sum(isinstance(turn.state.position, Ended) for turn in one.turns)
        (visit,) = one.visits
        assert (visit.outcome == "answered") is (visit.answered_at is not None)
        assert _files(one.parts) == recorded_files(live, one.row.id)
    assert [] == unfinished(live)
    assert live.station.asterisk is not None
    shown = live.station.asterisk.rx("queue show")
    assert (0, 0) == (shown.count("paused"), shown.count("In use"))


def _over(live: Live, ani: str) -> bool:
    row = row_of(live, ani)
    return row is None or row.ended_at is not None
