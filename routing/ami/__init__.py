"""Asterisk's manager interface (AMI), in one place.

    with Ami(("127.0.0.1", 5038), "centrala", secret) as ami:
        ami.subscribe(("QueueMemberStatus",), inbox.put)
        reply = ami.send("QueueStatus", Queue="pensions")

pyst2 0.5.1's `asterisk.manager` hands concurrent actions each other's responses, waits for ever, cannot connect twice,
ends all dispatch when one callback raises, fails on Python 3 where a message holds channel variables, and lets line
breaks into what it sends. Its messages and errors are kept; reading, writing and the threads are made anew.
"""

from routing.ami.client import Ami, Callback, Reply
from routing.ami.faults import AmiError, Disconnected, NoReply, ProtocolError, Refused
from routing.ami.follower import AGAIN_SECONDS, Follower
from routing.ami.messages import Event, Message, Value
from routing.ami.patience import Patience

__all__ = [
    "AGAIN_SECONDS",
    "Ami",
    "AmiError",
    "Callback",
    "Disconnected",
    "Event",
    "Follower",
    "Message",
    "NoReply",
    "Patience",
    "ProtocolError",
    "Refused",
    "Reply",
    "Value",
]
