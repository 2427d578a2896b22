"""What must hold across a menu file before callers hear it: every name exists, every way ends well."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from difflib import get_close_matches
from itertools import chain
from string import Formatter

from ivr.definition import BACK, REPEAT
from ivr.menus import schema
from ivr.menus.assistants import faults_of_assistants, keys_of_assistants, labels_of_assistants
from ivr.menus.callbacks import choices_in_queues, faults_of_callbacks
from ivr.menus.delays import WAIT, faults_of_delays, heard_elsewhere, telling_delays
from ivr.menus.document import Document, Path
from ivr.menus.faults import Fault
from ivr.menus.groups import faults_of_groups
from ivr.menus.key_order import keys_in_order
from ivr.menus.levels import faults_of_levels
from ivr.menus.messages import faults_of_messages
from ivr.menus.offered_languages import languages_are_offered
from ivr.menus.opening_hours import hours_make_sense
from ivr.menus.payers import KEYS as KEYS_FOR_PAYERS
from ivr.menus.payers import asking_whom, faults_of_payers, labels_of_payers, prompts_named_by_payers
from ivr.menus.reporter import Reporter
from ivr.menus.sayings import faults_of_sayings
from ivr.menus.spoken_digits import digits_said, faults_of_digits
from ivr.menus.spoken_hours import wordless
from ivr.menus.spoken_waits import FIELDS, incomplete
from ivr.menus.surveys import asking, faults_of_surveys
from ivr.menus.ways import Edge, circles, closure, edges, hours_in_a_row, ways_of
from ivr.menus.whispers import WHISPER_FIELDS, understated, unspoken
from ivr.waits import MOST_SERVICE_ANSWERS

OFFICE_FIELDS = frozenset({"name", "street", "postal_code", "city"})
MOST_TOLD = 10


def check(file: schema.MenuFile, document: Document, *, complete: bool = True) -> list[Fault]:
    """Every fault and warning in a file of the right shape.

    Where entries of the file are blanks, it is not complete: what nothing leads to cannot be told then.
    """
    report = Reporter(document)
    for one_check in CHECKS:
        if complete or one_check not in CHECKS_OF_THE_WHOLE:
            one_check(file, report)
    return report.faults


# Names


def _targets_exist(file: schema.MenuFile, report: Reporter) -> None:
    ways = {(file.start, ("start",)), *((edge.target, edge.path) for edge in edges(file))}
    # Those of queues that no step leads to, too.
    ways.update(*(ways_of(file, queue).values() for queue in (None, *file.queues)))
    for target, path in sorted(ways, key=str):
        if target not in file.steps:
            hint = "only the options of menus and offices lead back or repeat" if target in (REPEAT, BACK) else ""
            report.error(path, f'there is no step "{target}"', hint or _nearest(target, file.steps))


def _names_exist(file: schema.MenuFile, report: Reporter) -> None:
    for path, name in _prompt_references(file):
        if name not in file.prompts:
            report.error(path, f'there is no prompt "{name}"', _nearest(name, file.prompts))
    for told in heard_elsewhere(file, _prompt_references(file)):
        report.error(*told)
    for path, name in _references(file):
        kind = _kind(path)
        known: Collection[str] = getattr(file, kind)
        if name not in known:
            missing = "are no hours" if kind == "hours" else f"is no {kind.removesuffix('s')}"
            report.error(path, f'there {missing} "{name}"', _nearest(name, known))


def _kind(path: Path) -> str:
    return {"topic": "topics", "queue": "queues", "to": "queues", "hours": "hours"}[str(path[-1])]


def _references(file: schema.MenuFile) -> Iterator[tuple[Path, str]]:
    for name, queue in file.queues.items():
        yield ("queues", name, "hours"), queue.hours
        if queue.overflow is not None:
            yield ("queues", name, "overflow", "to"), queue.overflow.to
    for name, topic in file.topics.items():
        yield ("topics", name, "queue"), topic.queue
    for name, step in file.steps.items():
        match step:
            case schema.Transfer():
                yield ("steps", name, "topic"), step.topic
            case schema.Opening():
                yield ("steps", name, "hours"), step.hours
            case _:
                pass


PROMPT_FIELDS = {
    schema.Authentication: ("identifier", "pin", "wrong", "success", "failure", "cancelled", "delayed"),
    schema.PinChange: (
        *("old", "wrong", "new", "length", "repeated", "run", "date", "confirm", "differs", "changed", "failure"),
        "delayed",
    ),
    schema.Offices: ("postal_code", "found", "address", "not_found"),
    schema.Callback: ("own", "keyed", "choice", "ask", "refused", "promised"),
    schema.Menu: ("no_input", "no_match"),
    schema.Survey: ("offer", "thanks"),
    schema.Assistant: ("notice", "consent", "ask", "ask_again", "no_input"),
}


def _prompt_references(file: schema.MenuFile) -> Iterator[tuple[Path, str]]:
    for section, fields in (
        ("gathering", ("no_input", "no_match")),
        ("recording", ("notice", "staying", "ask", "refused")),
        ("queueing", ("connecting",)),
        ("callbacks", ("greeting", "unreached", "closed")),
        ("speech", ("unheard", "by_key")),
    ):
        if (found := getattr(file, section)) is not None:
            named = ((field, getattr(found, field)) for field in fields)
            yield from (((section, field), prompt) for field, prompt in named if prompt is not None)
    if file.codes is not None:
        for field in schema.Codes.model_fields:
            if (prompt := getattr(file.codes, field)) is not None:
                yield ("codes", field), prompt
    for name, step in file.steps.items():
        for field in ("play", "again"):
            for index, prompt in enumerate(getattr(step, field, None) or ()):
                yield ("steps", name, field, index), prompt
        for field in PROMPT_FIELDS.get(type(step), ()):
            if (prompt := getattr(step, field)) is not None:
                yield ("steps", name, field), prompt
    yield from asking(file)
    yield from prompts_named_by_payers(file)


def _reserved_names(file: schema.MenuFile, report: Reporter) -> None:
    for name in (REPEAT, BACK):
        if name in file.steps:
            report.at_key(("steps", name), f'"{name}" means something else', "choose another name for the step")
    for name, step in file.steps.items():
        if getattr(step, "options", None) and name in file.prompts:
            kind = "menu" if isinstance(step, schema.Menu) else "step with options"
            report.at_key(("prompts", name), f'"{name}" is the name of a {kind}', "choose another name for the prompt")


def _nothing_unused(file: schema.MenuFile, report: Reporter) -> None:
    used = {_meant(name, file.prompts) for _, name in _prompt_references(file)}
    for name in file.prompts:
        if name not in used:
            report.warn(("prompts", name), f'the prompt "{name}" is never heard')
    topics = {_meant(step.topic, file.topics) for step in file.steps.values() if isinstance(step, schema.Transfer)}
    for name in file.topics:
        if name not in topics:
            report.warn(("topics", name), f'no step leads to the topic "{name}"')
    queues = {_meant(topic.queue, file.queues) for topic in file.topics.values()}
    queues |= {_meant(queue.overflow.to, file.queues) for queue in file.queues.values() if queue.overflow}
    for name in file.queues:
        if name not in queues:
            report.warn(("queues", name), f'no topic leads to the queue "{name}"')


def _nearest(word: str, known: Collection[str]) -> str:
    close = get_close_matches(word, known, n=1)
    return f'did you mean "{close[0]}"?' if close else ""


def _meant(word: str, known: Collection[str]) -> str:
    """A misspelt name is one fault: what it probably means counts as used."""
    return word if word in known else next(iter(get_close_matches(word, known, n=1)), word)


# Languages and words


def _translations_complete(file: schema.MenuFile, report: Reporter) -> None:
    for path, texts in _translated(file):
        needed = _needed_languages(file, path, texts)
        for lang in needed:
            if lang not in texts:
                report.at_key(path, f"{path[-1]}: the {lang} text is missing", f'add "{lang}:" here')
        for lang in texts:
            if lang not in file.languages:
                report.at_key((*path, lang), f'"{lang}" is not among the languages', "add it to languages: too")
            elif lang not in needed:
                hint = "a language is offered in its own words alone: delete this text"
                report.warn((*path, lang), f"{path[-1]}: the {lang} text is never heard", hint)


def _needed_languages(file: schema.MenuFile, path: Path, texts: Collection[str]) -> Collection[str]:
    """The languages that a text is heard in: all of them; the offer of a language in that one, if there is such."""
    match path:
        case ("steps", str(name), "options", key, "label"):
            step = file.steps[name]
            assert isinstance(step, schema.Menu | schema.Offices)
            lang = schema.language_of(step.options[str(key)])
            return file.languages if lang is None else [lang] if lang in file.languages else texts
        case _:
            return file.languages


def _translated(file: schema.MenuFile) -> Iterator[tuple[Path, dict[str, str]]]:
    for name, texts in file.prompts.items():
        yield ("prompts", name), texts
    for name, texts in file.messages.items():
        yield ("messages", name), texts
    for section in ("queues", "topics"):
        for name, item in getattr(file, section).items():
            yield (section, name, "label"), item.label
    for name, key, option in _options(file):
        yield ("steps", name, "options", key, "label"), option.label
    for at, choice in choices_in_queues(file):
        yield (*at, "label"), choice.label
    yield from labels_of_payers(file)
    yield from labels_of_assistants(file)
    if file.speech is not None:
        yield ("speech", "meant"), file.speech.meant
    yield ("phrases", "option"), file.phrases.option


def _options(file: schema.MenuFile) -> Iterator[tuple[str, str, schema.Choice]]:
    for name, step in file.steps.items():
        if isinstance(step, schema.Menu | schema.Offices):
            for key, option in step.options.items():
                yield name, key, option


def _languages_known(file: schema.MenuFile, report: Reporter) -> None:
    for index, lang in enumerate(file.languages):
        if lang in file.languages[:index]:
            report.error(("languages", index), f'"{lang}" stands here a second time')
    for name, key, option in _options(file):
        target = schema.language_of(option)
        if target not in (None, *file.languages):
            path: Path = ("steps", name, "options", key, "language")
            report.error(path, f'"{target}" is not among the languages')


def _words_for_keys(file: schema.MenuFile, report: Reporter) -> None:
    used = keys_of_assistants(file) | {key for _, key, _ in _options(file)}
    used |= {choice.key for _, choice in choices_in_queues(file)}
    used |= set(digits_said(file)) | {key for _ in asking_whom(file) for key in KEYS_FOR_PAYERS}
    for lang in file.phrases.keys.keys() - set(file.languages):
        report.at_key(("phrases", "keys", lang), f'"{lang}" is not among the languages', "add it to languages: too")
    for lang in file.languages:
        words = file.phrases.keys.get(lang, {})
        for key in sorted(used - words.keys()):
            where: Path = ("phrases", "keys", lang) if lang in file.phrases.keys else ("phrases", "keys")
            report.at_key(where, f'no {lang} word for the key "{key}"', f'add "{key}": word')


def _templates_fill(file: schema.MenuFile, report: Reporter) -> None:
    special = {step.address: OFFICE_FIELDS for step in file.steps.values() if isinstance(step, schema.Offices)}
    special |= {prompt: frozenset({WAIT}) for _, prompt in telling_delays(file)}
    for path, texts in _translated(file):
        allowed = frozenset[str]()
        if path == ("phrases", "option"):
            allowed = frozenset({"label", "key"})
        elif path == ("speech", "meant"):
            allowed = frozenset({"label"})
        elif path[0] == "prompts":
            allowed = special.get(str(path[1]), frozenset(file.hours))
        elif path[-2:] == ("payers", "key"):
            allowed = frozenset({"key"})
        for lang, text in texts.items():
            _template_fills((*path, lang), text, allowed, report)
    for lang, phrases in file.phrases.hours.items():
        _template_fills(("phrases", "hours", lang, "from_day"), phrases.from_day, frozenset({"first", "last"}), report)
        _template_fills(("phrases", "hours", lang, "from_time"), phrases.from_time, frozenset({"start", "end"}), report)
    if file.phrases.whisper is not None:
        _template_fills(("phrases", "whisper", "phrase"), file.phrases.whisper.phrase, WHISPER_FIELDS, report)
    for lang, words in file.phrases.waiting.items():
        for field, fields in FIELDS.items():
            _template_fills(("phrases", "waiting", lang, field), getattr(words, field), fields, report)


def _template_fills(path: Path, text: str, allowed: frozenset[str], report: Reporter) -> None:
    try:
        fields = [(name, spec, how) for _, name, spec, how in Formatter().parse(text) if name is not None]
    except ValueError:
        report.error(path, "a brace stands alone", "write {{ or }} for a brace that is meant")
        return
    for name, spec, how in fields:
        if name not in allowed or spec or how:
            known = ", ".join("{" + field + "}" for field in sorted(allowed))
            report.error(path, f"{{{name}}} cannot be filled in here", f"known here: {known}" if known else "")
    if (path[0] in ("phrases", "speech") or path[-3:-1] == ("payers", "key")) and {
        name for name, _, _ in fields
    } != set(allowed):
        what = "an option's phrase" if path[1] == "option" else "this phrase"
        needed = " and ".join("{" + field + "}" for field in sorted(allowed, reverse=True))
        report.error(path, f"{what} holds {needed}, once each or more")


def _phrases_have_words(file: schema.MenuFile, report: Reporter) -> None:
    for path, message, hint in (*wordless(file), *unspoken(file), *incomplete(file)):
        report.at_key(path, message, hint)
    for path, message, hint in understated(file):
        report.warn(path, message, hint)


# Queues


def _parts_make_sense(file: schema.MenuFile, report: Reporter) -> None:
    parts = (
        *(faults_of_groups, faults_of_surveys, faults_of_callbacks, faults_of_messages, faults_of_sayings),
        *(faults_of_payers, faults_of_digits, faults_of_delays, faults_of_levels, faults_of_assistants),
    )
    for path, message, hint in chain.from_iterable(faults(file) for faults in parts):
        report.error(path, message, hint)


# The ways through the menus


def _every_step_is_reached(file: schema.MenuFile, report: Reporter) -> None:
    start = _meant(file.start, file.steps)
    reached = closure({start}, edges(file), lambda edge: (edge.origin, _meant(edge.target, file.steps)))
    for name in file.steps:
        if name not in reached and name not in (REPEAT, BACK):
            report.at_key(("steps", name), f'no way leads to the step "{name}"', "lead one here or delete it")


def _every_way_can_end(file: schema.MenuFile, report: Reporter) -> None:
    ways = edges(file)
    ends = {name for name, step in file.steps.items() if isinstance(step, schema.Transfer | schema.End)}
    unknown = {edge.target for edge in ways} - file.steps.keys()  # told elsewhere, and meant to lead somewhere
    ending = closure(ends | unknown, ways, lambda edge: (edge.target, edge.origin))
    for name in file.steps:
        if name not in ending:
            report.at_key(("steps", name), f'from "{name}" no way leads to a consultant or an ending')


def _no_circle_without_a_wait(file: schema.MenuFile, report: Reporter) -> None:
    for circle in circles(edges(file), lambda edge: not edge.waits):
        report.error(circle[0].path, f"these steps lead in a circle without a wait: {_told(circle)}")


def _services_answer_in_time(file: schema.MenuFile, report: Reporter) -> None:
    for gates in hours_in_a_row(file):
        if len(gates) >= MOST_SERVICE_ANSWERS:
            message = f"{MOST_SERVICE_ANSWERS} opening hours are checked one after another without a wait"
            hint = "lead one of the closed: before it to a menu or an ending"
            last = gates[MOST_SERVICE_ANSWERS - 1]
            field = "share" if isinstance(file.steps[last], schema.Survey) else "hours"
            report.error(("steps", last, field), message, hint)


def _silence_ends(file: schema.MenuFile, report: Reporter) -> None:
    """A caller who keys nothing (an old telephone, a hand that cannot) must reach a person or an ending too."""
    for circle in circles(edges(file), lambda edge: edge.silent):
        if any(edge.waits for edge in circle):
            message = f"a caller who keys nothing never gets out: {_told(circle)}"
            report.error(circle[0].path, message, "see exhausted:")


def _told(circle: list[Edge]) -> str:
    """The steps of a circle; of a very long one the first and the last."""
    steps = [edge.origin for edge in circle]
    if len(steps) > MOST_TOLD:
        steps[MOST_TOLD // 2 : -MOST_TOLD // 2] = ["..."]
    return " -> ".join([*steps, steps[0]])


CHECKS: tuple[Callable[[schema.MenuFile, Reporter], None], ...] = (
    _targets_exist,
    _names_exist,
    _reserved_names,
    _nothing_unused,
    _translations_complete,
    _languages_known,
    languages_are_offered,
    _words_for_keys,
    _templates_fill,
    hours_make_sense,
    _phrases_have_words,
    _parts_make_sense,
    _every_step_is_reached,
    _every_way_can_end,
    _no_circle_without_a_wait,
    _services_answer_in_time,
    _silence_ends,
    keys_in_order,
)
CHECKS_OF_THE_WHOLE = (_nothing_unused, _templates_fill, _every_step_is_reached)
