"""Each webhook of the carrier's, from what it tells to what is answered; without HTTP, which is in `app`."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

import structlog

from ivr.calls import Superseded
from ivr.events import Event, Played
from ivr.gateways.twilio.carriage import GATEWAY, Carriage, Untold, Webhook
from ivr.gateways.twilio.forms import OVER, TERMINATOR, Told, keyed
from ivr.gateways.twilio.links import Links
from ivr.gateways.twilio.rendering import Ways, ending, later, render
from ivr.gateways.twilio.speaking import Speaker
from ivr.legs import EXTENSION, headers, leg_of
from ivr.lookups import Said
from ivr.runner import Arrival, Live
from ivr.state import AtNotice
from ivr.waits import Gather, PlayOut, Transfer

# Of the recording notice so much must have had time to be heard.
HEARD_SHARE = 0.8
MOST_RETRIES = 5
SOUND = re.compile(r"[0-9a-f]{40}")
NUMBER = re.compile(r"([0-9a-f-]{36})\.(\d{1,9})\.(\d{1,4})")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Trunk:
    """How the carrier reaches our Asterisk (host and port), from which of its edges, and the key that signs legs."""

    address: str
    edge: str | None
    key: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """What stands in a webhook's URL besides the turn.

    `full`: the last number was full, so that a terminator still belongs to it. `said`: this was said by the carrier's
    voice. `again` counts tries to get a document that could not be made.
    """

    full: bool = False
    said: bool = False
    again: int = 0


class Webhooks:
    """Answers webhooks. Safe to share between threads. `sorry` is what a caller of an unknown call is told."""

    def __init__(
        self,
        carriage: Carriage,
        speaker: Speaker,
        links: Links,
        trunk: Trunk,
        sorry: Callable[[], Said],
        now: Callable[[], datetime],
        turn_at: Callable[[str], datetime | None],
    ) -> None:
        self._carriage = carriage
        self._speaker = speaker
        self._links = links
        self._trunk = trunk
        self._sorry = sorry
        self._now = now
        self._turn_at = turn_at

    def begin(self, told: Told) -> str:
        """A call comes in."""
        call_id = _new_id(self._now())
        arrival = Arrival(call_id, GATEWAY, told.ani, told.dnis, carrier_id=told.carrier_id)
        try:
            return self._document(self._carriage.begin(arrival))
        except Superseded:
            return later(self._links.beginning())

    def go_on(self, told: Told, call_id: str, turn: int, asked: Asked) -> str:
        """What has come of a turn."""
        unheard = is_full = False

        def happened(live: Live) -> Event | None:
            nonlocal unheard, is_full
            unheard, is_full = self._is_unheard(live, asked), _fills(live, told)
            return None if unheard or asked.again else _happened(live, told, asked)

        live = self._carriage.go_on(Webhook(told.carrier_id, call_id, turn), happened)
        return self._sorry_or(live, full=is_full, says=unheard)

    def leg_over(self, told: Told, call_id: str, turn: int, asked: Asked) -> str:
        """A turn's SIP leg has ended. A caller who has gone asks for no other document."""
        about = Webhook(told.carrier_id, call_id, turn)
        try:
            return self._sorry_or(self._carriage.leg_over(about, is_here=asked.again > 0))
        except Untold:
            return later(f"{self._links.dialled(call_id, turn)}?again=1")

    def status(self, told: Told) -> None:
        """What has become of a call."""
        if told.status in OVER:
            self._carriage.gone(told.carrier_id)

    def number(self, name: str) -> bytes | None:
        """The sound of digits that are said in a turn; `name` is that of its URL. Raises AudioError."""
        found = NUMBER.fullmatch(name)
        live = None if found is None else self._carriage.recall(found[1], int(found[2]))
        return None if live is None or found is None else self._speaker.digits(live, int(found[3]))

    def sorry(self) -> str:
        """A stated ending, which needs no call."""
        return ending(self._speaker.fixed(self._sorry()))

    def _sorry_or(self, live: Live | None, *, full: bool = False, says: bool = False) -> str:
        if live is None:
            log.warning("a webhook about a call that nobody knows")
            return self.sorry()
        return self._document(live, full=full, says=says)

    def _document(self, live: Live, *, full: bool = False, says: bool = False) -> str:
        ways = Ways(
            self._links.turn(live.call_id, live.seq) + _query(full=full, said=says),
            self._links.dialled(live.call_id, live.seq),
            self._leg(live),
        )
        return render(live.turn, self._speaker.heard(live, says=says), ways)

    def _leg(self, live: Live) -> str:
        """The SIP address that leads to Asterisk; empty where the turn leads elsewhere."""
        match live.turn.wait:
            case Transfer() as to:
                told = headers(self._trunk.key, leg_of(live, to, self._now()))
                edge = f";edge={self._trunk.edge}" if self._trunk.edge else ""
                fields = "&".join(f"{name}={quote(value, safe='')}" for name, value in told.items())
                return f"sip:{EXTENSION}@{self._trunk.address}{edge}?{fields}"
            case _:
                return ""

    def _is_unheard(self, live: Live, asked: Asked) -> bool:
        """Whether the recording notice ended before it can have been heard: the carrier goes on without a sound.

        Who has not heard it has agreed to nothing; it is said by the carrier's own voice then.
        """
        if not isinstance(live.turn.state.position, AtNotice) or asked.said or self._speaker.says:
            return False
        began = self._turn_at(live.call_id)
        if began is None:
            return False
        heard = (self._now() - began).total_seconds()
        return heard < HEARD_SHARE * self._speaker.seconds(live.turn.prompts)


def _happened(live: Live, told: Told, asked: Asked) -> Event | None:
    match live.turn.wait:
        case Gather() if asked.full and TERMINATOR in (told.keys, told.keys or told.finished):
            # It ended a number that was full without it, and is no answer to this question.
            return None
        case Gather() as gather:
            return keyed(told, gather)
        case PlayOut():
            return Played()
        case _:
            return None


def _fills(live: Live, told: Told) -> bool:
    """Whether a number ended because it was full, not by its terminator or silence."""
    wait = live.turn.wait
    return isinstance(wait, Gather) and 1 < wait.max_digits == len(told.keys)


def _query(*, full: bool, said: bool) -> str:
    names: Mapping[str, bool] = {"full": full, "said": said}
    asked = "&".join(f"{name}=1" for name, is_so in names.items() if is_so)
    return f"?{asked}" if asked else ""


def retry_of(url: str, asked: Asked) -> str | None:
    """The document for a webhook that could not be answered now; None once it was tried often enough."""
    again = asked.again + 1
    return None if again > MOST_RETRIES else later(f"{url}?again={again}")


def _new_id(now: datetime) -> str:
    """As the dialplan makes them: the second first, so that a day's calls are neighbours in every index."""
    return f"{int(now.timestamp()):08x}-{str(uuid.uuid4())[9:]}"
