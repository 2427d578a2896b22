"""Two processes hold one call: one of them goes on, and the caller hears one service."""

from __future__ import annotations

from collections.abc import Callable

from ivr.events import Reentered
from tests.agi.peers import Peer, introduction
from tests.live.callers import row_of
from tests.live.stations import Live
from tests.live.stories import Caller, nothing_stays, unfinished

Numbers = Callable[[], str]


def test_a_call_that_another_process_took_is_not_carried_twice(helpline: Live, numbers: Numbers) -> None:
    """While a caller is in a menu of one process, the other is told that the call has come to it.

    The next key finds the first process superseded, which lets go; Asterisk brings the call to the second one, where
    the late session is superseded in turn. The caller hears the menu again, and each turn is there once.
    """
    caller = Caller(helpline, numbers())
    with nothing_stays(helpline):
        caller.dials()
        caller.hears("main")
        row = row_of(helpline, caller.ani)
        assert row is not None
        with Peer(("127.0.0.1", helpline.station.addresses.nodes[1])) as other:
            other.send(introduction(row.id))
            for command in other.commands():
                if command.startswith("GET DATA"):
                    break
                other.send("200 result=1")
            caller.keys("0")
            caller.hears("main", times=2)
            other.send("200 result=3")
            assert [] == list(other.commands())
        caller.keys("0")
        caller.hears("topics")
        caller.hangs_up()
        kept = caller.account()

    assert list(range(1, len(kept.turns) + 1)) == [turn.seq for turn in kept.turns]
    assert 2 == sum(isinstance(event, Reentered) for event in kept.events)
    assert "topics" == kept.row.ended_where
    assert "unknown" not in " ".join(caller.heard())
    assert [] == unfinished(helpline)
