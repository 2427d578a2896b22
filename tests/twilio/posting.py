"""An outbox, who sends what is in it, and the API of a carrier that is asked to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection

from centrala.carrier import links_of
from centrala.notifying import MISSED_TEMPLATE, Outbox, Sender
from centrala.settings import Settings
from demo.carrier.api import Api
from ivr.gateways.terminal import Clock
from routing import text_messages
from routing.text_messages import TextMessage
from tests.carried import ACCOUNT, Carried

NUMBER = "+48600100200"


@dataclass(slots=True)
class Post:
    """An outbox, who sends what is in it, and the API that is asked to."""

    carried: Carried
    settings: Settings
    outbox: Outbox
    sender: Sender
    api: Api
    clock: Clock

    def kept(self, key: str) -> TextMessage:
        """The message of that key."""
        with self.outbox.database.reading() as connection:
            return self.kept_in(connection, key)

    def kept_in(self, connection: Connection, key: str) -> TextMessage:
        """The message of that key, as a transaction has it."""
        found = text_messages.find_by_key(connection, key)
        assert found is not None
        return found

    def ask(self, key: str, number: str = NUMBER) -> TextMessage:
        """Have one sent."""
        return self.outbox.request(number, MISSED_TEMPLATE, "pl", key)

    def later(self, length: timedelta) -> None:
        """Time passes, and what is due is sent."""
        self.clock.wait(length)
        self.sender.deliver()


def report(post: Post, id: str, **told: str) -> None:
    """A delivery report, signed by the carrier."""
    url = links_of(post.carried.installation, post.carried.settings).report(id)
    post.carried.line().post(url, {"AccountSid": ACCOUNT, **told})
