"""What `centrala check` says of a menu file: each case is a small file with one fault, and every line said of it.

A case's edits are made in tests.menu_files.SMALL; expected lines are `line:column: message`.
"""

from __future__ import annotations

import pytest

from ivr.menus.document import MAX_BYTES
from ivr.menus.faults import MenuError
from ivr.menus.loading import Loaded, load_menus
from ivr.state import Ended
from ivr.waits import MOST_SERVICE_ANSWERS
from tests.callers import Caller
from tests.menu_files import (
    CALLING_BACK,
    REPRESENTING,
    SHIPPED,
    SMALL,
    SURVEY,
    WHISPERING,
    edited,
    faults_of,
    gates,
    load_text,
)

Edits = list[tuple[str, str]]
Case = tuple[Edits, list[str]]

NEWS = "  news: {type: message, play: [news], then: main}\n"
CODES = (
    "codes: {{logged_in: sorry, logged_out: sorry, on_break: sorry, back: sorry, ready: {},"
    " not_logged_in: sorry, no_agent: sorry, not_here: sorry,"
    " unknown: sorry, unrecorded: sorry}}\n"
)
LOOK = " (look for a missing colon, quote or indentation on this line or the one above)"
TYPES = (
    "menu | message | opening | authentication | change-pin | offices | transfer | resume | callback | promised | "
    "cancel-callback | survey | assistant | end"
)


A_NAME = "a name is 1-40 small letters, digits and hyphens, and begins with a letter"


def own(ways: str) -> tuple[str, str]:
    """An edit that gives the one queue ways of its own."""
    return ('agents: ["11", "12"]', f'agents: ["11", "12"], ways: {ways}')


WAYS: dict[str, Case] = {
    "hours in a row": (
        gates(MOST_SERVICE_ANSWERS + 3),
        [
            "68:35: 20 opening hours are checked one after another without a wait"
            " (lead one of the closed: before it to a menu or an ending)"
        ],
    ),
    "unknown target": (
        [("to: news", "to: nwes")],
        ['24:51: there is no step "nwes" (did you mean "news"?)'],
    ),
    "unknown target of a message": (
        [("play: [news], then: main", "play: [news], then: mian")],
        ['30:45: there is no step "mian" (did you mean "main"?)'],
    ),
    "unknown exhausted": (
        [("exhausted: to-help", "exhausted: nobody")],
        ['10:14: there is no step "nobody" (did you mean "goodbye"?)'],
    ),
    "unknown after queue": (
        [("unanswered: sorry", "unanswered: soryr")],
        ['12:67: there is no step "soryr" (did you mean "sorry"?)'],
    ),
    "repeat outside": (
        [("play: [news], then: main", "play: [news], then: repeat")],
        ['30:45: there is no step "repeat" (only the options of menus and offices lead back or repeat)'],
    ),
    "unreachable": (
        [
            (
                NEWS,
                NEWS + '  island: {type: menu, options: {"1": {label: {pl: Tak, en: Yes}, to: main}}}\n',
            )
        ],
        ['31:3: no way leads to the step "island" (lead one here or delete it)'],
    ),
    "circle": (
        [
            (NEWS, NEWS.replace("main", "more") + NEWS.replace("news:", "more:").replace("main", "news")),
        ],
        [
            '30:3: from "news" no way leads to a consultant or an ending',
            "30:45: these steps lead in a circle without a wait: news -> more -> news",
            '31:3: from "more" no way leads to a consultant or an ending',
        ],
    ),
    "circle gate": (
        [
            ("closed: sorry", "closed: gate-again"),
            ("  office:", "  gate-again: {type: opening, hours: daytime, open: to-help, closed: gate}\n  office:"),
        ],
        ["31:64: these steps lead in a circle without a wait: gate -> gate-again -> gate"],
    ),
    "self circle": (
        [("play: [news], then: main", "play: [news], then: news")],
        [
            '30:3: from "news" no way leads to a consultant or an ending',
            "30:45: these steps lead in a circle without a wait: news -> news",
        ],
    ),
    "never ends": (
        [
            (
                NEWS,
                NEWS.replace("main", "loop")
                + '  loop: {type: menu, exhausted: loop, options: {"1": {label: {pl: Znów, en: Again}, to: repeat}}}\n',
            )
        ],
        [
            '30:3: from "news" no way leads to a consultant or an ending',
            '31:3: from "loop" no way leads to a consultant or an ending',
            "31:33: a caller who keys nothing never gets out: loop -> loop (see exhausted:)",
        ],
    ),
    "silence circle": (
        [
            (
                '    options:\n      "1": {label: {pl: Wia',
                '    exhausted: news\n    options:\n      "1": {label: {pl: Wia',
            )
        ],
        ["23:16: a caller who keys nothing never gets out: main -> news -> main (see exhausted:)"],
    ),
    "silence round the queue": (
        [("unanswered: sorry", "unanswered: main")],
        ["10:14: a caller who keys nothing never gets out: main -> to-help -> main (see exhausted:)"],
    ),
    "cut off to nowhere": (
        [("unanswered: sorry", "unanswered: sorry, cut_off: nowhere")],
        ['12:83: there is no step "nowhere"'],
    ),
    "cut off by nobody": (
        [("unanswered: sorry", "unanswered: sorry, cutoff: sorry")],
        ['12:74: unknown field "cutoff" (did you mean "cut_off"?)'],
    ),
    "queue round the queue": (
        [("unanswered: sorry", "unanswered: to-help")],
        ["12:67: these steps lead in a circle without a wait: to-help -> to-help"],
    ),
    "after address": (
        [
            (
                "    not_found: not-found\n",
                '    not_found: not-found\n    options: {"9": {label: {pl: Z, en: A}, to: mian}}\n',
            )
        ],
        [
            '39:48: there is no step "mian" (did you mean "main"?)',
            '56:5: no pl word for the key "9" (add "9": word)',
            '57:5: no en word for the key "9" (add "9": word)',
        ],
    ),
    "language after address": (
        [
            (
                "    not_found: not-found\n",
                '    not_found: not-found\n    options: {"4": {label: {pl: Z, en: A}, to: repeat, language: en}}\n',
            )
        ],
        ['39:56: unknown field "language" (known: label, to)'],
    ),
    "auth circle": (
        [("    otherwise: main", "    otherwise: login")],
        ["48:16: a caller who keys nothing never gets out: login -> login (see exhausted:)"],
    ),
    "then login": (
        [("    then: main\n    otherwise", "    then: login\n    otherwise")],
        ["47:11: these steps lead in a circle without a wait: login -> login"],
    ),
}

OWN_WAYS: dict[str, Case] = {
    "own ways": ([own("{full: sorry, answered: sorry}")], []),
    "own way to nowhere": (
        [own("{full: nwes}")],
        ['16:61: there is no step "nwes" (did you mean "news"?)'],
    ),
    "own way of a queue that no step leads to": (
        [("queues:\n", "queues:\n  more: {hours: daytime, label: {pl: I, en: O}, ways: {full: nwes}}\n")],
        [
            '16:3: warning: no topic leads to the queue "more"',
            '16:62: there is no step "nwes" (did you mean "news"?)',
        ],
    ),
    "own way misspelt": (
        [own("{ful: sorry}")],
        ['16:55: unknown field "ful" (did you mean "full"?)'],
    ),
    "own way round the queue": (
        [own("{full: to-help}")],
        ["16:61: these steps lead in a circle without a wait: to-help -> to-help"],
    ),
    "own way that silence goes round": (
        [own("{unanswered: main}")],
        ["10:14: a caller who keys nothing never gets out: main -> to-help -> main (see exhausted:)"],
    ),
    "only the queues' own way": (
        [
            own("{answered: sorry}"),
            ("answered: goodbye, ", "answered: thanked, "),
            ("  sorry: {type", "  thanked: {type: end, play: [farewell], cause: thanked}\n  sorry: {type"),
        ],
        ['50:3: no way leads to the step "thanked" (lead one here or delete it)'],
    ),
}

LEAVING_BY_1 = 'unanswered: sorry, leaving: {key: "1", label: {pl: A, en: A}, to: main}}'
PROMISED = (
    ("start: main", "start: promised"),
    (
        "  sorry: {type: message",
        "  promised: {type: promised, promised: stop, otherwise: main}\n"
        "  stop: {type: cancel-callback, play: [sorry], then: main}\n  sorry: {type: message",
    ),
)
CALLBACKS: dict[str, Case] = {
    "callbacks": ([*CALLING_BACK], []),
    "callback key": (
        [*CALLING_BACK, ('{key: "1", after', '{key: "12", after')],
        ['13:18: key: a key is one of "0" to "9", "*" and "#"'],
    ),
    "callback key that leaves the queue": (
        [*CALLING_BACK, ("unanswered: sorry}", LEAVING_BY_1)],
        ['13:18: the key "1" leaves the queue already (take another one)'],
    ),
    "callback step": (
        [*CALLING_BACK, ("to: call-back,", "to: news,")],
        [
            '13:77: "news" is no step of the type callback (name one)',
            '51:3: no way leads to the step "call-back" (lead one here or delete it)',
        ],
    ),
    "callback prompt": (
        [*CALLING_BACK, ("greeting: welcome", "greeting: welcom")],
        ['13:119: there is no prompt "welcom" (did you mean "welcome"?)'],
    ),
    "prompt of a callback's step": (
        [*CALLING_BACK, ("own: found", "own: fuond")],
        ['51:36: there is no prompt "fuond" (did you mean "found"?)'],
    ),
    "callback that nobody answers": (
        [*CALLING_BACK, ("unmet: goodbye", "unmet: godbye")],
        ['13:135: there is no step "godbye" (did you mean "goodbye"?)'],
    ),
    "callbacks that nobody keeps": (
        [*CALLING_BACK[:2], CALLING_BACK[3]],
        [
            '50:3: no way leads to the step "call-back" (lead one here or delete it)',
            '50:21: "call-back" promises callbacks, and none are kept (add "callbacks:")',
        ],
    ),
    "callback label": (
        [*CALLING_BACK, ("label: {pl: Oddzwonimy, en: We call}", "label: {pl: Oddzwonimy}")],
        ['13:35: label: the en text is missing (add "en:" here)'],
    ),
    "callback field": (
        [*CALLING_BACK, ("short: Oddzwonienie", "shrot: Oddzwonienie")],
        ['13:88: unknown field "shrot" (did you mean "short"?)'],
    ),
    "name of a digit": (
        [*CALLING_BACK, ("  farewell: {", "  digit-1: {pl: A, en: A}\n  farewell: {")],
        [
            '79:3: warning: the prompt "digit-1" is never heard',
            '79:12: "digit-1" is the name of a digit (choose another name)',
        ],
    ),
    "words for digits": (
        [*CALLING_BACK[2:]],
        [
            f'{line}:5: no {lang} word for the key "{digit}" (add "{digit}": word)'
            for line, lang in ((57, "pl"), (58, "en"))
            for digit in "06789"
        ],
    ),
    "promised": ([*CALLING_BACK, *PROMISED], []),
    "promised in a circle": (
        [*CALLING_BACK, *PROMISED, ("play: [sorry], then: main}", "play: [sorry], then: promised}")],
        ["52:40: these steps lead in a circle without a wait: promised -> stop -> promised"],
    ),
}
DELAYING = (
    ("    failure: stranger\n", "    failure: stranger\n    delayed: later\n"),
    ("  farewell: {", "  later: {pl: Później., en: Later.}\n  farewell: {"),
)
DELAYS: dict[str, Case] = {
    "delay": ([*DELAYING], []),
    "delay without words for waits": (
        [*DELAYING, ("en: Later.", 'en: "In {wait}."')],
        ['47:14: "later" tells a wait, and there are no words for waits (add waiting: to phrases:)'],
    ),
    "delay with another place": (
        [*DELAYING, ("en: Later.", 'en: "In {time}."')],
        ["78:29: {time} cannot be filled in here (known here: {wait})"],
    ),
    "delay's prompt": (
        [*DELAYING, ("delayed: later", "delayed: latre")],
        ['47:14: there is no prompt "latre" (did you mean "later"?)'],
    ),
    "delay heard elsewhere": (
        [*DELAYING, ("play: [sorry], then", "play: [later], then")],
        [
            '51:33: "later" tells for how long no PIN is looked at (name it under delayed: of a login alone)',
            '77:3: warning: the prompt "sorry" is never heard',
        ],
    ),
    "name of a wait": (
        [*DELAYING, ("  farewell: {", "  later-10: {pl: A, en: A}\n  farewell: {")],
        [
            '79:3: warning: the prompt "later-10" is never heard',
            '79:13: "later-10" is the name of a wait that "later" tells (choose another name)',
        ],
    ),
}
PAYERS: dict[str, Case] = {
    "payers": ([*REPRESENTING], []),
    "payers' keys without words": (
        [REPRESENTING[-1]],
        [
            f'{line}:5: no {lang} word for the key "{digit}" (add "{digit}": word)'
            for line, lang in ((56, "pl"), (57, "en"))
            for digit in "06789"
        ],
    ),
    "payers' prompt": (
        [*REPRESENTING, ("payer: found", "payer: fuond")],
        ['47:59: there is no prompt "fuond" (did you mean "found"?)'],
    ),
    "payers' consultant": (
        [*REPRESENTING, ("Person}, to: gate", "Person}, to: gaet")],
        ['47:160: there is no step "gaet" (did you mean "gate"?)'],
    ),
    "payers' consultant back": (
        [*REPRESENTING, ("Person}, to: gate", "Person}, to: back")],
        ['47:160: there is no step "back" (only the options of menus and offices lead back or repeat)'],
    ),
    "payers' key without its place": (
        [*REPRESENTING, ('en: "key {key}"', 'en: "key"')],
        ["47:97: this phrase holds {key}, once each or more"],
    ),
    "payers' key with another place": (
        [*REPRESENTING, ('en: "key {key}"', 'en: "key {key} {kye}"')],
        [
            "47:97: this phrase holds {key}, once each or more",
            "47:97: {kye} cannot be filled in here (known here: {key})",
        ],
    ),
    "payers' label": (
        [*REPRESENTING, ("own: {pl: Ja, en: Me}", "own: {pl: Ja}")],
        ['47:29: own: the en text is missing (add "en:" here)'],
    ),
    "payers' label with a place": (
        [*REPRESENTING, ("own: {pl: Ja, en: Me}", 'own: {pl: Ja, en: "{me}"}')],
        ["47:47: {me} cannot be filled in here"],
    ),
    "payers' field": (
        [*REPRESENTING, ("unchosen: stranger", "unchsen: stranger")],
        ['47:243: unknown field "unchsen" (did you mean "unchosen"?)'],
    ),
    "payers' consultant's field": (
        [*REPRESENTING, ("Person}, to: gate", "Person}, ot: gate")],
        [
            '47:111: the field "to" is missing (add "to:" here)',
            '47:156: unknown field "ot" (known: label, to)',
        ],
    ),
    "payers' number": (
        [*REPRESENTING, ("number: code, ", "")],
        ['47:5: the field "number" is missing (add "number:" here)'],
    ),
    "name of a part of the question": (
        [*REPRESENTING, ("  farewell: {", "  login-key-2: {pl: A, en: A}\n  farewell: {")],
        [
            '78:3: warning: the prompt "login-key-2" is never heard',
            '78:16: "login-key-2" is the name of a part of the question in "login" (choose another name)',
        ],
    ),
    "name of a payer's digit": (
        [*REPRESENTING, ("  farewell: {", "  digit-1: {pl: A, en: A}\n  farewell: {")],
        [
            '78:3: warning: the prompt "digit-1" is never heard',
            '78:12: "digit-1" is the name of a digit (choose another name)',
        ],
    ),
}

SURVEYS: dict[str, Case] = {
    "survey": ([*SURVEY], []),
    "callers": ([("{queue: help,", "{queue: help, callers: Doctors,")], ["18:32: callers: " + A_NAME]),
    "survey share": ([*SURVEY, ("share: 20", "share: 101")], ["52:12: share: should be less than or equal to 100"]),
    "survey prompt": (
        [*SURVEY, ("thanks: sorry", "thanks: soryr")],
        ['57:13: there is no prompt "soryr" (did you mean "sorry"?)'],
    ),
    "survey question": (
        [*SURVEY, ("ask: code", "ask: cod")],
        ['56:29: there is no prompt "cod" (did you mean "code"?)'],
    ),
    "survey leads nowhere": (
        [*SURVEY, ("then: sorry", "then: soryr")],
        ['58:11: there is no step "soryr" (did you mean "sorry"?)'],
    ),
    "survey in a circle": (
        [*SURVEY, ("then: sorry", "then: survey")],
        [
            '50:3: from "survey" no way leads to a consultant or an ending',
            "58:11: these steps lead in a circle without a wait: survey -> survey",
        ],
    ),
    "survey of three": (
        [*SURVEY, ("    thanks:", '      - {name: c, ask: code, keys: ["1", "2"], satisfied: ["2"]}\n    thanks:')],
        ["55:7: questions: too many values"],
    ),
    "survey key": (
        [*SURVEY, ('"3"]}', '"4"]}')],
        ['56:70: "4" is not among the keys (known: 1, 2, 3)'],
    ),
    "survey key twice": (
        [*SURVEY, ('keys: ["1", "2", "3"]', 'keys: ["1", "2", "2", "3"]')],
        ['56:52: the key "2" stands here a second time (delete it)'],
    ),
    "survey pleases all": (
        [*SURVEY, ('satisfied: ["3"]', 'satisfied: ["1", "2", "3"]')],
        ["56:69: every answer means satisfied: nothing would be learnt (leave keys out)"],
    ),
    "survey asks twice": (
        [*SURVEY, ("name: polite", "name: good")],
        ['56:16: the question "good" stands here a second time (choose another name)'],
    ),
    "survey field misspelt": (
        [*SURVEY, ("ask: code", "aks: code")],
        ['56:24: unknown field "aks" (did you mean "ask"?)'],
    ),
}

NAMES: dict[str, Case] = {
    "missing prompt": (
        [("play: [welcome]", "play: [welcom]")],
        ['22:12: there is no prompt "welcom" (did you mean "welcome"?)'],
    ),
    "missing prompt of section": (
        [("connecting: connecting", "connecting: conecting")],
        ['12:24: there is no prompt "conecting" (did you mean "connecting"?)'],
    ),
    "missing prompt of auth": (
        [("    wrong: wrong\n", "    wrong: wrongg\n")],
        ['44:12: there is no prompt "wrongg" (did you mean "wrong"?)'],
    ),
    "unknown queue": (
        [("help: {queue: help", "help: {queue: hlep")],
        ['18:17: there is no queue "hlep" (did you mean "help"?)'],
    ),
    "unknown topic": (
        [("topic: help", "topic: hlep")],
        ['49:36: there is no topic "hlep" (did you mean "help"?)'],
    ),
    "unknown hours": (
        [("hours: daytime, agents", "hours: dyatime, agents")],
        ['16:17: there are no hours "dyatime" (did you mean "daytime"?)'],
    ),
    "repeat step": (
        [
            (NEWS, NEWS + NEWS.replace("news:", "repeat:")),
        ],
        ['31:3: "repeat" means something else (choose another name for the step)'],
    ),
    "menu prompt": (
        [("  welcome: {pl", "  main: {pl: M, en: M}\n  welcome: {pl")],
        [
            '58:3: "main" is the name of a menu (choose another name for the prompt)',
            '58:3: warning: the prompt "main" is never heard',
        ],
    ),
    "unused prompt": (
        [("  farewell: {pl", "  spare: {pl: S, en: S}\n  farewell: {pl")],
        ['77:3: warning: the prompt "spare" is never heard'],
    ),
    "unused topic": (
        [("topics:\n", "topics:\n  other: {queue: help, label: {pl: I, en: O}}\n")],
        ['18:3: warning: no step leads to the topic "other"'],
    ),
    "unused queue": (
        [("queues:\n", 'queues:\n  other: {hours: daytime, agents: ["13"], label: {pl: I, en: O}}\n')],
        ['16:3: warning: no topic leads to the queue "other"'],
    ),
    "table missing": (
        [("file: offices.csv", "file: office.csv")],
        ["34:11: office.csv: No such file or directory"],
    ),
    "table up": (
        [("file: offices.csv", "file: ../offices.csv")],
        ["34:11: ../offices.csv: the file must lie beside the menu file"],
    ),
    "table abs": (
        [("file: offices.csv", "file: /etc/passwd")],
        ["34:11: /etc/passwd: the file must lie beside the menu file"],
    ),
}

TELLS_HOURS = ("  sorry: {pl: Przepraszamy., en: Sorry.}", '  sorry: {pl: "Otwarte {daytime}.", en: Sorry.}')
FEW_WORDS = "{pl: {from_day: '{first} {last}', from_time: '{start} {end}'}}"

SPOKEN_HOURS: dict[str, Case] = {
    "no words for hours": (
        [TELLS_HOURS],
        ['52:1: no pl words for opening hours (add "pl:" to hours: in phrases:)'],
    ),
    "words for hours are missing": (
        [
            TELLS_HOURS,
            ("  keys:\n", "  hours: {pl: {from_day: '{first} {last}', from_time: '{start} {end}'}}\n  keys:\n"),
        ],
        [
            '54:11: no pl words for "07:00" in times (add "07:00": words to times:)',
            '54:11: no pl words for "18:00" in times (add "18:00": words to times:)',
            '54:11: no pl words for "mon" in day (add "mon": words to day:)',
        ],
    ),
    "unknown hours are told": (
        [("  sorry: {pl: Przepraszamy., en: Sorry.}", '  sorry: {pl: "Otwarte {daytimes}.", en: Sorry.}')],
        ["76:15: {daytimes} cannot be filled in here (known here: {daytime})"],
    ),
}

WHISPERS: dict[str, Case] = {
    "whispers are words": ([WHISPERING], []),
    "no word for a language": (
        [WHISPERING, ("languages: {pl: Polski, en: Angielski}", "languages: {pl: Polski}")],
        ['59:5: no word for "en" in languages (add "en": word)'],
    ),
    "no word for substitute": (
        [WHISPERING, ("substitute: Sprawdzony, ", "")],
        ['60:5: warning: no word for "substitute" in levels: consultants hear that of "none" (add "substitute": word)'],
    ),
    "no word for a level": (
        [WHISPERING, ("full: Znany", "ful: Znany")],
        [
            '60:5: no word for "full" in levels (add "full": word)',
            '60:54: "ful" is not among the levels (known: none, substitute, full)',
        ],
    ),
    "a whisper without a level": (
        [WHISPERING, ("{topic}. {language}. {level}.", "{topic}. {language}.")],
        ["58:13: this phrase holds {topic} and {level} and {language}, once each or more"],
    ),
    "a misspelt field of whispers": (
        [WHISPERING, ("    phrase:", "    phrse:")],
        ['58:5: unknown field "phrse" (did you mean "phrase"?)'],
    ),
}

LANGUAGES: dict[str, Case] = {
    "missing translation": (
        [("  news: {pl: Nowina., en: News.}", "  news: {pl: Nowina.}")],
        ['66:3: news: the en text is missing (add "en:" here)'],
    ),
    "missing label": (
        [("{label: {pl: Urząd, en: Office}", "{label: {pl: Urząd}")],
        ['26:13: label: the en text is missing (add "en:" here)'],
    ),
    "missing queue label": (
        [('agents: ["11", "12"], label: {pl: Pomoc, en: Help}', 'agents: ["11", "12"], label: {pl: Pomoc}')],
        ['16:48: label: the en text is missing (add "en:" here)'],
    ),
    "missing key word": (
        [('"4": four, ', "")],
        ['56:5: no en word for the key "4" (add "4": word)'],
    ),
    "second lang": (
        [("languages: [pl, en]", "languages: [pl, en, pl]")],
        ['2:21: "pl" stands here a second time'],
    ),
    "unknown option lang": (
        [("language: en", "language: de")],
        ['28:57: "de" is not among the languages'],
    ),
    "language in other words": (
        [("{label: {en: English}, to: repeat", "{label: {pl: Angielski, en: English}, to: repeat")],
        [
            "28:21: warning: label: the pl text is never heard"
            " (a language is offered in its own words alone: delete this text)"
        ],
    ),
    "language without its own words": (
        [("{label: {en: English}, to: repeat", "{label: {}, to: repeat")],
        ['28:13: label: the en text is missing (add "en:" here)'],
    ),
    "languages only": (
        [
            (
                NEWS,
                NEWS.replace("main", "tongues")
                + '  tongues: {type: menu, options: {"5": {label: {en: English}, to: main, language: en}}}\n',
            )
        ],
        [
            '31:25: "tongues" offers languages only: nothing would be heard of it on return'
            " (add an option without language:)"
        ],
    ),
    "name of an offer": (
        [("  welcome: {pl", "  main-en: {pl: M, en: M}\n  welcome: {pl")],
        [
            '58:3: "main-en" is the name of the offer of a language in "main" (choose another name)',
            '58:3: warning: the prompt "main-en" is never heard',
        ],
    ),
    "unknown text lang": (
        [("en: News.}", "en: News., de: Neues.}")],
        ['66:34: "de" is not among the languages (add it to languages: too)'],
    ),
    "unknown keys lang": (
        [('    en: {"1"', '    de: {"1": eins}\n    en: {"1"')],
        ['56:5: "de" is not among the languages (add it to languages: too)'],
    ),
    "bad lang code": (
        [("languages: [pl, en]", "languages: [pl, en, POL]")],
        ['2:21: languages: a language is two small letters, like "pl"'],
    ),
    "empty languages": (
        [("languages: [pl, en]", "languages: []")],
        ["2:12: languages: must not be empty"],
    ),
    "template unknown": (
        [("{name}, {street}", "{name}, {steret}")],
        ["69:17: {steret} cannot be filled in here (known here: {city}, {name}, {postal_code}, {street})"],
    ),
    "template brace": (
        [("en: News.}", 'en: "News {"}')],
        ["66:27: a brace stands alone (write {{ or }} for a brace that is meant)"],
    ),
    "template not allowed": (
        [("en: News.}", 'en: "News {name}"}')],
        ["66:27: {name} cannot be filled in here (known here: {daytime})"],
    ),
    "template format": (
        [("{name}, {street}", "{name}, {street!r}")],
        ["69:17: {street} cannot be filled in here (known here: {city}, {name}, {postal_code}, {street})"],
    ),
    "option no key": (
        [('en: "{label}: {key}."', 'en: "{label}."')],
        ["53:39: an option's phrase holds {label} and {key}, once each or more"],
    ),
}

PERSONAL = (
    ("    failure: stranger\n    then: main\n", "    failure: stranger\n    then: own\n"),
    (
        "  to-help: {",
        '  own: {type: menu, requires: full, options: {"1": {label: {pl: Pomoc, en: Help}, to: to-help}}}\n'
        "  to-help: {",
    ),
)
ANOTHER_QUEUE = (
    "queues:\n",
    'queues:\n  rest: {hours: daytime, agents: ["13"], overflow: {to: help, after: 9}, label: {pl: Inne, en: Other}}\n',
)
A_LEVEL = ('agents: ["11", "12"]', 'agents: ["11", "12"], requires: full')
BEHIND = "(lead there from the then: of a login, or take requires: out)"
LEVELS: dict[str, Case] = {
    "behind a login": ([*PERSONAL], []),
    "a level that there is not": (
        [("type: menu\n", "type: menu\n    requires: some\n")],
        ["22:15: requires: should be 'substitute' or 'full'"],
    ),
    "passed round by a key": (
        [*PERSONAL, ("to: news", "to: own")],
        [
            f'24:51: "own" requires full, and callers of level none come there: main (1) > own {BEHIND}',
            '30:3: no way leads to the step "news" (lead one here or delete it)',
        ],
    ),
    "passed round by failing": (
        [*PERSONAL, ("    then: own\n    otherwise: main\n", "    then: own\n    otherwise: own\n")],
        [
            '48:16: "own" requires full, and callers of level none come there: main (4) > login (otherwise) > own'
            f" {BEHIND}"
        ],
    ),
    "passed round by silence": (
        [*PERSONAL, ("exhausted: to-help", "exhausted: own")],
        [
            f'10:14: "own" requires full, and callers of level none come there: main (silence) > own {BEHIND}',
            "10:14: a caller who keys nothing never gets out: own -> own (see exhausted:)",
        ],
    ),
    "behind a queue": (
        [*PERSONAL, ("answered: goodbye", "answered: own")],
        [
            '12:46: "own" requires full, and callers of level none come there: main (silence) > to-help (answered)'
            f" > own {BEHIND}"
        ],
    ),
    "behind a queue that is behind a login": (
        [
            *PERSONAL,
            ("topics:\n", "topics:\n  rest: {queue: rest, label: {pl: Inne, en: Other}}\n"),
            (
                "queues:\n",
                'queues:\n  rest: {hours: daytime, agents: ["13"], ways: {answered: own}, label: {pl: X, en: X}}\n',
            ),
            ("en: Help}, to: to-help", "en: Help}, to: to-rest"),
            ("  to-help: {", "  to-rest: {type: transfer, topic: rest}\n  to-help: {"),
        ],
        [
            '16:59: "own" requires full, and callers of level none come there: to-rest (answered) > own'
            ' (consultants can send anybody to "rest": let its queue require as much, or lead elsewhere)'
        ],
    ),
    "at the beginning": (
        [("type: menu\n", "type: menu\n    requires: substitute\n")],
        [
            f'4:8: "main" requires substitute {BEHIND}',
            '49:16: "main" requires substitute, and callers of level none come there: login (otherwise) > main'
            " (callers without the level are led here: take requires: out)",
        ],
    ),
    "overflow to a level": (
        [
            ANOTHER_QUEUE,
            A_LEVEL,
            ("topics:\n  help: {queue: help", "topics:\n  help: {queue: rest"),
        ],
        [
            '16:57: "help" requires full, and callers of "rest" go on to it without'
            ' (let "rest" require as much, or name another queue)'
        ],
    ),
    "a callback that nobody meets": (
        [*CALLING_BACK, *PERSONAL, ("unmet: goodbye", "unmet: own")],
        [
            '13:135: "own" requires full (callbacks begin without a level: lead elsewhere, or take requires: out)',
        ],
    ),
}

SHAPE: dict[str, Case] = {
    "unquoted key": (
        [('"1": {label: {pl: Wia', "1: {label: {pl: Wia")],
        ['24:7: the key 1 is not in quotes (write "1":)'],
    ),
    "unquoted value": (
        [('"11"', "11")],
        ["16:35: agents: a number where text is expected (put digits in quotes)"],
    ),
    "unquoted zero": (
        [('"11"', "011")],
        ["16:35: agents: a number where text is expected (put digits in quotes)"],
    ),
    "unquoted float": (
        [("to: news", "to: 1.5")],
        [
            "24:51: to: a number where text is expected (put digits in quotes)",
            '30:3: no way leads to the step "news" (lead one here or delete it)',
        ],
    ),
    "wrong int": (
        [("timeout: 5", 'timeout: "5"')],
        ["6:12: timeout: a whole number expected"],
    ),
    "wrong bool": (
        [("to: news", "to: true")],
        ["24:51: to: text expected"],
    ),
    "wrong list": (
        [("play: [welcome]", "play: welcome")],
        ["22:11: play: a list expected, [like, this]"],
    ),
    "wrong map": (
        [("en: News.}", "en: [News]}")],
        ["66:27: en: text expected"],
    ),
    "wrong text for map": (
        [("label: {pl: Urząd, en: Office}", "label: Urząd")],
        ["26:20: label: fields expected, indented below it"],
    ),
    "step not map": (
        [("  news: {type: message, play: [news], then: main}", "  news: message")],
        ["30:9: news: fields expected, indented below it"],
    ),
    "too big": (
        [("timeout: 5", "timeout: 61")],
        ["6:12: timeout: should be less than or equal to 60"],
    ),
    "tries 0": (
        [("tries: 3", "tries: 0")],
        ["7:10: tries: should be greater than or equal to 1"],
    ),
    "format": (
        [("format: 1", "format: 2")],
        ["1:9: format: this version reads format 1"],
    ),
    "format bool": (
        [("format: 1", "format: true")],
        ["1:9: format: a whole number expected"],
    ),
    "unknown field": (
        [("play: [welcome]", "play: [welcome]\n    colour: red")],
        ['23:5: unknown field "colour" (known: type, play, again, options, no_input, no_match, exhausted, requires)'],
    ),
    "misspelt field": (
        [("    options:\n", "    opitons:\n")],
        ['23:5: unknown field "opitons" (did you mean "options"?)'],
    ),
    "unknown top": (
        [("start: main", "start: main\nstrat: main")],
        ['5:1: unknown field "strat" (did you mean "start"?)'],
    ),
    "no type": (
        [("news: {type: message, ", "news: {")],
        ['30:9: the step "news" has no type (add type: ' + TYPES + ")"],
    ),
    "unknown type": (
        [("type: message, play: [news]", "type: mesage, play: [news]")],
        ['30:9: the step "news" has the unknown type "mesage" (did you mean "message"?)'],
    ),
    "missing field": (
        [("play: [news], then: main", "play: [news]")],
        ['30:3: the field "then" is missing (add "then:" here)'],
    ),
    "missing section": (
        [("queueing: {connecting: connecting, answered: goodbye, unanswered: sorry}\n", "")],
        ['1:1: the field "queueing" is missing (add "queueing:" here)'],
    ),
    "bad name": (
        [("  farewell: {pl", "  Fare well: {pl"), ("play: [farewell]", "play: [Fare well]")],
        [
            "51:31: play: a name is 1-40 small letters, digits and hyphens, and begins with a letter",
            "77:3: Fare well: a name is 1-40 small letters, digits and hyphens, and begins with a letter",
        ],
    ),
    "bad key": (
        [('"1": {label: {pl: Wia', '"12": {label: {pl: Wia')],
        ['24:7: 12: a key is one of "0" to "9", "*" and "#"'],
    ),
    "empty text": (
        [("en: News.}", "en: ' '}")],
        ["66:27: en: a text must not be empty"],
    ),
    "multi-line text": (
        [("en: News.}", 'en: "Ne\\nws"}')],
        ["66:27: en: a text must not hold line breaks or control characters; fold it with >-"],
    ),
    "span": (
        [("07:00-18:00", "7-18")],
        ['14:26: mon: opening hours look like "07:00-18:00"'],
    ),
    "span rev": (
        [("07:00-18:00", "18:00-07:00")],
        ["14:26: mon: opening hours end after they begin"],
    ),
    "weekday": (
        [("{mon: [", "{monday: [")],
        ["14:20: monday: should be 'mon', 'tue', 'wed', 'thu', 'fri', 'sat' or 'sun'"],
    ),
    "hours that never open": (
        [('open: {mon: ["07:00-18:00"]}', "open: {mon: []}")],
        ['14:13: "daytime" is never open (give a day its hours: mon: ["07:00-18:00"])'],
    ),
    "overlapping hours": (
        [('["07:00-18:00"]', '["12:00-18:00", "07:00-12:30"]')],
        ["14:25: opening hours overlap (make one of those that meet)"],
    ),
    "country": (
        [("holidays: PL", "holidays: XX")],
        ['14:53: no public holidays are known for "XX"'],
    ),
    "country long": (
        [("holidays: PL", "holidays: Poland")],
        ['14:53: holidays: a country is two capital letters, like "PL"'],
    ),
    "zone": (
        [("Europe/Warsaw", "Europe/Warszawa")],
        ['3:11: there is no time zone "Europe/Warszawa" (Europe/Warsaw, for example)'],
    ),
    "zone path": (
        [("Europe/Warsaw", "../Europe/Warsaw")],
        ['3:11: there is no time zone "../Europe/Warsaw" (Europe/Warsaw, for example)'],
    ),
    "agents empty": (
        [('["11", "12"]', "[]")],
        ["16:34: agents: must not be empty"],
    ),
    "agent ext": (
        [('"11"', '"1a"')],
        ["16:35: agents: a consultant's extension is 2-10 digits in quotes"],
    ),
    "digits": (
        [("    otherwise: main", "    otherwise: main\n    identifier_digits: [12, 6]")],
        ["49:24: identifier_digits: the fewest digits come first, then the most"],
    ),
    "too few digits": (
        [("    otherwise: main", "    otherwise: main\n    identifier_digits: [5, 12]")],
        ["49:25: identifier_digits: PUE identifiers have 6 to 12 digits (the fewest and the most, such as [6, 12])"],
    ),
    "too many digits": (
        [("    otherwise: main", "    otherwise: main\n    identifier_digits: [6, 13]")],
        ["49:28: identifier_digits: PUE identifiers have 6 to 12 digits (the fewest and the most, such as [6, 12])"],
    ),
    "agent twice": (
        [('agents: ["11", "12"]', 'agents: ["11", "12", "11"]')],
        ['16:47: the extension "11" stands here a second time (delete it)'],
    ),
    "overflow to nowhere": (
        [('agents: ["11", "12"]', 'agents: ["11", "12"], overflow: {to: hepl, after: 60}')],
        ['16:63: there is no queue "hepl" (did you mean "help"?)'],
    ),
    "overflow to itself": (
        [('agents: ["11", "12"]', 'agents: ["11", "12"], overflow: {to: help, after: 60}')],
        ['16:63: "help" overflows to itself (name another queue)'],
    ),
    "overflows in a circle": (
        [
            ('agents: ["11", "12"]', 'agents: ["11", "12"], overflow: {to: second, after: 60}'),
            (
                "topics:\n",
                "  second: {hours: daytime, label: {pl: I, en: O}, overflow: {to: third, after: 60}}\n"
                "  third: {hours: daytime, label: {pl: I, en: O}, overflow: {to: second, after: 60}}\ntopics:\n",
            ),
        ],
        ["17:66: these queues overflow in a circle: second -> third -> second (delete one of them)"],
    ),
    "overflow at once": (
        [('agents: ["11", "12"]', 'agents: ["11", "12"], overflow: {to: help, after: 0}')],
        ["16:76: after: should be greater than or equal to 1"],
    ),
    "overflow misspelt": (
        [('agents: ["11", "12"]', 'agents: ["11", "12"], overflow: {to: help, affter: 9}')],
        [
            '16:63: "help" overflows to itself (name another queue)',
            '16:69: unknown field "affter" (did you mean "after"?)',
        ],
    ),
    "weight": (
        [('agents: ["11", "12"]', 'agents: ["11", "12"], weight: "5", wrap_up: -1')],
        ["16:56: weight: a whole number expected", "16:70: wrap_up: should be greater than or equal to 0"],
    ),
    "code without a prompt": (
        [("hours:\n  daytime", CODES.format("redy") + "hours:\n  daytime")],
        ['13:83: there is no prompt "redy"'],
    ),
    "code that is not there": (
        [("hours:\n  daytime", CODES.format("sorry").replace(" unknown: sorry,", "") + "hours:\n  daytime")],
        ['13:1: the field "unknown" is missing (add "unknown:" here)'],
    ),
    "digits3": (
        [("    otherwise: main", "    otherwise: main\n    identifier_digits: [6]")],
        ["49:5: identifier_digits: too few values"],
    ),
    "wording": (
        [('wording: "1"', 'wording: "one two"')],
        ["11:39: wording: a wording's version is 1-20 letters, digits, dots and hyphens"],
    ),
    "consent": (
        [("consent: notice", "consent: never")],
        ["11:22: consent: should be 'notice' or 'ask'"],
    ),
}

YAML: dict[str, Case] = {
    "dup key": (
        [('      "3": {label', '      "2": {label: {pl: Znów, en: Again}, to: repeat}\n      "3": {label')],
        ['26:7: "2" stands here a second time (keep one of them)'],
    ),
    "dup field": (
        [("  timeout: 5\n", "  timeout: 5\n  timeout: 6\n")],
        ['7:3: "timeout" stands here a second time (keep one of them)'],
    ),
    "dup step": (
        [
            (
                "  news: {type: message, play: [news], then: main}",
                "  news: {type: message, play: [news], then: main}\n  news: {type: message, play: [news], then: main}",
            )
        ],
        ['31:3: "news" stands here a second time (keep one of them)'],
    ),
    "anchor": (
        [("to: news", "to: &a news")],
        ["24:51: anchors and aliases are not used in menu files (write it out)"],
    ),
    "alias": (
        [("to: news", "to: *a")],
        ["24:51: not YAML: found undefined alias 'a' (a key or text that begins with * or & must be in quotes: \"*\")"],
    ),
    "star unquoted": (
        [('      "*": {label', "      *: {label")],
        ["30:3: not YAML: could not find expected ':'" + LOOK],
    ),
    "tag": (
        [("to: news", "to: !step news")],
        ["24:51: tags like !step are not used in menu files (delete it)"],
    ),
    "tab": (
        [("  tries: 3", "	tries: 3")],
        ["7:1: not YAML: found character '\\t' that cannot start any token (indent with spaces)"],
    ),
    "unclosed": (
        [("languages: [pl, en]", "languages: [pl, en")],
        ["3:9: not YAML: expected ',' or ']', but got ':'" + LOOK],
    ),
    "indent": (
        [("  tries: 3", "   tries: 3")],
        ["7:9: not YAML: mapping values are not allowed here" + LOOK],
    ),
    "no colon": (
        [("start: main", "start main")],
        ["5:1: not YAML: could not find expected ':'" + LOOK],
    ),
    "control": (
        [("to: news", "to: news")],
        ["24:53: a control character, U+0007 (delete it)"],
    ),
}

CASES = [
    pytest.param(*case, id=name)
    for group in (
        WAYS,
        OWN_WAYS,
        CALLBACKS,
        DELAYS,
        PAYERS,
        SURVEYS,
        NAMES,
        LANGUAGES,
        SPOKEN_HOURS,
        WHISPERS,
        LEVELS,
        SHAPE,
        YAML,
    )
    for name, case in group.items()
]


@pytest.mark.parametrize(("edits", "expected"), CASES)
def test_a_fault_is_told_with_its_place_and_a_hint(edits: Edits, expected: list[str]) -> None:
    """A file with one fault is refused, and what is said names the place, the fault and what to do."""
    assert [f"menus.yaml:{line}" for line in expected] == faults_of(edited(SMALL, *edits))


def test_a_survey_is_a_service_among_the_opening_hours() -> None:
    """Its draw is answered between two waits as they are, and counts as one of them."""
    survey = ("then: gate-3}", "then: survey}")
    leads_on = ("then: sorry\n  sorry", "then: gate-3\n  sorry")
    told = faults_of(edited(SMALL, *gates(MOST_SERVICE_ANSWERS - 1), *SURVEY[1:], survey, leads_on))
    message = "20 opening hours are checked one after another without a wait"
    assert [True] == [message in line for line in told]


def test_a_login_that_asks_whom_a_call_is_about_counts_with_the_opening_hours_behind_it() -> None:
    """Whoever speaks for nobody is asked nothing, and comes to them without a wait."""
    leads_on = ("    then: main\n    otherwise", "    then: gate\n    otherwise")
    for many, told in ((MOST_SERVICE_ANSWERS - 2, 0), (MOST_SERVICE_ANSWERS - 1, 1)):
        assert told == len(faults_of(edited(SMALL, *REPRESENTING, *gates(many), leads_on)))


def test_the_small_file_has_no_fault() -> None:
    """So every fault above is the fault of its edit."""
    assert [] == faults_of(SMALL)


def test_the_shipped_file_has_no_fault(shipped: Loaded) -> None:
    """The service goes out without faults and without warnings."""
    assert () == shipped.warnings


def test_a_misspelt_start_is_one_fault() -> None:
    """The step that it probably means counts as reached, so that the one fault is not drowned."""
    expected = ['menus.yaml:4:8: there is no step "mian" (did you mean "main"?)']
    assert expected == faults_of(edited(SMALL, ("start: main", "start: mian")))


def test_a_start_that_resembles_no_step_leaves_every_step_unreachable() -> None:
    """Then nothing can be known of the ways, and each step is told."""
    told = faults_of(edited(SMALL, ("start: main", "start: qqq")))
    assert 'menus.yaml:4:8: there is no step "qqq"' == told[0]
    assert 8 == len([line for line in told if "no way leads to the step" in line])


def test_a_language_without_words_for_keys_misses_each_key_in_use() -> None:
    """Each key that a menu offers needs a word in each language."""
    missing = edited(SMALL, ('    en: {"1": one, "2": two, "3": three, "4": four, "5": five, "*": star}\n', ""))
    expected = [f'menus.yaml:54:3: no en word for the key "{key}" (add "{key}": word)' for key in "*12345"]
    assert expected == faults_of(missing)


def test_keys_out_of_order_are_a_warning() -> None:
    """Callers expect keys to ascend; the file can be used all the same."""
    nine_first = [('"1": {label', '"9": {label'), ('"1": jeden', '"9": dziewięć'), ('"1": one', '"9": nine')]
    text = edited(SMALL, *nine_first)
    assert ['menus.yaml:23:5: warning: the keys of "main" are out of order (say 2 3 4 5 9 *)'] == faults_of(text)
    assert "main" == load_text(text).flow.start


def test_more_than_nine_options_are_a_warning() -> None:
    """Nobody remembers ten choices."""
    options = "".join(f'      "{key}": {{label: {{pl: O, en: O}}, to: news}}\n' for key in "67890")
    words = ", ".join(f'"{key}": k{key}' for key in "67890")
    text = edited(
        SMALL,
        ('      "*": {label', options + '      "*": {label'),
        ('"5": pięć', f'"5": pięć, {words}'),
        ('"5": five', f'"5": five, {words}'),
    )
    assert ['menus.yaml:23:5: warning: "main" has more than 9 options (split it)'] == faults_of(text)


def test_all_faults_are_told_at_once() -> None:
    """Faults of every kind in one file: each is found in the same run, in the file's order."""
    text = edited(
        SMALL,
        ("timeout: 5", "timeout: 500"),
        ('"11", "12"', '11, "12"'),
        ("to: news", "to: nwes"),
        ("language: en", "langauge: en"),
        ("  goodbye: {type: end", "  island: {type: message, play: [news], then: main}\n  goodbye: {type: end"),
        ('"4": cztery, ', ""),
        ("  news: {pl: Nowina., en: News.}", "  news: {pl: Nowina., de: Neues.}"),
        ("  pin: {pl", "  pin: {pl: Raz, en: Once}\n  pin: {pl"),
    )
    expected = [
        "6:12: timeout: should be less than or equal to 60",
        "16:35: agents: a number where text is expected (put digits in quotes)",
        '24:51: there is no step "nwes" (did you mean "news"?)',
        '28:47: unknown field "langauge" (did you mean "language"?)',
        '51:3: no way leads to the step "island" (lead one here or delete it)',
        '56:5: no pl word for the key "4" (add "4": word)',
        '67:3: news: the en text is missing (add "en:" here)',
        '67:23: "de" is not among the languages (add it to languages: too)',
        '74:3: "pin" stands here a second time (keep one of them)',
    ]
    assert [f"menus.yaml:{line}" for line in expected] == faults_of(text)


def test_an_entry_that_cannot_be_read_hides_no_fault_of_another() -> None:
    """A step without its type, an empty prompt and hours that make no sense leave the other faults visible."""
    text = edited(
        SMALL,
        ("07:00-18:00", "7-18"),
        ("  news: {type: message, ", "  news: {"),
        ("then: goodbye", "then: godbye"),
        ("en: Pity.", "en: ''"),
        ("  farewell: {pl: Pa., en: Bye.}", "  farewell: {pl: Pa.}"),
    )
    expected = [
        '14:26: mon: opening hours look like "07:00-18:00"',
        f'30:9: the step "news" has no type (add type: {TYPES})',
        '50:47: there is no step "godbye" (did you mean "goodbye"?)',
        "75:31: en: a text must not be empty",
        '77:3: farewell: the en text is missing (add "en:" here)',
    ]
    assert [f"menus.yaml:{line}" for line in expected] == faults_of(text)


WHOLE_FILES = {
    "empty": ("", "1:1: the file is empty"),
    "only a comment": ("# menus\n", "1:1: the file is empty"),
    "null": ("~\n", "1:1: the file is empty"),
    "a list": ("- main\n", "1:1: the file: fields expected, indented below it"),
    "a word": ("main\n", "1:1: the file: fields expected, indented below it"),
    "not UTF-8": (SMALL.encode().replace("ż".encode(), b"\xbf"), "27:27: not UTF-8 text (save the file as UTF-8)"),
    "UTF-16": (SMALL.encode("utf-16"), "1:1: not UTF-8 text (save the file as UTF-8)"),
    "too large": (SMALL + "#" * MAX_BYTES, f"1:1: the file is larger than {MAX_BYTES} bytes"),
    "deep lists": ("a: " + "[" * 100_000, "1:23: nested too deeply"),
    "deep mappings": ("".join(" " * depth + "a:\n" for depth in range(1000)), "20:20: nested too deeply"),
    "two documents": (
        SMALL + "---\nformat: 1\n",
        "78:1: not YAML: expected a single document in the stream, but found another document" + LOOK,
    ),
    "NUL": (SMALL + "\0", "78:1: a control character, U+0000 (delete it)"),
    "no such character": (
        edited(SMALL, ("en: News.", r'en: "\UFFFFFFFF"')),
        r"66:28: \UFFFFFFFF stands for no character (delete it)",
    ),
    "half a character": (
        edited(SMALL, ("en: News.", r'en: "\ud800"')),
        "66:27: half a character (write the character itself)",
    ),
    "a list that holds itself": (
        edited(SMALL, ("play: [welcome]", "play: &a [welcome, *a]")),
        "22:11: anchors and aliases are not used in menu files (write it out)",
    ),
}


@pytest.mark.parametrize(("file", "expected"), [pytest.param(*case, id=name) for name, case in WHOLE_FILES.items()])
def test_a_file_that_is_no_menu_file_at_all_is_refused(file: str | bytes, expected: str) -> None:
    """What cannot be read ends in one clear line, never in an exception of another kind."""
    assert [f"menus.yaml:{expected}"] == [line for line in faults_of(file) if "list expected" not in line]


def test_aliases_that_multiply_are_never_built() -> None:
    """Ten lists, each ten times the one before, would fill the memory; they are refused where they stand."""
    lists = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lists += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    told = faults_of("\n".join(lists))
    assert [
        f"menus.yaml:{line}:5: anchors and aliases are not used in menu files (write it out)" for line in range(1, 11)
    ] == [line for line in told if "anchors" in line]


def test_thousands_of_messages_in_a_row_are_no_fault() -> None:
    """The checks do not run out of stack on a long way, nor on a long circle."""
    links = 1500
    chain = [f"  m{n}: {{type: message, play: [news], then: m{n + 1}}}\n" for n in range(links)]
    text = edited(SMALL, (NEWS, NEWS.replace("main", "m0") + "".join(chain)))
    assert [] == faults_of(edited(text, (f"then: m{links}}}", "then: main}")))
    circles = faults_of(edited(text, (f"then: m{links}}}", "then: m0}")))
    steps = [*(f"m{n}" for n in range(5)), "...", *(f"m{links - n}" for n in range(5, 0, -1)), "m0"]
    expected = f"menus.yaml:31:43: these steps lead in a circle without a wait: {' -> '.join(steps)}"
    assert [expected] == [line for line in circles if "in a circle" in line]


def test_a_misspelt_section_hides_nothing() -> None:
    """Its entries are read all the same, and their faults are told."""
    expected = [
        'menus.yaml:19:1: unknown field "stesp" (did you mean "steps"?)',
        'menus.yaml:24:51: there is no step "nwes" (did you mean "news"?)',
    ]
    assert expected == faults_of(edited(SMALL, ("\nsteps:\n", "\nstesp:\n"), ("to: news", "to: nwes")))


def test_quoted_control_characters_stay_on_one_line() -> None:
    """A line break in a name does not break the list of faults into lines of its own."""
    text = edited(SMALL, ("then: goodbye", r'then: "good\nbye\e"'))
    assert [r'menus.yaml:50:47: there is no step "good\nbye\x1b" (did you mean "goodbye"?)'] == faults_of(text)


def test_a_table_with_a_fault_names_the_table_and_its_line() -> None:
    """The place is where the menu file names the table; the message has the table's own line."""
    table = (
        "postal_from,postal_to,name,street,postal_code,city\n00-000,01-999,A,B,00-001,C\n01-000,02-999,A,B,00-001,C\n"
    )
    expected = "menus.yaml:34:11: offices.csv, line 3: the range from 01000 overlaps another one that ends at 01999"
    assert [expected] == faults_of(SMALL, {"offices.csv": table.encode()})


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm() -> None:
    """Editors of other systems write them."""
    assert [] == faults_of(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())


def test_a_missing_file_is_told() -> None:
    """The path and the reason."""
    with pytest.raises(MenuError, match=r"^nowhere/menus\.yaml: cannot be read: No such file or directory$"):
        load_menus(SHIPPED.parent.relative_to(SHIPPED.parent) / "nowhere" / "menus.yaml")


def test_as_many_opening_hours_as_may_follow_one_another_are_answered() -> None:
    """One fewer than the runner's bound: the file is used, and a closed service leads to its ending."""
    caller = Caller(load_text(edited(SMALL, *gates(MOST_SERVICE_ANSWERS - 1))).flow, is_open=False).keys("2")
    assert MOST_SERVICE_ANSWERS - 1 == len(caller.said)
    assert Ended("goodbye", "completed") == caller.position


def test_pins_have_as_many_digits_as_the_settings_say() -> None:
    """A login that asks for another number is refused; where nobody knows how many there are, any is right."""
    assert load_menus(SHIPPED).flow == load_menus(SHIPPED, 6).flow
    with pytest.raises(MenuError) as refused:
        load_menus(SHIPPED, 8)
    faults = [fault for fault in refused.value.faults if fault.severity == "error"]
    text = SHIPPED.read_text("utf-8").splitlines()
    asking = [(number, 17) for number, line in enumerate(text, start=1) if line == "    pin_digits: 6"]
    assert asking == [(fault.line, fault.column) for fault in faults]
    assert {"a PIN of 6 digits, but the settings say authentication: pin_digits: 8"} == {one.message for one in faults}
