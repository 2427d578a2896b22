"""What of the Asterisk configuration is there only where it is needed."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, time
from pathlib import Path

from routing.asterisk.plan import Carrier, Distribution, Fallback, Folders, Manager, Outbound, Plan, Sip
from routing.asterisk.rendering import render
from routing.hours import Hours, Span
from routing.queues import Queue

MONDAY = date(2026, 11, 23)
TRUNK = "198.51.100.7:5060"
PLACE = Path("/srv")
ALONE = Plan(
    folders=Folders(*[PLACE] * 8),
    sip=Sip("127.0.0.1:5060", 20000, 20999, ("127.0.0.1",), ("225601600",), ("alaw",), ()),
    nodes=("127.0.0.1:4573",),
    queues=(Queue("help", "daytime", ("11",)),),
    distribution=Distribution(20, 10, 1800, 45, 0),
    fallback=Fallback(
        "help", Hours("Europe/Warsaw", {0: (Span(time(7), time(18)),)}), "connecting", "closed", "unanswered", "goodbye"
    ),
    language="pl",
    key=bytes(32),
    manager=Manager("127.0.0.1", 5038, "centrala"),
)
CALLING_BACK = replace(ALONE, login=True, outbound=Outbound(TRUNK, 30, "nobody-answers", "closed"))
# Where the dialplan goes on, by name, and whoever it sends there.
CONTEXT = re.compile(r"^\[([\w-]+)\]", re.MULTILINE)
GOES_TO = re.compile(r"[(?:,]([a-z][\w-]*),(?:s|h|down),1\b")


def test_where_nobody_is_called_back_nobody_can_be_called() -> None:
    """There is no way out by the trunk, and the manager's user may place no call."""
    files = render(ALONE, MONDAY)
    assert ("", []) == (files["callbacks.conf"], [name for name, text in files.items() if "@outbound" in text])
    assert "write = reporting,call\n" in files["manager.conf"]


def test_where_callers_are_called_back_it_is_by_the_trunk() -> None:
    """In opening hours, by a line that the manager's user may put up."""
    files = render(CALLING_BACK, MONDAY)
    assert "#include callbacks.conf\n" in files["extensions.conf"]
    assert f"contact = sip:{TRUNK}\n" in files["pjsip.conf"]
    assert "write = reporting,call,originate\n" in files["manager.conf"]


def test_without_a_login_there_is_no_code_for_one() -> None:
    """Nor anything that it needs: what is not used is not loaded."""
    without, with_login = (render(replace(ALONE, login=login), MONDAY) for login in (False, True))
    words = ("authenticate =", "#authenticate", "FRAME_DROP(", "app_chanspy", "func_frame_drop", "[silence]")
    assert [] == [(name, word) for name, text in without.items() for word in words if word in text]
    assert set(words) == {word for word in words if any(word in text for text in with_login.values())}


def test_every_way_in_the_dialplan_leads_somewhere() -> None:
    """A context that is gone to is there."""
    files = render(CALLING_BACK, MONDAY)
    dialplan = files["extensions.conf"] + "".join(
        files[name] for name in re.findall(r"^#include (.+)$", files["extensions.conf"], re.MULTILINE)
    )
    wanted, there = {*GOES_TO.findall(dialplan)}, {*CONTEXT.findall(dialplan)}
    assert {"ivr", "callback-calls", "callback-closed"} <= wanted
    assert set() == wanted - there


def test_legs_come_in_only_where_there_is_a_carrier() -> None:
    """From its hosts they reach the extension for legs and no number; who it is from is never believed."""
    bare = render(ALONE, MONDAY)
    assert "" == bare["carrier.conf"]
    assert [] == [name for name, text in bare.items() if "carrier" in text]
    files = render(replace(ALONE, carrier=Carrier("carried", ("198.51.100.9",), ("Turn", "Signature"))), MONDAY)
    assert "context = from-carrier\n" in files["pjsip.conf"]
    assert "exten => carried,1,Goto(carrier-leg,s,1)\n" in files["extensions.conf"]
    before, asked, _ = files["carrier.conf"].partition("AGI(")
    assert asked
    assert "CALLERID(num)=,CALLERID(name)=)" in before
    assert "225601600" not in files["carrier.conf"]


def test_of_a_leg_that_is_taken_the_dialplan_tells_the_end() -> None:
    """Also before it stands in a queue; unless Asterisk itself has turned its caller away, who is still there."""
    carrier = render(replace(ALONE, carrier=Carrier("carried", (), ("Turn",))), MONDAY)["carrier.conf"]
    assert 'exten => h,1,GotoIf($["${LEG_TAKEN}" = "yes"]?gone,s,1)\n' in carrier
    assert " same => n,Set(LEG_TAKEN=)\n same => n,Hangup(21)\n" in carrier


def test_where_nobody_listens_asterisk_has_no_engine() -> None:
    """Else it has ours, and what that needs: signed linear sound alone."""
    without, listening = (render(replace(ALONE, recogniser=one), MONDAY) for one in (None, "127.0.0.1:4574"))
    assert "aeap" not in without["modules.conf"]
    assert "[centrala]" not in without["aeap.conf"]
    assert "load = res_speech_aeap.so\n" in listening["modules.conf"]
    # Else no note could be left about a caller who has spoken.
    assert "live_dangerously = no\n" in without["asterisk.conf"]
    assert "live_dangerously = yes\n" in listening["asterisk.conf"]
    assert {"codecs = !all,slin", "url = ws://127.0.0.1:4574"} <= set(listening["aeap.conf"].splitlines())
