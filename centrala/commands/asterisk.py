"""`centrala asterisk`: the configuration of the Asterisk that carries the calls."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import click

import provision
from centrala import context
from centrala.service import make_prompt_store
from centrala.setting_values import parts
from centrala.settings import Settings
from centrala.settings import Sip as SipSettings
from centrala.staff import staff
from ivr import calls, legs
from ivr.audio import AudioError, PromptStore
from ivr.definition import Callbacks, Flow
from ivr.fallback import fallback
from ivr.library import Library, UnknownVersion
from ivr.lookups import login_in_conversation
from ivr.menus.faults import MenuError
from ivr.prompts import Prompt
from ivr.transfers import transfer_keys
from routing.asterisk import rendered
from routing.asterisk.music import write_music, write_silence
from routing.asterisk.plan import Carrier, Codes, Distribution, Fallback, Folders, Manager, Outbound, Plan, Sip
from routing.asterisk.rendering import RELOAD, RenderError, render, write
from routing.callbacks import waiting_callbacks
from routing.queues import Queue
from routing.telephones import extensions
from storage.installation import Installation


@click.group()
def asterisk() -> None:
    """Configure Asterisk."""


TAKEN_BY = "\b\nA running Asterisk takes it by:\n" + "".join(f'  asterisk -rx "{command}"\n' for command in RELOAD)


@asterisk.command("render", epilog=TAKEN_BY)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--menus", "file", type=click.Path(path_type=Path), help="The menu file (default: the settings').")
@click.option("--hours-at", metavar="ISO-TIME", help="Take opening hours as at this time (demonstrations).")
def render_command(folder: Path, file: Path | None, hours_at: str | None) -> None:
    """Write Asterisk's configuration into FOLDER.

    It follows from menus.yaml and the settings. Run it again after queues or consultants changed.
    """
    settings = context.settings()
    flow = context.menus(file or settings.menus).flow
    at = context.moment(hours_at) if hours_at else None
    names = render_configuration(context.installation(), settings, flow, folder.absolute(), at)
    for name in names:
        click.echo(folder / name)


def render_configuration(
    installation: Installation, settings: Settings, flow: Flow, folder: Path, hours_at: datetime | None
) -> tuple[str, ...]:
    """Render and write the configuration; the names of its files. Raises context.Failure."""
    with context.explained(RenderError, OSError, AudioError, provision.ProvisionError):
        plan = make_plan(installation, settings, flow, folder, hours_at)
        write_music(plan.folders.music)
        write_silence(plan.folders.state / "silence")
        for part in ("lib/keys", "spool", "run", "log", "news"):
            (plan.folders.state / part).mkdir(mode=0o700, parents=True, exist_ok=True)
        files = render(plan, context.now().date())
        write(files, folder)
        queues = (queue.name for queue in plan.queues)
        rendered.remember_queues(plan.folders.state, (*queues, *_callbacks_offered(flow)))
    return tuple(files)


def make_plan(
    installation: Installation, settings: Settings, flow: Flow, folder: Path, hours_at: datetime | None
) -> Plan:
    """What the configuration is made from."""
    program = provision.asterisk()
    older = _older_menus(installation)
    home = installation.home
    return Plan(
        folders=Folders(
            configuration=folder,
            modules=program.modules,
            data=program.data,
            state=home.asterisk,
            music=home.asterisk / "music",
            recordings=home.recordings,
            notes=home.spool,
            news=home.asterisk / "news",
        ),
        sip=_sip(settings.sip),
        nodes=tuple(settings.ivr.nodes),
        queues=_queues(flow, older),
        distribution=Distribution(
            ring=settings.queues.ring_seconds,
            wrap_up=settings.queues.wrap_up_seconds,
            longest_wait=settings.queues.longest_wait_seconds,
            news_interval=settings.queues.news_seconds,
            most_waiting=settings.queues.most_waiting,
        ),
        fallback=_fallback(installation, settings, flow, hours_at),
        language=flow.languages[0],
        key=installation.key("sip"),
        manager=_manager(settings),
        transfers=tuple((key, topic, flow.topics[topic]) for key, topic in transfer_keys(flow).items()),
        leaving_keys=tuple((key, status) for key, status in _leaving_keys(flow) if key is not None),
        outbound=_outbound(installation, settings, (flow, *older)),
        agents=staff(settings, flow),
        breaks=tuple(sorted(settings.breaks.items())),
        codes=_codes(installation, settings, flow),
        login=login_in_conversation(flow) is not None,
        questions=tuple(sorted(settings.authentication.control_questions.items())),
        carrier=_carrier(settings),
        recogniser=settings.speech.listen if flow.speech is not None else None,
    )


def _carrier(settings: Settings) -> Carrier | None:
    """Legs from hosts that send calls as well come in as those do: a host is of one kind."""
    if settings.twilio is None:
        return None
    hosts = tuple(host for host in settings.twilio.sip_hosts if host not in settings.sip.trunk_hosts)
    return Carrier(legs.EXTENSION, hosts, legs.HEADERS)


def _sip(sip: SipSettings) -> Sip:
    return Sip(
        listen=sip.listen,
        rtp_from=sip.rtp_from,
        rtp_to=sip.rtp_to,
        trunk_hosts=tuple(sip.trunk_hosts),
        numbers=tuple(sip.numbers),
        codecs=tuple(sip.codecs),
        phones=tuple(sorted(sip.phones.items())),
        extensions=extensions(sip.extensions),
        phone_silence=sip.phone_silence_seconds,
    )


def _leaving_keys(flow: Flow) -> tuple[tuple[str | None, str], ...]:
    return (flow.queueing.leaving_key, "KEY"), (flow.queueing.callback_key, "CALLBACK")


def _callbacks_offered(flow: Flow) -> tuple[str, ...]:
    return () if flow.callbacks is None else (rendered.CALLBACKS,)


def _outbound(installation: Installation, settings: Settings, menus: tuple[Flow, ...]) -> Outbound | None:
    """How callers are called back, as long as any of the menus (the present ones first) have promised it."""
    for flow in menus:
        if flow.callbacks is not None:
            return Outbound(
                settings.callbacks.trunk or settings.sip.trunk_hosts[0],
                settings.callbacks.ring_seconds,
                *_heard_by_consultants(make_prompt_store(installation, settings), flow, flow.callbacks),
            )
    return None


def _heard_by_consultants(store: PromptStore, flow: Flow, told: Callbacks) -> tuple[str, str]:
    unreached, closed = (
        store.sound((flow.prompts[name, flow.languages[0]],)).path for name in (told.unreached, told.closed)
    )
    return unreached, closed


def _manager(settings: Settings) -> Manager | None:
    ami = settings.asterisk.ami
    return None if ami is None else Manager(*parts(ami.listen), ami.user)


def _older_menus(installation: Installation) -> tuple[Flow, ...]:
    """Those that running calls and callbacks still go by."""
    library = Library(installation.database)
    with installation.database.reading() as connection:
        waiting = (calls.find(connection, one.call_id) for one in waiting_callbacks(connection))
        versions = {*calls.versions_in_use(connection), *(call.menu_version for call in waiting if call)}
    older: list[Flow] = []
    for version in sorted(versions):
        try:
            older.append(library.flow(version))
        except (MenuError, UnknownVersion):
            # Checks grow stricter: a version from before an upgrade may not load any more, and its calls are few.
            click.echo(f"centrala: the queues of the older menus {version} cannot be kept", err=True)
    return tuple(older)


def _queues(flow: Flow, older: tuple[Flow, ...]) -> tuple[Queue, ...]:
    """The flow's queues, and those of older menus, which calls may still be sent to."""
    named = {name: queue for menus in (*older, flow) for name, queue in menus.queues.items()}
    return tuple(named.values())


def _fallback(installation: Installation, settings: Settings, flow: Flow, hours_at: datetime | None) -> Fallback:
    store = make_prompt_store(installation, settings)
    found = fallback(flow)

    def sound(prompts: tuple[Prompt, ...]) -> str:
        return store.sound(prompts).path

    return Fallback(
        queue=found.queue,
        hours=found.hours,
        connecting=sound(found.connecting),
        closed=sound(found.closed),
        unanswered=sound(found.unanswered),
        goodbye=sound(found.goodbye),
        hours_at=hours_at,
    )


def _codes(installation: Installation, settings: Settings, flow: Flow) -> Codes | None:
    if flow.codes is None:
        return None
    store = make_prompt_store(installation, settings)
    prompts = {code: flow.prompts[name, flow.languages[0]] for code, name in asdict(flow.codes).items() if name}
    return Codes(**{code: store.sound((prompt,)).path for code, prompt in prompts.items()})
