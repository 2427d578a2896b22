"""`make run`: the whole helpline on this machine, a demonstration call, and a telephone number to dial."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

import provision
from centrala import context
from centrala.commands.prompts import progress_bar
from centrala.logs import configure_logs
from centrala.service import make_prompt_store
from centrala.settings import Settings
from demo import consultants, story
from demo.asterisk_process import AsteriskError, free_port
from demo.phone import Exchange, PhoneTimeoutError
from demo.station import POLL_SECONDS, Addresses, Station, StationError, free_addresses
from demo.telling import tell_transcript
from ivr.audio import AudioError
from ivr.definition import Flow
from recordings import catalogue
from routing.hours import Hours
from storage.home import Home
from storage.installation import Installation
from storage.volumes import exposure

USUAL_SIP_PORT = 5060
USUAL_HOME = Path("var")
DEMONSTRATION_TIME = "10:00"
# From the end of the conversation until it can be listened to.
INTAKE_SECONDS = 60.0
FAULTS = (
    StationError,
    AsteriskError,
    PhoneTimeoutError,
    AudioError,
    provision.ProvisionError,
    consultants.RegistrationError,
)


@click.command()
@click.option("--once", is_flag=True, help="Stop after the demonstration call.")
def main(once: bool) -> None:
    """Start everything, play a demonstration call, then stay up until Ctrl-C."""
    os.umask(0o077)
    configure_logs("ERROR")
    _interrupt_on_signals()
    settings, began = context.settings(), time.monotonic()
    flow = context.menus(settings.menus).flow
    if warning := provision.own_name_fault():
        _say(warning)
    home = Home.from_environment(os.environ)
    home.make_folders()
    if exposed := exposure(home.recordings):
        _say(exposed)
    with suppress(KeyboardInterrupt), context.explained(*FAULTS), _started(settings, flow) as station:
        _say(f"Ready after {time.monotonic() - began:.1f} s; everything listens on 127.0.0.1 only.")
        with Exchange() as exchange:
            _demonstrate(exchange, station, flow, settings.sip.numbers[0])
            if not once:
                _stay(station, settings.sip.numbers[0])
    _say("Stopped; nothing is left running.")


@contextmanager
def _started(settings: Settings, flow: Flow) -> Iterator[Station]:
    station = _station(settings, flow)
    os.environ.update(station.environment)
    station.write_settings()
    _say("Rendering prompts ...")
    store = make_prompt_store(context.installation(), context.settings())
    with progress_bar() as progress:
        store.build(flow, progress)
    try:
        _say("Starting Asterisk and the IVR ...")
        # Rendering lasts long enough for somebody else to take what was free before.
        station.addresses = _addresses()
        station.settings = {**station.settings, "speech": _speech(settings)}
        station.write_settings()
        station.render()
        station.start_asterisk()
        station.start_speech()
        node = station.start_node(0, "--transcript", stdout=subprocess.PIPE)
        assert node.process.stdout is not None
        tell_transcript(node.process.stdout, _say)
        station.start_intake()
        yield station
    finally:
        station.stop()


def _station(settings: Settings, flow: Flow) -> Station:
    home = Path(os.environ.get("CENTRALA_HOME") or USUAL_HOME).absolute()
    kept = settings.model_dump(mode="json", include={"prompts", "queues"}, exclude_none=True)
    return Station(home, settings.menus, _addresses(), _hours_at(next(iter(flow.hours.values()))), settings=kept)


def _speech(settings: Settings) -> dict[str, object]:
    """The recogniser's settings; in a demonstration there is always one."""
    said = settings.speech.model_dump(mode="json", exclude_none=True)
    return {"listen": f"127.0.0.1:{free_port()}", **said}


def _addresses() -> Addresses:
    return free_addresses(1, USUAL_SIP_PORT)


def _hours_at(hours: Hours) -> str | None:
    """None in opening hours, else a time in them, so that a consultant answers whenever this is run."""
    now = datetime.now(UTC)
    if hours.is_open(now):
        return None
    days = (now.astimezone(context.SERVICE_ZONE).date() + timedelta(days=count) for count in range(1, 15))
    for day in days:
        at = f"{day.isoformat()}T{DEMONSTRATION_TIME}"
        if hours.is_open(context.moment(at)):
            _say(f"Consultants are off now; opening hours are taken as at {at}.")
            return at
    return None


def _demonstrate(exchange: Exchange, station: Station, flow: Flow, number: str) -> None:
    sip = ("127.0.0.1", station.addresses.sip)
    installation = context.installation()
    voice = make_prompt_store(installation, context.settings()).sound((consultants.GREETING,)).path + ".wav"
    extensions = sorted({agent for queue in flow.queues.values() for agent in queue.agents})
    desks = consultants.register(exchange, extensions, sip, installation.key("sip"), voice)
    _say(f"{len(desks)} consultants' phones are registered. A caller dials {number}:")
    began = context.now()
    story.play(exchange, sip, number, desks)
    _say(f"Recorded and sealed. Listen to it:\n{_listening(station, _taken_in(installation, began))}")
    _say("centrala calls list tells of all calls, centrala recordings list of all recordings.")


def _taken_in(installation: Installation, since: datetime) -> str:
    """The id of the first recording that was taken in since then, once there is one. Raises StationError."""
    deadline = time.monotonic() + INTAKE_SECONDS
    while time.monotonic() < deadline:
        with installation.database.reading() as connection:
            for recording in catalogue.everything(connection):
                if recording.taken_in_at >= since:
                    return recording.id
        time.sleep(POLL_SECONDS)
    raise StationError(f"the conversation did not come into the archive; see {installation.home.path / 'intake.log'}")


def _listening(station: Station, id: str) -> str:
    home = "" if station.home == USUAL_HOME.absolute() else f"CENTRALA_HOME={shlex.quote(str(station.home))} "
    return f"  {home}.venv/bin/centrala recordings play {id}"


def _stay(station: Station, number: str) -> None:
    _say(
        f"\nDial in with a softphone: sip:{number}@127.0.0.1:{station.addresses.sip} "
        "(UDP, no account or registration).\nConsultants answer by themselves. Ctrl-C stops everything.\n"
        'Words may be said instead of keys ("konsultant"); the models have heard synthetic voices alone, and are for '
        "trials.\n"
    )
    threading.Event().wait()


def _interrupt_on_signals() -> None:
    """Stop in good order on SIGTERM, and on SIGINT even where a shell in the background has it ignored."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)


def _say(text: str) -> None:
    click.echo(text)


if __name__ == "__main__":
    main()
