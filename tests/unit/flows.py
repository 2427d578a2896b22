"""Services of any shape, for tests that must hold for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time

from hypothesis import strategies as st

from ivr.definition import (
    BACK,
    REPEAT,
    Authentication,
    End,
    Flow,
    Gathering,
    Menu,
    Message,
    Offices,
    Opening,
    Option,
    Question,
    Queueing,
    Recording,
    Step,
    Survey,
    Transfer,
)
from ivr.prompts import Prompt
from routing.hours import Hours, Span
from routing.offices import Office
from routing.offices import Offices as OfficeTable
from routing.queues import Queue

LANGUAGES = ("pl", "en")
KEYS = "1234567890*#"
NAMES = ("no-input", "no-match", "notice", "staying", "question", "refused", "connecting", "hello", "words")
LOGIN = ("identifier", "pin", "wrong", "success", "failure", "cancelled")
SEARCH = ("postal-code", "found", "not-found")
SURVEY = ("offer", "satisfied", "polite", "thanks")
OFFICES = OfficeTable(
    ("10000", "20000"),
    ("19999", "29999"),
    (Office("North", "Long Street", "10-001", "Northam"), Office("South", "Short Street", "20-001", "Southam")),
)


def flow_of(steps: Sequence[Step], start: str, *, tries: int = 3, ask: bool = False, answered: str = "bye") -> Flow:
    """A flow of those steps; its other parts are as small as can be. `answered` follows a conversation."""
    menus = [step.name for step in steps if isinstance(step, Menu)]
    names = (*NAMES, *LOGIN, *SEARCH, *SURVEY, *menus, *(step.name for step in steps if isinstance(step, Offices)))
    prompts = {(name, lang): Prompt(name, lang, f"{name} in {lang}") for name in names for lang in LANGUAGES}
    prompts |= {("address", lang): Prompt("address", lang, "{name}, {street}, {city}") for lang in LANGUAGES}
    return Flow(
        version="0",
        languages=LANGUAGES,
        start=start,
        steps={step.name: step for step in steps},
        prompts=prompts,
        gathering=Gathering(5, tries, "no-input", "no-match", "bye"),
        recording=Recording(ask, "1", "notice", "staying", "question", "refused"),
        queueing=Queueing("connecting", answered, start),
        hours={"day": Hours("Europe/Warsaw", dict.fromkeys(range(7), (Span(time(7), time(18)),)))},
        queues={"people": Queue("people", "day", ("1101",))},
        topics={"all": "people"},
        offices={step.name: OFFICES for step in steps if isinstance(step, Offices)},
        whispers={},
        captions={"all": "All"},
        callers={"all": "everybody"},
    )


def menu(name: str, options: dict[str, Option], *, again: bool = True, exhausted: str = "bye") -> Menu:
    """A menu; where it has no short form, it is said in full each time."""
    languages = dict.fromkeys(option.language for option in options.values() if option.language is not None)
    offers = tuple(Prompt(f"{name}-{lang}", lang, f"{name} for {lang}") for lang in languages)
    return Menu(name, ("hello",), () if again else ("hello",), offers, options, "no-input", "no-match", exhausted)


def authentication(name: str, then: str) -> Authentication:
    """An authentication with two tries that leads on to `then` in any case."""
    return Authentication(name, *LOGIN, then, then, (6, 8), 6, 2)


def office_search(name: str, then: str) -> Offices:
    """A search for an office, whose address can be heard again."""
    return Offices(name, "postal-code", "found", "address", "not-found", then, {"9": REPEAT, "*": BACK, "0": "bye"})


def survey(name: str, share: int, then: str) -> Survey:
    """A survey of two questions."""
    ways = (("satisfaction", "satisfied"), ("politeness", "polite"))
    questions = tuple(Question(question, ask, ("1", "2"), ("2",)) for question, ask in ways)
    return Survey(name, share, "offer", questions, "thanks", then)


BYE = End("bye", ("words",), "completed")


@st.composite
def flows(draw: st.DrawFn, most_menus: int = 4) -> Flow:
    """Any flow: menus that lead anywhere, and steps of every other kind that lead to menus."""
    menus = [f"menu-{number}" for number in range(draw(st.integers(1, most_menus)))]
    some_menu = st.sampled_from(menus)
    others: list[Step] = [
        BYE,
        Message("message", ("words",), draw(some_menu)),
        Opening("opening", "day", draw(st.sampled_from([*menus, "transfer"])), draw(st.sampled_from([*menus, "bye"]))),
        Transfer("transfer", "all", "people"),
        authentication("authentication", draw(some_menu)),
        office_search("offices", draw(some_menu)),
        survey("survey", draw(st.sampled_from([0, 20, 100])), draw(st.sampled_from(["bye", *menus]))),
    ]
    targets = st.sampled_from([REPEAT, BACK, *menus, *(step.name for step in others)])
    option = st.builds(Option, targets, st.sampled_from([None, None, None, *LANGUAGES]))
    ways_out = st.sampled_from(["bye", "transfer", "opening", *menus])
    steps = [
        menu(
            name,
            draw(st.dictionaries(st.sampled_from(KEYS), option, min_size=1, max_size=4)),
            again=draw(st.booleans()),
            exhausted=draw(ways_out),
        )
        for name in menus
    ]
    begin = draw(st.sampled_from([menus[0], "opening", "message", "authentication"]))
    tries, ask, answered = draw(st.integers(1, 3)), draw(st.booleans()), draw(st.sampled_from(["bye", "survey"]))
    return flow_of([*steps, *others], begin, tries=tries, ask=ask, answered=answered)
