"""One call in one thread: carries out the waits of its turns with AGI commands.

The session ends when the flow leaves the IVR: for a queue, for a hang-up, or because the caller did. What comes next
is handed to the dialplan in channel variables, `IVR_NEXT` among them; a session that dies has not set it, and the
dialplan enters the IVR again.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import structlog
from asterisk.agi import AGIAppError, AGIHangup

from ivr.audio import AudioError, Sound
from ivr.calls import OUTGOING, Superseded
from ivr.definition import FULL, SUBSTITUTE, Flow, reaches
from ivr.events import Event, Heard, Keyed, NoInput, Played
from ivr.flow import GIVE_UP
from ivr.gateways.agi.dialplan import AGENT, CALL_ID, QUEUE, TOPIC, TURN, authorisation, conversation, only, printable
from ivr.gateways.agi.leg import TakeLeg, no_leg, taken
from ivr.gateways.agi.listening import Listening
from ivr.gateways.agi.protocol import ConnectionLost, ProtocolError, SafeAGI
from ivr.gateways.agi.recogniser import Recogniser
from ivr.gateways.agi.recorder import Recorder
from ivr.herald import NOT_TOLD, Herald, Sight
from ivr.phrases import meaning, phrases_at
from ivr.prompts import Prompt, pieces
from ivr.runner import Arrival, Conversation, Live, Runner, ended, hang_up
from ivr.services import Identity
from ivr.state import AtAssistantNotice, AtNotice, State
from ivr.waits import Gather, Hangup, PlayOut, Transfer

# Seconds beyond the longest a wait can take, after which Asterisk takes the call away from a process that hangs.
PATIENCE = 5
# The call is given to the session for at least so long, so that not every wait has to ask for its own time.
LEASE_SECONDS = 20
TERMINATOR = "#"
KEYS = "0123456789*#"
SIGHT = re.compile(r"(\d{1,6}),(\d{1,6}),(\d{1,6})")
KEY = re.compile(r"[0-9A-D*#]")
CHANNEL = re.compile(r"[A-Za-z0-9]+/[A-Za-z0-9_.@;-]{1,80}")
# As the dialplan lets numbers in.
NOT_IN_NUMBERS = re.compile(r"[^0-9A-Za-z+*#._-]")
ASCII_CODE = re.compile(r"[0-9]{1,3}")
# Nothing of an earlier stay is left when one begins: who hangs up at once has left the new one.
NO_STAY = dict.fromkeys(
    ("QUEUESTATUS", "AGENT", "ANSWERED_AT", "RECORDING", "JOINED_AT", "COLLEAGUES", "PASSED_AT", "LOGINS"), ""
)
# What Asterisk cannot play either.
MISSING = Sound("missing", 0.0)

log = structlog.get_logger()


Sounds = Callable[[tuple[Prompt, ...]], Sound]
# Who a caller is by the profile's pseudonym and the payer's reference, for the consultant's telephone; None if nobody.
Identify = Callable[[str, str | None], Identity | None]


def nobody(_subject: str, _payer: str | None) -> None:
    """Consultants are shown no identifiers."""


class NoticeUnheard(Exception):
    """Who has not heard the notice has agreed to nothing: the call goes on where nothing is recorded."""


class Session:
    """A call at this gateway."""

    def __init__(
        self,
        agi: SafeAGI,
        runner: Runner,
        sounds: Sounds,
        identify: Identify = nobody,
        herald: Herald | None = None,
        take_leg: TakeLeg = no_leg,
        recogniser: Recogniser | None = None,
        recordings: Path | None = None,
    ) -> None:
        self._agi = agi
        self._runner = runner
        self._sounds = sounds
        self._identify = identify
        self._herald = herald
        self._take_leg = take_leg
        self._listening = Listening(agi, recogniser or Recogniser())
        self._recorder = Recorder(agi, runner, recordings)
        self._number_was_full = False
        # Until the first lease, the dialplan's own timer may have gone off.
        self._leased_until = 0.0
        # In the middle of a conversation: the caller's channel is in a bridge, and stays there.
        self._is_bridged = False
        self._leg = agi.env.get("agi_arg_18", "")

    def run(self) -> None:
        """Carry the call until it leaves the IVR."""
        stage = self._agi.env.get("agi_arg_2", "enter")
        call_id = self._agi.env.get("agi_arg_1", "")
        if not CALL_ID.fullmatch(call_id):
            log.warning("not a call id", length=len(call_id))
            return
        with structlog.contextvars.bound_contextvars(call=call_id):
            try:
                self._serve(stage, self._arrival(call_id))
            except Superseded:
                log.info("superseded")

    def _serve(self, stage: str, arrival: Arrival) -> None:
        if stage == "leg":
            return self._receive(arrival.call_id)
        match stage, self._stay(), self._agi.env.get("agi_arg_11", ""):
            case "left", Conversation() as stay, _:
                self._carry(self._runner.back_from_queue(arrival, stay))
            case "called-back", _, _ if callback := only(CALL_ID, self._agi.env.get("agi_arg_14", "")):
                self._carry(self._runner.call_back(arrival, callback))
            case "log-in" | "log-in-again", _, _:
                self._log_in(arrival, again=stage == "log-in-again")
            case "sent-on", Conversation() as stay, topic if TOPIC.fullmatch(topic):
                self._carry(self._runner.send_on(arrival, stay, topic))
            case _:
                self._carry(self._runner.arrive(arrival))
        return None

    def _receive(self, call_id: str) -> None:
        """A carrier's leg: on to the queue, if it is one of ours."""
        live = taken(self._agi, self._take_leg, call_id, self._leg)
        if live is None or not isinstance(live.turn.wait, Transfer):
            log.warning("a leg was refused")
            return self._set(IVR_NEXT="refused")
        # What stands in the SIP message may be anybody's.
        self._agi.ask("SET VARIABLE", "CALLERID(num)", NOT_IN_NUMBERS.sub("", live.ani))
        return self._transfer(live, live.turn.wait)

    def _log_in(self, arrival: Arrival, *, again: bool) -> None:
        """The caller logs in. About one who hangs up the dialplan tells, which knows of the conversation as well."""
        env, self._is_bridged = self._agi.env, True
        agent, turn = only(AGENT, env.get("agi_arg_6", "")), only(TURN, env.get("agi_arg_4", ""))
        if answered := authorisation(env.get("agi_arg_17", "")):
            # A login that fails takes nothing away from what the consultant has asked before.
            self._runner.note_authorisation(arrival.call_id, answered)
        if agent and turn:
            self._carry(self._runner.log_in(arrival, int(turn), agent, again=again))

    def _arrival(self, call_id: str) -> Arrival:
        return Arrival(
            call_id,
            OUTGOING if self._agi.env.get("agi_arg_2") == "called-back" else "asterisk",
            ani=printable(self._agi.env.get("agi_callerid", "")),
            dnis=printable(self._agi.env.get("agi_arg_3") or self._agi.env.get("agi_dnid", "")),
        )

    def _carry(self, live: Live) -> None:
        if self._leg and not self._is_bridged:
            # It goes on where it came from.
            return self._set(IVR_SAY="", IVR_NEXT="hangup")
        try:
            try:
                self._recorder.follow(live)
                while not self._left(live):
                    live = self._runner.advance(live, self._wait(live))
                    self._recorder.follow(live)
            except NoticeUnheard:
                self._set(IVR_NEXT="no-ivr")
            self._listening.leave()
        except ConnectionLost:
            # Not the caller's doing: if they have gone as well, the dialplan tells.
            log.warning("the connection to Asterisk was lost")
        except AGIHangup:
            if not ended(live) and not self._was_taken_away():
                hang_up(self._runner, live)
        return None

    def _was_taken_away(self) -> bool:
        """Whether Asterisk may have ended the session and not the caller: then the call goes on elsewhere."""
        return time.monotonic() >= self._leased_until

    def _stay(self) -> Conversation | None:
        env = self._agi.env
        return conversation(*(env.get(f"agi_arg_{number}", "") for number in (*range(4, 11), 12, 13, 15, 16, 17)))

    def _left(self, live: Live) -> bool:
        """Hand the call back to the dialplan if this turn leaves the IVR; what is still to be heard is played there."""
        match live.turn.wait:
            case Transfer() as transfer if self._is_bridged:
                self._rejoin(live, transfer)
                return True
            case Transfer() as transfer:
                self._transfer(live, transfer)
                return True
            case Hangup():
                self._set(IVR_SAY=self._said(live), IVR_NEXT="hangup")
                return True
            case _:
                return False

    def _transfer(self, live: Live, to: Transfer) -> None:
        """Hand over the call, what its caller is told on the way, and what the consultant is to know of it."""
        self._show_identity(live.turn.state)
        where = {"QUEUE": to.queue, "TOPIC": to.topic, "TURN": live.seq, "LEVEL": to.auth_level, "LANG": to.lang}
        offer = {"CAPTION": live.flow.captions[to.topic], **self._whispers(live, to)}
        told = self._on_the_way(live, to.queue)
        self._set(**where, **NO_STAY, **offer, **told, RECORD=int(to.recorded), IVR_NEXT="queue")

    def _rejoin(self, live: Live, to: Transfer) -> None:
        """Hand the caller back to the consultant, and tell what is to be known of them now."""
        if identity := self._show_identity(live.turn.state):
            self._renew_display(f"{live.flow.captions[to.topic]} {to.lang} {to.auth_level}", identity)
        known = {"TURN": live.seq, "LEVEL": to.auth_level, **self._whispers(live, to)}
        self._set(**known, IVR_SAY=self._said(live), IVR_NEXT="talk")

    def _whispers(self, live: Live, to: Transfer) -> dict[str, str]:
        """What a consultant hears of the call; and a colleague, once control questions were answered."""
        later = to.auth_level if reaches(to.auth_level, SUBSTITUTE) else SUBSTITUTE
        said = (live.flow.whispers.get((to.topic, to.lang, level)) for level in (to.auth_level, later))
        now, then = (self._sound((one,)).path if one else "" for one in said)
        return {"WHISPER": now, "WHISPER_AUTHORISED": then}

    def _show_identity(self, state: State) -> Identity | None:
        """Only at the level `full`; by itself, since an application's arguments are there for others to see."""
        if state.auth_level != FULL or state.subject is None:
            return None
        if identity := self._identify(state.subject, state.payer):
            self._agi.ask("SET VARIABLE", "IDENTIFIER", identity.identifier)
            self._agi.ask("SET VARIABLE", "PAYER", identity.payer or "")
        return identity

    def _renew_display(self, about: str, identity: Identity) -> None:
        """The consultant's telephone shows now what it would if it rang for this call (offer.conf)."""
        _, found = self._agi.ask("GET VARIABLE", "CONSULTANT")
        if channel := only(CHANNEL, found):
            shown = " ".join(filter(None, (about, identity.identifier, identity.payer)))
            self._agi.ask("SET VARIABLE", f"EXPORT({channel},CONNECTEDLINE(name))", shown)

    def _on_the_way(self, live: Live, queue: str) -> dict[str, object]:
        """What is heard before the queue, told last how long it will take; and where in it the caller belongs."""
        joining = self._herald.joining(live, queue, self._look(queue)) if self._herald else NOT_TOLD
        # Playback plays `a&b`: joining every place and wait with every other thing would fill the cache.
        told = [self._sound((prompt,)).path for prompt in joining.prompts]
        return {"IVR_SAY": "&".join(filter(None, [self._said(live), *told])), "QUEUE_PRIO": joining.priority}

    def _look(self, queue: str) -> Sight | None:
        """The queue as Asterisk sees it, or None where it cannot be asked."""
        if not QUEUE.fullmatch(queue):
            return None
        question = (
            f"${{QUEUE_MEMBER({queue},ready)}},${{QUEUE_MEMBER({queue},logged)}},${{QUEUE_WAITING_COUNT({queue})}}"
        )
        try:
            _, answer = self._agi.ask("GET FULL VARIABLE", question)
        except AGIHangup:
            raise
        except AGIAppError:
            return None
        seen = SIGHT.fullmatch(answer)
        return Sight(*map(int, seen.groups())) if seen else None

    def _said(self, live: Live) -> str:
        return "&".join(self._sound(piece).path for piece in pieces(live.turn.prompts))

    def _wait(self, live: Live) -> Event:
        match live.turn.wait:
            case Gather() as gather:
                return self._gather(gather, live)
            case PlayOut():
                self._play_out(live)
                return Played()
            case wait:
                raise AssertionError(f"{wait} is not for a gateway")

    def _gather(self, gather: Gather, live: Live) -> Event:
        """Prompts and keys in one exchange, digits of numbers apart: GET DATA plays one file, which a key cuts."""
        *before, last = [self._sound(piece) for piece in pieces(live.turn.prompts)] or [self._sound(())]
        key = self._key_over(before) or self._key_or_words(gather, last, live.flow)
        if isinstance(key, Heard):
            self._number_was_full = False
            return key
        belated = self._number_was_full and key == TERMINATOR
        self._number_was_full = False
        if belated:
            # It ended a number that was full without it, and is no answer to this question.
            return self._gather(gather, live)
        if key is None:
            return NoInput()
        is_number = gather.max_digits > 1 and key != TERMINATOR
        return Keyed(self._number(gather, key) if is_number else key)

    def _key_over(self, sounds: list[Sound]) -> str | None:
        """A key that cuts one of these short."""
        for sound in sounds:
            self._lease(sound.seconds)
            try:
                code, _ = self._agi.ask("STREAM FILE", sound.path, KEYS)
            except AGIHangup:
                raise
            except AGIAppError:
                log.error("a prompt cannot be played", file=sound.path)
                continue
            if code != "0":
                return _known_key(chr(int(code)) if ASCII_CODE.fullmatch(code) else "")
        return None

    def _key_or_words(self, gather: Gather, sound: Sound, flow: Flow) -> str | Heard | None:
        """Whichever comes first, where words count and somebody listens for them; else a key."""
        phrases = tuple(phrases_at(flow, gather))
        if not phrases:
            return self._first_key(gather, sound)
        # Asterisk counts whole seconds.
        self._lease(sound.seconds + gather.timeout + 1)
        outcome = self._listening.listen(gather.spoken, phrases, sound, gather.timeout)
        if outcome is None:
            return self._first_key(gather, sound)
        if outcome.phrases:
            return meaning(flow, gather, outcome.phrases, outcome.confidence)
        return _known_key(outcome.key) if outcome.key else None

    def _first_key(self, gather: Gather, sound: Sound) -> str | None:
        self._lease(sound.seconds + gather.timeout)
        try:
            key, data = self._agi.ask("GET DATA", sound.path, gather.timeout * 1000, 1)
        except AGIHangup:
            raise
        except AGIAppError:
            # A question that cannot be heard can still be answered.
            log.error("a prompt cannot be played", file=sound.path)
            return self._next_key(gather)
        if not key:
            return None if data == "timeout" else TERMINATOR
        return _known_key(key)

    def _next_key(self, gather: Gather) -> str | None:
        self._lease(gather.timeout)
        code, _ = self._agi.ask("WAIT FOR DIGIT", gather.timeout * 1000)
        return None if code == "0" else _known_key(chr(int(code)) if ASCII_CODE.fullmatch(code) else "")

    def _number(self, gather: Gather, first: str) -> str:
        """The rest of a number, key by key, so that `*` takes the caller back at once and not after a timeout."""
        digits = first
        while len(digits) < gather.max_digits and GIVE_UP not in digits:
            key = self._next_key(gather)
            if key is None or key == TERMINATOR:
                return digits
            digits += key
        # A terminator after the last digit still belongs to the number and is not meant for the next gather.
        self._number_was_full = GIVE_UP not in digits
        return digits

    def _play_out(self, live: Live) -> None:
        self._number_was_full = False
        try:
            self._stream(live.turn.prompts)
        except AGIHangup:
            raise
        except AGIAppError as error:
            log.error("a prompt cannot be played", prompts=[prompt.name for prompt in live.turn.prompts])
            if isinstance(live.turn.state.position, AtNotice | AtAssistantNotice):
                raise NoticeUnheard from error

    def _stream(self, prompts: tuple[Prompt, ...]) -> None:
        for piece in pieces(prompts):
            sound = self._sound(piece)
            self._lease(sound.seconds)
            self._agi.ask("STREAM FILE", sound.path, "")

    def _sound(self, prompts: tuple[Prompt, ...]) -> Sound:
        try:
            return self._sounds(prompts)
        except AudioError as error:
            log.error("a prompt cannot be made", reason=str(error))
            return MISSING

    def _lease(self, seconds: float) -> None:
        """See that the call is ours for so long; soon after, Asterisk takes it away from a process that hangs."""
        needed, now = int(seconds) + PATIENCE, time.monotonic()
        # In a bridge the timer would end the conversation.
        if now + needed > self._leased_until and not self._is_bridged:
            longest = max(needed, LEASE_SECONDS)
            self._leased_until = now + longest
            self._set(IVR_MET="yes", **{"TIMEOUT(absolute)": longest})
        self._agi.reply_seconds = needed + PATIENCE

    def _set(self, **variables: object) -> None:
        """Set channel variables, all in one exchange."""
        self._agi.ask("EXEC MSet", ",".join(f"{name}={value}" for name, value in variables.items()))


def _known_key(key: str) -> str:
    if not KEY.fullmatch(key):
        raise ProtocolError("a key that no telephone has")
    return key
