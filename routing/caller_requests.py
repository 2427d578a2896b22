"""Carries out what commands ask of Asterisk for calls that are under way (`routing.requests`), once a second."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from routing import requests
from routing.ami import AGAIN_SECONDS, Ami, AmiError
from routing.caller_channels import CallerChannel, asked_for, channel_of, place_of
from routing.requests import LOGIN, Request
from storage.database import Database, reason_of

LOOK_SECONDS = 1.0
# The code for a login that no telephone has (features.conf).
LOGIN_KEY = "A"
NONE, SUBSTITUTE = "none", "substitute"
# What a consultant's telephone shows of the caller.
DISPLAY = "CONNECTEDLINE(name)"

log = structlog.get_logger()


class CallerRequests:
    """Looks for requests between entering and leaving; takes them only while it `holds`, and never one twice."""

    def __init__(
        self, ami: Ami, database: Database, now: Callable[[], datetime], holds: Callable[[Connection], bool]
    ) -> None:
        self._ami = ami
        self._database = database
        self._now = now
        self._holds = holds
        self._stopping = threading.Event()
        self._told = ""
        self._thread = threading.Thread(target=self._run, name="requests", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join(AGAIN_SECONDS)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                if self._look():
                    self._told = ""
            except SQLAlchemyError as error:
                self._complain(reason_of(error))
            except Exception:
                log.exception("what was asked for a call could not be carried out")

    def _complain(self, reason: str) -> None:
        if reason != self._told:
            log.error("what is asked for calls cannot be carried out", reason=reason)
        self._told = reason

    def _look(self) -> bool:
        """Carry out what there is; whether Asterisk did it all."""
        if not self._ami.connected:
            return True
        with self._database.reading() as connection:
            if not requests.everything(connection):
                return True
        with self._database.writing() as connection:
            taken = requests.take(connection, self._now()) if self._holds(connection) else ()
        done = [self._is_done(one) for one in taken]
        return all(done)

    def _is_done(self, one: Request) -> bool:
        """Carry it out; False where Asterisk did not do it, and it is tried again."""
        try:
            refusal = self._carried_out(one)
        except AmiError as error:
            self._complain(f"Asterisk did not do it: {error}")
            if one.kind != LOGIN:
                return False
            refusal = "Asterisk did not do it"
        self._settle(one, refusal)
        return True

    def _settle(self, one: Request, refusal: str | None) -> None:
        """Only who has asked for a login waits to hear what came of it."""
        with self._database.writing() as connection:
            if refusal is None or one.kind != LOGIN:
                requests.remove(connection, one)
            else:
                requests.refuse(connection, one, refusal)

    def _carried_out(self, one: Request) -> str | None:
        """Do it; why not, if it cannot be done. Raises AmiError."""
        channels = self._ami.send("Status", Variables=asked_for(one.agent)).events
        caller = channel_of(one.call_id, channels)
        return "Asterisk has no such call" if caller is None else self._do(one, caller)

    def _do(self, one: Request, caller: CallerChannel) -> str | None:
        match one.kind:
            case requests.LOGIN:
                return self._have_log_in(one.agent, caller)
            case requests.LEVEL if caller.variables.get("LEVEL") == NONE:
                self._set(caller.name, "LEVEL", SUBSTITUTE)
                self._set(caller.name, "WHISPER", caller.variables.get("WHISPER_AUTHORISED", ""))
                self._renew_display(one.agent, caller)
            case requests.PAYER:
                self._set(caller.name, "PAYER", "")
        return None

    def _have_log_in(self, agent: str, caller: CallerChannel) -> str | None:
        """As if the consultant had keyed the code."""
        consultant = caller.variables.get(place_of(agent), "")
        if not caller.variables.get("WITH"):
            return "no consultant talks to the caller"
        if caller.variables["WITH"] != agent or not consultant:
            return "this consultant is not in the call"
        if caller.variables.get("LEFT_ALONE") == "yes":
            return "the caller is logging in already"
        self._ami.send("PlayDTMF", Channel=consultant, Digit=LOGIN_KEY, Receive="true")
        return None

    def _renew_display(self, agent: str, caller: CallerChannel) -> None:
        """As after the code (`authorisation.conf`)."""
        told = caller.variables
        if consultant := told.get(place_of(agent)):
            self._set(consultant, DISPLAY, f"{told.get('CAPTION', '')} {told.get('LANG', '')} {SUBSTITUTE}")

    def _set(self, channel: str, name: str, value: str) -> None:
        self._ami.send("Setvar", Channel=channel, Variable=name, Value=value)
