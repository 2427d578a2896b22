"""menus.yaml -> Flow, or every fault in it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import time
from pathlib import Path, PurePosixPath

from ivr import definition
from ivr.events import CALLBACK_REQUESTED, LEFT_BY_KEY, WEAKNESSES
from ivr.menus import schema
from ivr.menus.assistants import assistant_of, prompts_of_assistants
from ivr.menus.checks import check
from ivr.menus.delays import prompts_of_delays, telling_delays
from ivr.menus.document import Document, read_bytes, read_document
from ivr.menus.faults import Fault, MenuError, UnreadableMenus
from ivr.menus.keypads import past_logins, without_offers
from ivr.menus.mending import Reading, read_file
from ivr.menus.payers import payers_of, prompts_of_payers
from ivr.menus.phrases import Phrases
from ivr.menus.pin_lengths import faults_of_pins
from ivr.menus.sayings import meant_names, prompts_of_sayings, speech_of
from ivr.menus.spoken_digits import prompts_of_digits
from ivr.menus.spoken_hours import missing, spoken
from ivr.menus.spoken_waits import spoken_waits
from ivr.menus.whispers import captions, plain, whispers
from ivr.menus.wording import options_text
from ivr.prompts import Prompt
from routing.hours import MIDNIGHT_AT_THE_END, WEEKDAYS, Hours, Span
from routing.offices import Offices, OfficeTableError, read_offices
from routing.queues import Overflow, Queue

# What a consultant hears before a callback.
WHISPERED = "whisper-callback"

ReadTable = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Source:
    """A menu file and the tables that it names, as they were when they were read; `path` is for messages."""

    path: str
    raw: bytes
    tables: Mapping[str, bytes]

    @property
    def version(self) -> str:
        """The hash that names this content."""
        digest = hashlib.sha256(self.raw)
        for name, table in sorted(self.tables.items()):
            digest.update(b"\x00" + name.encode() + b"\x00" + hashlib.sha256(table).digest())
        return digest.hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Loaded:
    """A usable menu file: the flow, what it was made from, and warnings."""

    flow: definition.Flow
    source: Source
    warnings: tuple[Fault, ...]


def load_menus(path: Path, pin_digits: int | None = None) -> Loaded:
    """Load a menu file, whose logins ask for so many digits of a PIN where that is known.

    Raises MenuError with every fault in it, or UnreadableMenus.
    """
    try:
        raw = read_bytes(path)
    except OSError as error:
        raise UnreadableMenus(str(path), (Fault(1, 1, f"cannot be read: {error.strerror}"),)) from error
    return load(str(path), raw, lambda name: (path.parent / name).read_bytes(), pin_digits)


def reload(source: Source) -> definition.Flow:
    """The flow of a source that was loaded before."""
    return load(source.path, source.raw, source.tables.__getitem__).flow


def load(path: str, raw: bytes, read_table: ReadTable, pin_digits: int | None = None) -> Loaded:
    """Load a menu file's bytes; `read_table` gets the tables that it names. Raises MenuError."""
    document = read_document(raw)
    reading = Reading(None, (), False) if document.data is None else read_file(document)
    faults = {*document.faults, *reading.faults}
    tables: dict[str, bytes] = {}
    offices: dict[str, Offices] = {}
    file = reading.file
    if file is not None:
        further = check(file, document, complete=reading.complete)
        further += _read_tables(file, document, read_table, tables, offices)
        further += [] if pin_digits is None else faults_of_pins(file, document, pin_digits)
        told = {(fault.line, fault.column) for fault in faults}
        faults |= {fault for fault in further if (fault.line, fault.column) not in told}
    found = tuple(sorted(faults))
    if file is None or any(fault.severity == "error" for fault in found):
        raise MenuError(path, found)
    source = Source(path, raw, tables)
    flow = _flow(file, source.version, offices)
    without_login = past_logins(_flow(without_offers(file), source.version, offices))
    return Loaded(replace(flow, without_login=without_login), source, found)


def _read_tables(
    file: schema.MenuFile,
    document: Document,
    read_table: ReadTable,
    tables: dict[str, bytes],
    offices: dict[str, Offices],
) -> list[Fault]:
    faults = []
    for name, step in file.steps.items():
        if not isinstance(step, schema.Offices):
            continue
        mark = document.value_mark(("steps", name, "file"))
        try:
            tables[step.file] = read_table(_beside(step.file))
            offices[name] = read_offices(tables[step.file])
        except OfficeTableError as error:
            faults.append(Fault(*mark, f"{step.file}, line {error.line}: {error}"))
        except (OSError, ValueError) as error:
            faults.append(Fault(*mark, f"{step.file}: {getattr(error, 'strerror', None) or error}"))
    return faults


def _beside(name: str) -> str:
    """A table lies beside the menu file or below: a supervisor's text must not read the machine's other files."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\x00" in name or not path.parts:
        raise ValueError("the file must lie beside the menu file")
    return name


def _flow(file: schema.MenuFile, version: str, offices: Mapping[str, Offices]) -> definition.Flow:
    return definition.Flow(
        version=version,
        languages=tuple(file.languages),
        start=file.start,
        steps={name: _step(file, name, step) for name, step in file.steps.items()},
        prompts=_prompts(file),
        gathering=definition.Gathering(**file.gathering.model_dump()),
        recording=definition.Recording(
            ask=file.recording.consent == "ask",
            wording=file.recording.wording,
            notice=file.recording.notice,
            staying=file.recording.staying,
            question=file.recording.ask,
            refused=file.recording.refused,
        ),
        queueing=_queueing(file),
        hours={name: _hours(file, hours) for name, hours in file.hours.items()},
        queues={name: _queue(name, queue) for name, queue in file.queues.items()},
        topics={name: topic.queue for name, topic in file.topics.items()},
        offices=offices,
        whispers=whispers(file),
        captions=captions(file),
        callbacks=_callbacks(file),
        callers={name: topic.callers or name for name, topic in file.topics.items()},
        messages={(name, lang): text for name, texts in file.messages.items() for lang, text in texts.items()},
        speech=speech_of(file),
        codes=None if file.codes is None else definition.Codes(**file.codes.model_dump()),
    )


def _callbacks(file: schema.MenuFile) -> definition.Callbacks | None:
    found = file.callbacks
    if found is None:
        return None
    whisper = Prompt(WHISPERED, file.languages[0], f"{found.short}.")
    told = (found.unreached, found.closed or found.unreached)
    return definition.Callbacks(found.after, found.greeting, found.unmet, *told, whisper, plain(found.short))


def _queueing(file: schema.MenuFile) -> definition.Queueing:
    queueing, callbacks = file.queueing, file.callbacks
    ways = {outcome: way for outcome in schema.OUTCOMES if (way := getattr(queueing, outcome)) is not None}
    if queueing.leaving is not None:
        ways[LEFT_BY_KEY] = queueing.leaving.to
    if callbacks is not None:
        ways[CALLBACK_REQUESTED] = callbacks.to
    return definition.Queueing(
        queueing.connecting,
        queueing.answered,
        queueing.unanswered,
        ways,
        queueing.leaving.key if queueing.leaving else None,
        callbacks.key if callbacks else None,
        {name: queue.ways.model_dump(exclude_none=True) for name, queue in file.queues.items()},
    )


def _queue(name: str, queue: schema.Queue) -> Queue:
    overflow = None if queue.overflow is None else Overflow(queue.overflow.to, queue.overflow.after)
    requires = queue.requires or definition.NONE
    return Queue(name, queue.hours, tuple(queue.agents), queue.weight, queue.wrap_up, overflow, requires)


def _step(file: schema.MenuFile, name: str, step: schema.Step) -> definition.Step:
    match step:
        case schema.Menu():
            return _menu(file, name, step)
        case schema.Message():
            return definition.Message(name, tuple(step.play), step.then, step.requires or definition.NONE)
        case schema.Opening():
            return definition.Opening(name, step.hours, step.open, step.closed)
        case schema.Authentication():
            return _authentication(name, step)
        case schema.PinChange():
            refusals = {reason: getattr(step, reason) for reason in WEAKNESSES}
            fields = step.model_dump(exclude={"type", *WEAKNESSES})
            return definition.PinChange(name, **fields, refusals=refusals)
        case schema.Offices():
            options = {key: option.to for key, option in step.options.items()}
            return definition.Offices(name, **step.model_dump(exclude={"type", "file", "options"}), options=options)
        case schema.Transfer():
            return definition.Transfer(name, step.topic, file.topics[step.topic].queue)
        case schema.Resume() | schema.Callback() | schema.Promised():
            return _around_waiting(name, step)
        case schema.Cancellation():
            return definition.Cancellation(name, tuple(step.play), step.then)
        case schema.Survey():
            return definition.Survey(name, **step.model_dump(exclude={"type", "questions"}), questions=_questions(step))
        case schema.Assistant():
            return assistant_of(file, name, step, meant_names(file))
        case schema.End():
            return definition.End(name, tuple(step.play), step.cause)


def _around_waiting(name: str, step: schema.Resume | schema.Callback | schema.Promised) -> definition.Step:
    match step:
        case schema.Resume():
            return definition.Resume(name, step.otherwise)
        case schema.Callback():
            return definition.Callback(name, **step.model_dump(exclude={"type"}))
        case schema.Promised():
            return definition.Promised(name, step.promised, step.otherwise)


def _questions(survey: schema.Survey) -> tuple[definition.Question, ...]:
    return tuple(
        definition.Question(one.name, one.ask, tuple(one.keys), tuple(one.satisfied)) for one in survey.questions
    )


def _authentication(name: str, step: schema.Authentication) -> definition.Authentication:
    fields = step.model_dump(exclude={"type", "cancelled", "payers"})
    cancelled = step.cancelled or step.failure
    return definition.Authentication(name, **fields, cancelled=cancelled, payers=payers_of(name, step.payers))


def _menu(file: schema.MenuFile, name: str, menu: schema.Menu) -> definition.Menu:
    """A menu's options are one prompt that bears the menu's name, so that they are heard as they are declared.

    Those that switch to a language are prompts of their own: each is heard in that language.
    """
    return definition.Menu(
        name=name,
        play=tuple(menu.play),
        again=tuple(menu.play if menu.again is None else menu.again),
        offers=tuple(_offers(file.phrases, name, menu)),
        options={
            key: definition.Option(option.to, option.language, meant_names(file).get((name, key)))
            for key, option in menu.options.items()
        },
        no_input=menu.no_input or file.gathering.no_input,
        no_match=menu.no_match or file.gathering.no_match,
        exhausted=menu.exhausted or file.gathering.exhausted,
        requires=menu.requires or definition.NONE,
    )


def _prompts(file: schema.MenuFile) -> dict[tuple[str, str], Prompt]:
    addresses = {step.address for step in file.steps.values() if isinstance(step, schema.Offices)}
    composed = {prompt for _, prompt in telling_delays(file)}
    prompts = {
        (name, lang): Prompt(name, lang, text if name in addresses else text.format_map(_hours_in_words(file, lang)))
        for name, texts in file.prompts.items()
        for lang, text in texts.items()
        if name not in composed
    }
    for name, step in file.steps.items():
        if isinstance(step, schema.Menu | schema.Offices) and step.options:
            plain = {key: option for key, option in step.options.items() if schema.language_of(option) is None}
            for lang in file.languages:
                prompts[name, lang] = Prompt(name, lang, _options_text(file.phrases, plain, lang))
        if isinstance(step, schema.Menu):
            prompts |= {(offer.name, offer.lang): offer for offer in _offers(file.phrases, name, step)}
    digits = (prompt for lang in file.languages for prompt in prompts_of_digits(file, lang))
    others = (
        *_for_waiting(file),
        *digits,
        *prompts_of_payers(file),
        *prompts_of_delays(file),
        *prompts_of_sayings(file),
        *prompts_of_assistants(file),
    )
    prompts |= {(prompt.name, prompt.lang): prompt for prompt in others}
    return prompts


def _for_waiting(file: schema.MenuFile) -> Iterator[Prompt]:
    """What waiting callers are told: the key that leaves the queue, their place in it, and the wait."""
    leaving = file.queueing.leaving
    for lang in file.languages:
        if leaving is not None:
            yield Prompt(definition.LEAVING, lang, _options_text(file.phrases, {leaving.key: leaving}, lang))
        if file.callbacks is not None:
            offer = {file.callbacks.key: file.callbacks}
            yield Prompt(definition.OFFERING, lang, _options_text(file.phrases, offer, lang))
        if lang in file.phrases.waiting:
            for name, text in spoken_waits(file.phrases.waiting[lang]):
                yield Prompt(name, lang, text)


def _hours_in_words(file: schema.MenuFile, lang: str) -> dict[str, str]:
    """The opening hours by name, as prompts tell them in a language; what no prompt tells may have no words."""
    phrases = file.phrases.hours.get(lang)
    if phrases is None:
        return {}
    told = {name: hours for name, hours in file.hours.items() if not any(missing(hours, phrases))}
    return {name: spoken(hours, phrases) for name, hours in told.items()}


def _offers(phrases: Phrases, name: str, menu: schema.Menu) -> Iterator[Prompt]:
    """What a menu says of each language that it switches to, in that language, in the order of its keys."""
    for lang in dict.fromkeys(option.language for option in menu.options.values()):
        if lang is not None:
            keys = {key: option for key, option in menu.options.items() if option.language == lang}
            yield Prompt(schema.offer_name(name, lang), lang, _options_text(phrases, keys, lang))


def _options_text(phrases: Phrases, options: Mapping[str, schema.Choice], lang: str) -> str:
    return options_text(phrases, {key: option.label for key, option in options.items()}, lang)


def _hours(file: schema.MenuFile, hours: schema.Hours) -> Hours:
    spans = {WEEKDAYS.index(day): tuple(_span(text) for text in sorted(texts)) for day, texts in hours.open.items()}
    return Hours(file.timezone, spans, hours.holidays)


def _span(text: str) -> Span:
    start, end = text.split("-")
    return Span(time.fromisoformat(start), MIDNIGHT_AT_THE_END if end == "24:00" else time.fromisoformat(end))
