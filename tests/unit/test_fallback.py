"""What callers meet while no IVR process answers: the way of silence, followed beforehand."""

from __future__ import annotations

from ivr.definition import Flow
from ivr.fallback import Fallback, fallback
from tests.menu_files import SMALL, SURVEY, edited, load_text


def said(fallen_back: Fallback) -> dict[str, tuple[str, ...]]:
    """The names of what is said in each case."""
    cases = ("connecting", "closed", "unanswered", "goodbye")
    return {case: tuple(prompt.name for prompt in getattr(fallen_back, case)) for case in cases}


def test_silence_leads_to_the_queue_of_those_who_know_of_everything(flow: Flow) -> None:
    """As it does in the menus, in the hours of that queue."""
    static = fallback(flow)
    assert "insured" == static.queue
    assert flow.hours["consultants"] == static.hours


def test_what_is_said_is_what_the_menus_would_say(flow: Flow) -> None:
    """Out of hours the stated ending; after the queue the words for it."""
    expected = {
        "connecting": ("connecting",),
        "closed": ("closed-hours", "goodbye"),
        "unanswered": ("call-later", "goodbye"),
        "goodbye": ("goodbye",),
    }
    assert expected == said(fallback(flow))


def test_it_is_said_in_the_first_language(flow: Flow) -> None:
    """Nobody has chosen another."""
    assert {"pl"} == {prompt.lang for prompt in fallback(flow).closed}


def test_a_message_before_the_first_menu_does_not_hide_the_ending() -> None:
    """What is heard before a choice is not what is heard after it."""
    text = edited(
        SMALL,
        ("start: main", "start: news"),
        ("exhausted: to-help", "exhausted: gate"),
    )
    static = fallback(load_text(text).flow)
    assert ("help", ("sorry", "farewell")) == (static.queue, said(static)["closed"])


def test_silence_leads_through_authentication_and_addresses() -> None:
    """A service may begin with either; its silent callers still reach their queue."""
    text = edited(
        SMALL,
        ("start: main", "start: login"),
        ("    otherwise: main\n", "    otherwise: office\n"),
        ("queues:\n", 'queues:\n  first: {hours: daytime, agents: ["13"], label: {pl: A, en: A}}\n'),
        ("topics:\n", "topics:\n  first: {queue: first, label: {pl: A, en: A}}\n"),
        ("  sorry: {type", "  to-first: {type: transfer, topic: first}\n  sorry: {type"),
        ("open: to-help", "open: to-first"),
    )
    assert "help" == fallback(load_text(text).flow).queue


def test_the_queue_that_is_reached_may_have_ways_of_its_own() -> None:
    """They are told instead of the general ones; a survey is not asked where no IVR process is there to hear."""
    own = ('agents: ["11", "12"]', 'agents: ["11", "12"], ways: {answered: survey, unanswered: goodbye}')
    found = said(fallback(load_text(edited(SMALL, own, SURVEY[1])).flow))
    assert (("sorry", "farewell"), ("farewell",)) == (found["goodbye"], found["unanswered"])


def test_where_silence_never_reaches_a_queue_the_first_one_answers() -> None:
    """A person is better than none."""
    static = fallback(load_text(edited(SMALL, ("exhausted: to-help", "exhausted: sorry"))).flow)
    assert ("help", ("sorry", "farewell")) == (static.queue, said(static)["closed"])
