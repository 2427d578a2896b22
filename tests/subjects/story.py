"""People whose data lie side by side: they share a telephone, call one another, and talk to the same consultants.

Ewa has a profile and is authenticated in her call. Jan calls from the same telephone. Ola has another one, and asks to
be called back at theirs. Their calls go through the shipped menus, turn by turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count

from auth_pin import profiles
from centrala.archiving import take_in
from centrala.service import make_authenticator, make_mandates, profile_keys
from ivr.events import CALLBACK_REQUESTED
from ivr.library import Library
from ivr.menus.loading import load_menus
from ivr.runner import Conversation, Runner, hang_up
from recordings.archive import Archive
from recordings.identity import id_of, of_call
from recordings.intake import Intake
from recordings.key_encryption import KeyEncryption
from recordings.key_store import KeyStore
from recordings.purge import Places
from routing import text_messages
from routing.text_messages import Limits, TextMessage
from storage.installation import Installation
from subjects import erasure, people
from subjects.decision import Decided
from subjects.erasure import Erasing, Watch
from subjects.holdings import Holdings
from subjects.people import Person
from subjects.pseudonyms import Pseudonyms
from tests.auth_pin.people import EWA
from tests.menu_files import SHIPPED
from tests.recordings.conftest import FIRST_KEY
from tests.recordings.places import RULES
from tests.recordings.sounds import tone, write
from tests.runner.conftest import MONDAY, Clock, Line

SHARED, OLAS = "600100200", "601222333"
SHARED_NUMBER, OLAS_NUMBER = "+48600100200", "+48601222333"
CONSULTANTS = ("anna.nowak", "jan.lis")
LATER = MONDAY + timedelta(hours=2)
TODAY = date(2026, 11, 23)
COUNTRY = "PL"


def ignored(step: int, number: int) -> None:
    """Nobody watches."""


@dataclass(slots=True)
class Story:
    """What happened, and where it is kept."""

    installation: Installation
    keys: KeyStore
    runner: Runner
    clock: Clock
    calls: dict[str, Line] = field(default_factory=dict)
    _sounds: Iterator[int] = field(default_factory=lambda: count(300, 50))

    @property
    def places(self) -> Places:
        """Where recordings lie."""
        return Places(self.installation.database, self.archive, self.installation.home)

    @property
    def archive(self) -> Archive:
        """The archive."""
        return Archive(self.installation.home.archive, self.keys)

    @property
    def pseudonyms(self) -> Pseudonyms:
        """What the audit calls people."""
        return Pseudonyms(self.keys, self.installation.key("identifier"))

    def person(self, identifier: str | None = None, number: str | None = None) -> Person:
        """Somebody, as an operator names them."""
        with self.installation.database.reading() as connection:
            return people.found(connection, COUNTRY, self.installation.key("identifier"), identifier, number)

    def held(self, identifier: str | None = None, number: str | None = None) -> Holdings:
        """What is held on somebody."""
        return Holdings(self.person(identifier, number), LATER)

    def erases(self, held: Holdings, watch: Watch = ignored) -> Decided:
        """Erase somebody."""
        return erasure.erase(Erasing(self.places, self.pseudonyms, held, "an operator", TODAY, watch))

    def calls_in(self, name: str, ani: str, *keys: str) -> Line:
        """Somebody calls and keys their way to a consultant."""
        line = self.calls[name] = Line(self.installation.database, ani)
        line.arrives(self.runner)
        line.keys(self.runner, *keys)
        line.hears_out(self.runner)
        return line

    def talks(self, line: Line, consultant: str, sent_on: str | None = None) -> None:
        """A consultant answers; what is said is recorded, and the caller comes back, or is sent on to a topic."""
        answered_at = self.clock.wait(minutes=1)
        self.clock.wait(minutes=2)
        caller, agent = (f"{line.id}-{line.now.seq}-{side}.wav" for side in ("r", "t"))
        for name in (caller, agent):
            write(self.installation.home.recordings / name, tone(0.2, hertz=next(self._sounds)))
        stay = Conversation("answered", consultant, answered_at, caller, agent, turn=line.now.seq)
        if sent_on is None:
            line.leaves_queue(self.runner, stay)
        else:
            line.live = self.runner.send_on(line.arrival, stay, sent_on)
            line.hears_out(self.runner)

    def writes_to(self, number: str, about: str | None = None) -> str:
        """A text message to a number, about somebody's call or none; its id."""
        call = None if about is None else self.calls[about].id
        id = f"{about or 'nobody'} {number}"
        message = TextMessage(id, id, number, "callback-missed", "pl", LATER, LATER, call_id=call)
        with self.installation.database.writing() as connection:
            text_messages.request(connection, message, Limits(9, 9))
        return id

    def hangs_up(self, line: Line) -> None:
        """The caller has heard enough."""
        line.live = hang_up(self.runner, line.now)

    def takes_in(self) -> None:
        """What was recorded is taken into the archive."""
        intake = Intake(self.installation.database, self.archive, self.installation.home, RULES)
        at = self.clock()
        list(take_in(self.installation.database, lambda part, about: intake.take_part(part, about, at)))

    def recordings_of(self, name: str) -> list[str]:
        """The ids of the recordings of somebody's call, taken in or not."""
        return [id_of(of_call(part.call_id, part.seq)) for part in self.calls[name].parts]

    def marks(self, *names: str) -> set[str]:
        """What tells of these people's calls: in what is another's, none of it may stand."""
        return {mark for name in names for mark in (self.calls[name].id, *self.recordings_of(name))}


@contextmanager
def opened(installation: Installation) -> Iterator[Story]:
    """An installation in which something may happen."""
    clock, library = Clock(), Library(installation.database)
    library.publish(load_menus(SHIPPED), MONDAY)
    runner = Runner(
        installation.database,
        library,
        make_authenticator(installation),
        make_mandates(installation),
        node="one",
        now=clock,
        draw=lambda call, share: True,
    )
    with closing(KeyStore(f"sqlite:///{installation.home.path / 'keys.db'}", KeyEncryption(FIRST_KEY))) as keys:
        yield Story(installation, keys, runner, clock)


@contextmanager
def tell(installation: Installation) -> Iterator[Story]:
    """The whole story; what was recorded is taken in, but for Jan's second call."""
    with opened(installation) as story:
        secret = profile_keys(installation)
        profiles.add(installation.database, secret, EWA.identifier, EWA.pin, profiles.State.CONFIRMED, MONDAY)
        ewa = story.calls_in("ewa", SHARED, "2", EWA.identifier, EWA.pin, "0", "2")
        story.talks(ewa, CONSULTANTS[0], sent_on="doctors")
        story.talks(ewa, CONSULTANTS[1])
        story.hangs_up(ewa)
        jan = story.calls_in("jan", SHARED, "0", "3")
        story.talks(jan, CONSULTANTS[1])
        jan.keys(story.runner, "1", "1", "1")
        story.hangs_up(jan)
        story.takes_in()
        again = story.calls_in("jan again", SHARED, "0", "3")
        story.talks(again, CONSULTANTS[0])
        story.hangs_up(again)
        ola = story.calls_in("ola", OLAS, "0", "2")
        story.clock.wait(minutes=1)
        ola.leaves_queue(story.runner, Conversation(CALLBACK_REQUESTED))
        ola.keys(story.runner, "2", SHARED, "1")
        ola.hears_out(story.runner)
        yield story
