"""Scripts of calls that together go every way through a menu file. Pure.

A script is what a caller does at each wait, and what the world is like meanwhile. It is played on any gateway, and
`expected` says what must then happen. Who may authenticate is the same in all of them (`profiles`); offices are those
of the flow's own tables.

    exploration = explore(flow)
    written = scripts(flow, exploration)
    print(coverage(flow, exploration, written))
"""

from __future__ import annotations

from ivr.scripts.playing import Coverage, Happened, coverage, expected, happened, moment, spoken
from ivr.scripts.script import Act, HangUp, Key, Listen, Profile, Queue, Script, besieged, profiles
from ivr.scripts.writing import scripts

__all__ = [
    "Act",
    "Coverage",
    "HangUp",
    "Happened",
    "Key",
    "Listen",
    "Profile",
    "Queue",
    "Script",
    "besieged",
    "coverage",
    "expected",
    "happened",
    "moment",
    "profiles",
    "scripts",
    "spoken",
]
