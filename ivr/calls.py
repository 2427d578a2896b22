"""Call rows and the turn log.

Each turn is one row, written before the caller hears the turn. `(call_id, seq)` is the primary key, so that of two
processes that hold the same call only one writes the next turn; the other learns it by `Superseded`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    ForeignKey,
    Index,
    Insert,
    Integer,
    Select,
    String,
    Table,
    Text,
    bindparam,
    case,
    exists,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from ivr import codec
from ivr.definition import NONE, SUBSTITUTE
from ivr.events import Event
from ivr.state import Ended, State
from ivr.turns import Turn
from ivr.waits import Wait
from storage.database import Instant, is_duplicate, metadata

ANI_LENGTH = 80
TERMINAL = "terminal"
# Calls that the service makes itself.
OUTGOING = "callback"
DAMAGED = "damaged"

_WITH_TURNS = text("asked IS NULL")
_ERASED = text("erased_at IS NOT NULL")
_CARRIED = text("carrier_id IS NOT NULL")

calls = Table(
    "calls",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("gateway", String(20), nullable=False),
    Column("ani", String(ANI_LENGTH), nullable=False),
    Column("dnis", String(ANI_LENGTH), nullable=False),
    Column("menu_version", String(16), ForeignKey("menu_versions.version"), nullable=False),
    Column("started_at", Instant, nullable=False),
    Column("ended_at", Instant),
    Column("ended_where", String(40)),
    Column("cause", String(40)),
    Column("lang", String(2), nullable=False),
    Column("auth_level", String(12), nullable=False),
    Column("topic", String(40)),
    # The profile that was authenticated.
    Column("subject", String(32)),
    # What reports need of the turn log, once that has gone.
    Column("informed", Boolean(name="informed_is_boolean")),
    Column("asked", Boolean(name="asked_is_boolean")),
    # When its person had everything erased, where a hold keeps it: it goes when the hold has ended.
    Column("erased_at", Instant),
    # Control questions that a consultant has asked: the kinds that were answered, apart by spaces.
    Column("authorised_at", Instant),
    Column("authorised_by", String(20)),
    Column("authorised_questions", String(400)),
    # What a carrier calls it, and the newest turn by which Asterisk has taken it from there, on which channel.
    Column("carrier_id", String(64)),
    Column("carrier_leg", Integer),
    Column("carrier_channel", String(150)),
    Index("ix_calls_started_at", "started_at"),
    Index("ix_calls_ended_at", "ended_at"),
    Index("ix_calls_subject", "subject"),
    Index("ix_calls_ani", "ani"),
    Index("ix_calls_with_turns", "ended_at", sqlite_where=_WITH_TURNS, postgresql_where=_WITH_TURNS),
    Index("ix_calls_erased_at", "erased_at", sqlite_where=_ERASED, postgresql_where=_ERASED),
    Index("ix_calls_carrier_id", "carrier_id", unique=True, sqlite_where=_CARRIED, postgresql_where=_CARRIED),
)

turns = Table(
    "turns",
    metadata,
    Column("call_id", String(36), ForeignKey("calls.id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("node", String(64), nullable=False),
    Column("events", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("prompts", Text, nullable=False),
    Column("wait", Text, nullable=False),
)


# Made once: making a statement costs more than carrying it out.
_INSERT_CALL = insert(calls)
_INSERT_TURN = insert(turns)
_FIND_CALL = select(calls).where(calls.c.id == bindparam("call_id"))
_FIND_CARRIED = select(calls.c.id).where(calls.c.carrier_id == bindparam("carrier_id"))
_OF_CARRIER = select(calls).where(calls.c.carrier_id == bindparam("carrier_id"))
_LAST_TURN = select(turns).where(turns.c.call_id == bindparam("call_id")).order_by(turns.c.seq.desc()).limit(1)
_LAST_AT = select(turns.c.at).where(turns.c.call_id == bindparam("call_id")).order_by(turns.c.seq.desc()).limit(1)
_UPDATE_CALL = update(calls).where(calls.c.id == bindparam("call_id"))


class Superseded(Exception):
    """Another process has written this turn: it holds the call now."""


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls whom, over which gateway. `ani` and `dnis` are the caller's and the called number.

    `carrier_id` is what a carrier calls it, of whose calls one has one row.
    """

    id: str
    gateway: str
    ani: str
    dnis: str
    menu_version: str
    started_at: datetime
    carrier_id: str | None = None


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call as it is kept; the fields from `ended_at` to `cause` are None while it lasts.

    `subject` is the profile that was authenticated. `informed` and `asked` are None while there is a turn log: what it
    said of both is kept here when it goes. `erased_at` is when its person had it erased, though a hold still keeps it.
    The next three are those of `ivr.authorisations.Authorisation`; the last three are of calls that a carrier brings.
    """

    id: str
    gateway: str
    ani: str
    dnis: str
    menu_version: str
    started_at: datetime
    lang: str
    auth_level: str
    topic: str | None
    ended_at: datetime | None
    ended_where: str | None
    cause: str | None
    subject: str | None
    informed: bool | None = None
    asked: bool | None = None
    erased_at: datetime | None = None
    authorised_at: datetime | None = None
    authorised_by: str | None = None
    authorised_questions: str | None = None
    carrier_id: str | None = None
    carrier_leg: int | None = None
    carrier_channel: str | None = None


@dataclass(frozen=True, slots=True)
class LoggedTurn:
    """A committed turn: the events that led to it and what it was."""

    seq: int
    at: datetime
    node: str
    events: tuple[Event, ...]
    state: State
    prompts: tuple[str, ...]
    wait: Wait


def begin(connection: Connection, call: Call, state: State) -> None:
    """Make the row of a new call. Raises Superseded if it has one."""
    row = {
        "id": call.id,
        "gateway": call.gateway,
        "ani": call.ani[:ANI_LENGTH],
        "dnis": call.dnis[:ANI_LENGTH],
        "menu_version": call.menu_version,
        "started_at": call.started_at,
        "lang": state.lang,
        "auth_level": state.auth_level,
        "carrier_id": call.carrier_id,
    }
    _insert(connection, _INSERT_CALL, call.id, row)


def log_turn(
    connection: Connection, call_id: str, seq: int, at: datetime, node: str, events: tuple[Event, ...], turn: Turn
) -> None:
    """Write turn `seq` of a call. Raises Superseded if it is written already."""
    row = {
        "call_id": call_id,
        "seq": seq,
        "at": at,
        "node": node,
        "events": codec.encode(events),
        "state": codec.encode(turn.state),
        "prompts": codec.encode(tuple(prompt.name for prompt in turn.prompts)),
        "wait": codec.encode(turn.wait),
    }
    _insert(connection, _INSERT_TURN, call_id, row)


def _insert(connection: Connection, statement: Insert, call_id: str, row: dict[str, object]) -> None:
    try:
        connection.execute(statement, row)
    except IntegrityError as error:
        if is_duplicate(error):
            raise Superseded(call_id) from error
        raise


def summarise(connection: Connection, call_id: str, at: datetime, before: State, after: State) -> None:
    """Carry over to the call's row what this turn changed of it; most turns change nothing."""
    changed: dict[str, object] = {
        name: getattr(after, name)
        for name in ("lang", "auth_level", "subject", "topic")
        if getattr(after, name) != getattr(before, name)
    }
    if isinstance(after.position, Ended):
        changed |= {"ended_at": at, "ended_where": after.position.step, "cause": after.position.cause}
    if changed:
        connection.execute(_UPDATE_CALL, {"call_id": call_id, **changed})


def authorise(connection: Connection, call_id: str, at: datetime, agent: str, questions: str) -> bool:
    """Keep that a consultant has asked control questions, and the level that it gives; False where one has before."""
    c = calls.c
    first = update(calls).where(c.id == call_id, c.authorised_at.is_(None))
    level = case((c.auth_level == NONE, SUBSTITUTE), else_=c.auth_level)
    values = {"authorised_at": at, "authorised_by": agent, "authorised_questions": questions, "auth_level": level}
    return connection.execute(first.values(values)).rowcount > 0


def give_up(connection: Connection, call_id: str, at: datetime) -> None:
    """End a call whose turns cannot be read."""
    connection.execute(_UPDATE_CALL, {"call_id": call_id, "ended_at": at, "cause": DAMAGED})


def find(connection: Connection, call_id: str) -> CallRow | None:
    """The row of a call."""
    row = connection.execute(_FIND_CALL, {"call_id": call_id}).one_or_none()
    return CallRow(**row._mapping) if row else None


def from_number(number: str) -> Select[tuple[str]]:
    """A query for the ids of the calls from that number."""
    return select(calls.c.id).where(calls.c.ani == number)


def carried(connection: Connection, carrier_id: str) -> str | None:
    """The id of a carrier's call."""
    return connection.execute(_FIND_CARRIED, {"carrier_id": carrier_id}).scalar_one_or_none()


def of_carrier(connection: Connection, carrier_id: str) -> CallRow | None:
    """The row of a carrier's call."""
    row = connection.execute(_OF_CARRIER, {"carrier_id": carrier_id}).one_or_none()
    return CallRow(**row._mapping) if row else None


def take_leg(connection: Connection, call_id: str, turn: int, channel: str) -> bool:
    """Keep that Asterisk has taken the call by this turn on this channel, by its unique id.

    False where it has on another one, or by a later turn; on the same one it may be taken again.
    """
    c = calls.c
    untaken = c.carrier_leg.is_(None) | (c.carrier_leg < turn)
    again = (c.carrier_leg == turn) & (c.carrier_channel == channel)
    taking = update(calls).where(c.id == call_id, untaken | again).values(carrier_leg=turn, carrier_channel=channel)
    return connection.execute(taking).rowcount > 0


def newest(connection: Connection, limit: int) -> tuple[CallRow, ...]:
    """The newest calls, newest first."""
    query = select(calls).order_by(calls.c.started_at.desc(), calls.c.id).limit(limit)
    return tuple(CallRow(**row._mapping) for row in connection.execute(query))


def unfinished(connection: Connection, before: datetime) -> tuple[str, ...]:
    """The ids of calls without an end and without a turn since `before`; a terminal's call has a clock of its own."""
    recent = exists().where(turns.c.call_id == calls.c.id, turns.c.at >= before)
    silent = calls.c.ended_at.is_(None) & (calls.c.started_at < before) & ~recent
    query = select(calls.c.id).where(silent, calls.c.gateway != TERMINAL)
    return tuple(connection.execute(query).scalars())


def open_at(connection: Connection, gateway: str) -> frozenset[str]:
    """The ids of the gateway's calls that have not ended."""
    query = select(calls.c.id).where(calls.c.ended_at.is_(None), calls.c.gateway == gateway)
    return frozenset(connection.execute(query).scalars())


def versions_in_use(connection: Connection) -> tuple[str, ...]:
    """The menu versions of calls that have not ended."""
    query = select(calls.c.menu_version).where(calls.c.ended_at.is_(None)).distinct()
    return tuple(connection.execute(query).scalars())


def last_turn(connection: Connection, call_id: str) -> LoggedTurn | None:
    """The newest turn of a call. Raises codec.CodecError if the row is damaged."""
    row = connection.execute(_LAST_TURN, {"call_id": call_id}).one_or_none()
    return _logged(row) if row else None


def turns_until(connection: Connection, call_id: str, seq: int | None, many: int) -> tuple[LoggedTurn, ...]:
    """So many turns of a call up to `seq`, or to the newest one, which comes last."""
    query = select(turns).where(turns.c.call_id == call_id).order_by(turns.c.seq.desc()).limit(many)
    rows = connection.execute(query if seq is None else query.where(turns.c.seq <= seq))
    return tuple(reversed([_logged(row) for row in rows]))


def last_at(connection: Connection, call_id: str) -> datetime | None:
    """When the newest turn of a call was committed."""
    return connection.execute(_LAST_AT, {"call_id": call_id}).scalar_one_or_none()


def turns_of(connection: Connection, call_id: str) -> tuple[LoggedTurn, ...]:
    """All turns of a call, in order."""
    query = select(turns).where(turns.c.call_id == call_id).order_by(turns.c.seq)
    return tuple(_logged(row) for row in connection.execute(query))


def _logged(row: object) -> LoggedTurn:
    values = row._mapping  # type: ignore[attr-defined]
    return LoggedTurn(
        seq=values["seq"],
        at=values["at"],
        node=values["node"],
        events=codec.decode(values["events"]),
        state=codec.decode(values["state"]),
        prompts=codec.decode(values["prompts"]),
        wait=codec.decode(values["wait"]),
    )
