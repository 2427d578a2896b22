"""Menu files for tests: the shipped one, a small one, and changes of their text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent, indent
from typing import Any

from ruamel.yaml import YAML

from ivr.menus.faults import MenuError
from ivr.menus.loading import Loaded, load

SHIPPED = Path(__file__).parent.parent / "menus.yaml"
WAY_OF_THE_MENU_TOPICS = '      "0":\n        label:\n          pl: Inny temat\n'
OFFICES = b"""\
postal_from,postal_to,name,street,postal_code,city
00-000,49-999,Oddzia\xc5\x82,Prosta 1,00-001,Warszawa
50-000,59-999,Inspektorat,Krzywa 2,50-001,Wroc\xc5\x82aw
"""

SMALL = """\
format: 1
languages: [pl, en]
timezone: Europe/Warsaw
start: main
gathering:
  timeout: 5
  tries: 3
  no_input: silence
  no_match: unknown-key
  exhausted: to-help
recording: {consent: notice, wording: "1", notice: notice, staying: staying, ask: question, refused: refused}
queueing: {connecting: connecting, answered: goodbye, unanswered: sorry}
hours:
  daytime: {open: {mon: ["07:00-18:00"]}, holidays: PL}
queues:
  help: {hours: daytime, agents: ["11", "12"], label: {pl: Pomoc, en: Help}}
topics:
  help: {queue: help, label: {pl: Pomoc, en: Help}}
steps:
  main:
    type: menu
    play: [welcome]
    options:
      "1": {label: {pl: Wiadomość, en: News}, to: news}
      "2": {label: {pl: Pomoc, en: Help}, to: gate}
      "3": {label: {pl: Urząd, en: Office}, to: office}
      "4": {label: {pl: Tożsamość, en: Identity}, to: login}
      "5": {label: {en: English}, to: repeat, language: en}
      "*": {label: {pl: Powrót, en: Back}, to: back}
  news: {type: message, play: [news], then: main}
  gate: {type: opening, hours: daytime, open: to-help, closed: sorry}
  office:
    type: offices
    file: offices.csv
    postal_code: code
    found: found
    address: address
    not_found: not-found
    then: main
  login:
    type: authentication
    identifier: identifier
    pin: pin
    wrong: wrong
    success: known
    failure: stranger
    then: main
    otherwise: main
  to-help: {type: transfer, topic: help}
  sorry: {type: message, play: [sorry], then: goodbye}
  goodbye: {type: end, play: [farewell], cause: completed}
phrases:
  option: {pl: "{label}: {key}.", en: "{label}: {key}."}
  keys:
    pl: {"1": jeden, "2": dwa, "3": trzy, "4": cztery, "5": pięć, "*": gwiazdka}
    en: {"1": one, "2": two, "3": three, "4": four, "5": five, "*": star}
prompts:
  welcome: {pl: Witamy., en: Welcome.}
  silence: {pl: Cisza., en: Silence.}
  unknown-key: {pl: Nieznane., en: Unknown.}
  notice: {pl: Nagrywamy., en: We record.}
  staying: {pl: Zostań., en: Stay.}
  question: {pl: Zgoda?, en: Agreed?}
  refused: {pl: Bez nagrania., en: Not recorded.}
  connecting: {pl: Łączymy., en: Connecting.}
  news: {pl: Nowina., en: News.}
  code: {pl: Kod?, en: Code?}
  found: {pl: Jest., en: Found.}
  address: {pl: "{name}, {street}, {postal_code} {city}", en: "{name}"}
  not-found: {pl: Nie ma., en: None.}
  identifier: {pl: Kto?, en: Who?}
  pin: {pl: Pin?, en: Pin?}
  wrong: {pl: Nie., en: No.}
  known: {pl: Tak., en: Yes.}
  stranger: {pl: Trudno., en: Pity.}
  sorry: {pl: Przepraszamy., en: Sorry.}
  farewell: {pl: Pa., en: Bye.}
"""

# Edits of SMALL: words for all digits, callbacks, and the step that promises them.
CALLING_BACK = (
    ('"5": pięć, "*"', '"5": pięć, "6": sześć, "7": siedem, "8": osiem, "9": dziewięć, "0": zero, "*"'),
    ('"5": five, "*"', '"5": five, "6": six, "7": seven, "8": eight, "9": nine, "0": zero, "*"'),
    (
        "hours:\n  daytime",
        'callbacks: {key: "1", after: 300, label: {pl: Oddzwonimy, en: We call}, to: call-back, '
        "short: Oddzwonienie, greeting: welcome, unmet: goodbye, unreached: sorry}\nhours:\n  daytime",
    ),
    (
        "  sorry: {type: message",
        "  call-back: {type: callback, own: found, keyed: found, choice: question, ask: code, refused: wrong, "
        "promised: known, then: goodbye, otherwise: to-help}\n  sorry: {type: message",
    ),
)

# The question whom a call is about, and words for its keys.
REPRESENTING = (
    *CALLING_BACK[:2],
    (
        "    failure: stranger\n",
        "    failure: stranger\n    payers: {ask: question, own: {pl: Ja, en: Me}, payer: found, "
        'key: {pl: "klawisz {key}", en: "key {key}"}, consultant: {label: {pl: Osoba, en: Person}, to: gate}, '
        "repeat: {pl: Znów, en: Again}, number: code, refused: wrong, chosen: known, unchosen: stranger}\n",
    ),
)

WHISPERING = (
    "\nprompts:\n",
    """
  whisper:
    phrase: "{topic}. {language}. {level}."
    languages: {pl: Polski, en: Angielski}
    levels: {none: Nieznany, substitute: Sprawdzony, full: Znany}
prompts:
""",
)


# Two options of the menu can be said, and what is heard then.
SPEAKING = (
    (
        "phrases:\n",
        "speech: {meant: {pl: 'Czy {label}?', en: 'Is it {label}?'}, accept: {pl: [tak], en: ['yes']}, "
        "refuse: {pl: [nie], en: ['no']}, unheard: sorry, by_key: unknown-key}\nphrases:\n",
    ),
    ("en: News}, to: news}", "en: News}, to: news, say: {pl: [wiadomość, 'co nowego'], en: [news]}}"),
    ("en: Help}, to: gate}", "en: Help}, to: gate, say: {pl: [pomoc], en: [help]}}"),
)


# A virtual assistant, two subjects of which it knows, and the key that leads to it.
ASSISTED = (
    *CALLING_BACK[:2],
    SPEAKING[0],
    (
        '      "*": {label: {pl: Powrót',
        '      "6": {label: {pl: Asystent, en: Assistant}, to: assistant}\n      "*": {label: {pl: Powrót',
    ),
    (
        "  sorry: {type: message",
        """\
  assistant:
    type: assistant
    wording: "7"
    notice: notice
    consent: question
    declined: sorry
    ask: code
    ask_again: news
    no_input: refused
    subjects:
      "1": {label: {pl: Wiadomość, en: News}, say: {pl: [wiadomość], en: [news]}, to: told}
      "2": {label: {pl: Pomoc, en: Help}, say: {pl: [pomoc], en: [help]}, to: to-help}
    consultant: {label: {pl: Osoba, en: Person}, say: {pl: [konsultant], en: [consultant]}, to: gate}
    by_key: main
  told: {type: message, play: [news], then: assistant}
  sorry: {type: message""",
    ),
)


# A survey after conversations; the second of these edits is its step.
SURVEY = (
    ("answered: goodbye", "answered: survey"),
    (
        "  sorry: {type",
        """\
  survey:
    type: survey
    share: 20
    offer: sorry
    questions:
      - {name: good, ask: news, keys: ["1", "2"], satisfied: ["2"]}
      - {name: polite, ask: code, keys: ["1", "2", "3"], satisfied: ["3"]}
    thanks: sorry
    then: sorry
  sorry: {type""",
    ),
)


def edited(text: str, *edits: tuple[str, str]) -> str:
    """The text with each edit made; what an edit replaces must stand there once, so that no edit is lost."""
    for old, new in edits:
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times"
        text = text.replace(old, new)
    return text


def gates(many: int) -> list[tuple[str, str]]:
    """Edits that put so many opening hours in a row, each asked when the one before is closed."""
    ways = [
        f"  gate-{number}: {{type: opening, hours: daytime, open: to-help, closed: hold-{number}}}\n"
        f"  hold-{number}: {{type: message, play: [sorry], then: gate-{number + 1}}}\n"
        for number in range(2, many + 1)
    ]
    text = "".join(ways).replace(f"gate-{many + 1}", "goodbye")
    return [("open: to-help, closed: sorry}\n", "open: to-help, closed: gate-2}\n" + text)]


def recipe() -> list[str]:
    """The four pieces of YAML in the header of the shipped file, in its order: how to add a seventh topic."""
    header = SHIPPED.read_text("utf-8").split("# Good to know:")[0]
    places = re.split(r"^#   \d\. .*\n", header, flags=re.MULTILINE)[1:]
    return [dedent("".join(line[1:] + "\n" for line in place.splitlines() if line.strip("# "))) for place in places]


def with_seventh_topic(text: str) -> str:
    """A copy of the shipped file after its header's recipe has been followed to the letter."""
    queue, topic, way, option = recipe()
    return edited(
        text,
        ("\nqueues:\n", "\nqueues:\n" + indent(queue, "  ")),
        ("\ntopics:\n", "\ntopics:\n" + indent(topic, "  ")),
        ("\nsteps:\n", "\nsteps:\n" + indent(way, "  ")),
        (WAY_OF_THE_MENU_TOPICS, indent(option, "      ") + WAY_OF_THE_MENU_TOPICS),
    )


def without_callbacks(text: str) -> str:
    """The menus of a service that promises no callbacks any more (as JSON, which is YAML)."""
    menus = YAML(typ="safe").load(text)
    asking = (name for name, step in menus["steps"].items() if step["type"] == "callback")
    gone = {menus.pop("callbacks")["unmet"], *asking}
    menus["steps"] = {name: _leading_elsewhere(step, gone) for name, step in menus["steps"].items() if name not in gone}
    return json.dumps(menus, indent=1)


def _leading_elsewhere(step: dict[str, Any], gone: set[str]) -> dict[str, Any]:
    if "options" not in step:
        return step
    return step | {"options": {key: way for key, way in step["options"].items() if way.get("to") not in gone}}


def load_text(text: str | bytes, tables: Mapping[str, bytes] | None = None) -> Loaded:
    """Load a menu file that is named menus.yaml, with its tables. Raises MenuError."""
    beside = {"offices.csv": OFFICES, **(tables or {})}

    def read_table(name: str) -> bytes:
        if name not in beside:
            raise FileNotFoundError(2, "No such file or directory")
        return beside[name]

    return load("menus.yaml", text.encode() if isinstance(text, str) else text, read_table)


def faults_of(text: str | bytes, tables: Mapping[str, bytes] | None = None) -> list[str]:
    """Every fault and warning of a menu file, as `centrala check` prints them."""
    try:
        faults = load_text(text, tables).warnings
    except MenuError as error:
        faults = error.faults
    return [fault.show("menus.yaml") for fault in faults]
