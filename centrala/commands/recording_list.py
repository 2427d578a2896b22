"""`centrala recordings list` and `show`: which recordings there are, and what is known of one."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from audit.entries import Action
from centrala.auditing import auditing
from centrala.context import SERVICE_ZONE, explained, fail, installation, today
from centrala.forms import FROM_TO, check_options, span
from centrala.keeping import open_archive
from ivr.calls import from_number
from recordings import drawing, parts, scores, waveform
from recordings.catalogue import Recording, sides_of
from recordings.faults import RecordingFault
from recordings.identity import CALL, part_of
from recordings.overview import Entry, Sought, Status, entries, find
from recordings.wanted import Caller, Wanted
from recordings.waveform import Peaks
from routing.callbacks import masked
from routing.reporting.days import period_of
from storage.installation import Installation

ROW = "{ended_at}  {id}  {purpose:<17}  {topic:<12}  {consultant:<8}  {caller:>16}  {status:<11}  until {keep_until}"
LABEL = 14
NARROWEST = 10


@click.command("list")
@click.option("--consultant", help="Those with this consultant.")
@click.option("--topic", help="Those on this topic.")
@click.option("--caller", help="Those of the caller with this number.")
@click.option("--call", "call_id", help="Those of this call.")
@click.option("--from", "first", metavar="DAY", help="What ended on this day, like 2026-11-20.")
@click.option("--to", "last", metavar="DAY", help="... and on every day until this one.")
@click.option("--status", type=click.Choice([one.value for one in Status]), help="Those that stand so.")
@click.option("--unscored", is_flag=True, help="Those that may be scored, and nobody has.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")
def list_(
    consultant: str | None,
    topic: str | None,
    caller: str | None,
    call_id: str | None,
    first: str | None,
    last: str | None,
    status: str | None,
    unscored: bool,
    as_json: bool,
) -> None:
    """List recordings, all or those that are asked for. Of numbers only the last digits are shown.

    A recording that is held is kept beyond its day; of what is purged nothing is left but this line. Of what is
    quarantined or purged no consultant, topic or caller is known.
    """
    check_options(first, last, as_json, options=FROM_TO)
    period = period_of(*span(first, last, FROM_TO), SERVICE_ZONE) if first else None
    wanted = Wanted(
        call_id=call_id,
        caller=Caller(caller, from_number(caller)) if caller else None,
        consultant=consultant,
        topic=topic,
        begin=period.start if period else None,
        end=period.end if period else None,
    )
    with installation().database.reading() as connection:
        for entry in entries(connection, today(), Sought(wanted, Status(status) if status else None, unscored)):
            told = _told(entry)
            click.echo(json.dumps(told, ensure_ascii=False) if as_json else _row(told))


@click.command("show")
@click.argument("recording_id", metavar="ID")
@click.option("--svg", type=click.Path(dir_okay=False, path_type=Path), help="Draw the waveform into this file.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def show(recording_id: str, svg: Path | None, as_json: bool) -> None:
    """Show all that is known of one recording, with the caller's number, its scores, and who speaks when.

    The waveform has a line for each side, 6 dB a step, and a dot where it is silent; with --json its peaks, from 0 to
    255. `paused` are the seconds in which the caller logged in and nothing was recorded. The audit tells who looked.
    """
    opened = installation()
    with opened.database.reading() as connection:
        entry = find(connection, recording_id, today())
        if entry is None:
            fail(f"there is no recording {recording_id}; see centrala recordings list")
        given = scores.of_recording(connection, recording_id)
        pauses = _pauses(connection, entry.recording)
    told = _told_in_full(entry) | ({"paused": pauses} if pauses else {})
    told["scores"] = [
        {"by": one.scored_by, "at": one.scored_at.isoformat(), "correctness": one.correctness, "service": one.service}
        for one in given
    ]
    with auditing(opened) as auditor:
        auditor.tell(Action.RECORDING_SHOWN, recording_id)
    peaks = _peaks(opened, entry)
    if svg is not None:
        _draw(svg, peaks, entry)
    if as_json:
        click.echo(json.dumps(told | _plain_peaks(peaks, entry), ensure_ascii=False))
    else:
        _print(told, peaks, entry)


def _pauses(connection: Connection, recording: Recording | None) -> str:
    part = None if recording is None else part_of(recording.origin)
    return "" if part is None else parts.pauses_in(connection, *part)


def _told(entry: Entry) -> dict[str, Any]:
    """An entry in plain values, as lists show it."""
    recording = entry.recording
    told: dict[str, Any] = {
        "id": entry.id,
        "ended_at": _plain(entry.ended_at),
        "keep_until": _plain(entry.keep_until),
        "status": entry.status.value,
    }
    if recording is not None:
        told |= {name: getattr(recording, name) for name in ("purpose", "topic", "queue", "consultant", "level")}
        told |= {"caller": recording.caller and masked(recording.caller), "duration_ms": recording.duration_ms}
        told |= {"format": recording.format}
    more = {"reason": entry.reason, "purged_at": _plain(entry.purged_at)}
    return told | {name: value for name, value in more.items() if value is not None}


def _told_in_full(entry: Entry) -> dict[str, Any]:
    row = asdict(entry.recording) if entry.recording else {}
    return _told(entry) | {name: _plain(value) for name, value in row.items() if name != "state"}


def _row(told: Mapping[str, Any]) -> str:
    shown = {name: told.get(name) or "-" for name in ("purpose", "topic", "consultant", "caller", "keep_until")}
    ended = told["ended_at"]
    local = datetime.fromisoformat(ended).astimezone(SERVICE_ZONE).strftime("%Y-%m-%d %H:%M") if ended else " " * 16
    return ROW.format(ended_at=local, id=told["id"], status=told["status"], **shown)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


# The waveform


def _peaks(opened: Installation, entry: Entry) -> Peaks | str:
    """The waveform, or why there is none to be shown: what else is known is shown all the same."""
    if entry.recording is None or entry.status is Status.PURGING:
        return f"none: the recording is {entry.status}"
    try:
        with open_archive(opened, os.environ, today()) as archive:
            return waveform.read(archive.waveform(entry.id))
    except RecordingFault as fault:
        return f"cannot be shown: {fault}"


def _sides(recording: Recording | None, peaks: Peaks) -> tuple[str, ...]:
    if len(peaks.channels) == 1:
        return ("sound",)
    if recording is None or not recording.origin.startswith(CALL):
        return ("left", "right")
    return sides_of(recording.purpose)


def _plain_peaks(peaks: Peaks | str, entry: Entry) -> dict[str, Any]:
    if isinstance(peaks, str):
        return {"waveform": None, "waveform_fault": peaks}
    return {"waveform": dict(zip(_sides(entry.recording, peaks), peaks.channels, strict=True))}


def _print(told: Mapping[str, Any], peaks: Peaks | str, entry: Entry) -> None:
    for name, value in told.items():
        if name != "scores":
            click.echo(f"{name:{LABEL}}{'' if value is None else value}")
    for one in told["scores"]:
        click.echo(f"{'score':{LABEL}}{one['by']}: correctness {one['correctness']}, service {one['service']}")
    if isinstance(peaks, str):
        click.echo(f"{'waveform':{LABEL}}{peaks}")
        return
    width = max(NARROWEST, shutil.get_terminal_size().columns - LABEL)
    for side, channel in zip(_sides(entry.recording, peaks), peaks.channels, strict=True):
        click.echo(f"{side:{LABEL}}{drawing.bars(channel, width)}")
    click.echo(f"{'':{LABEL}}{drawing.scale(peaks.duration_ms, width)}")


def _draw(path: Path, peaks: Peaks | str, entry: Entry) -> None:
    with explained(RecordingFault):
        if isinstance(peaks, str):
            raise RecordingFault(f"the waveform of {entry.id} {peaks}")
    picture = drawing.svg(peaks, _sides(entry.recording, peaks), f"Recording {entry.id}")
    path.write_text(picture, encoding="utf-8")
