"""What is done with recordings is told to the audit: by whom, and about whom, before it is done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from recordings import catalogue
from recordings.purge import Places
from tests.cli.conftest import Run, lines
from tests.cli.keeping import opened, recorded
from tests.recordings.kept import LAST_DAY, a_recording, id_of, keep, put_aside

HOLD = ("recordings", "hold", "place", "--case", "II K 1/26", "--reason", "a complaint", "--by", "anna")


@pytest.fixture
def places(run: Run, tmp_path: Path) -> Iterator[Places]:
    """An installation with an imported recording of a caller's number, and two of calls that nobody knows."""
    with opened(tmp_path / "home") as made:
        imported = a_recording(1, call_id=None, origin="import:1")
        keep(made, imported, a_recording(2), a_recording(3, caller="600100201"))
        yield made


def told(run: Run) -> list[dict[str, Any]]:
    """What the audit tells; it is whole, and holds no number."""
    listed = run("audit", "list", "--json")
    assert "600100" not in listed.stdout
    assert 0 == run("audit", "verify").exit_code
    return lines(listed)


def actions(run: Run) -> list[tuple[str, str]]:
    """What was done with what."""
    return [(line["action"], line["object"]) for line in told(run)]


def test_who_plays_a_recording_is_told_before_it_sounds(
    run: Run, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever stops it at the first sound has played it."""
    before: list[tuple[str, str]] = []

    def sound(*pieces: object) -> Iterator[bytes]:
        before.extend(actions(run))
        return iter((b"a sound",))

    monkeypatch.setattr("centrala.commands.recording_playback.chain", sound)
    assert 0 == run("recordings", "play", id_of(1)).exit_code
    assert [("recording played", f"recording:{id_of(1)}")] == before


def test_about_whom_it_was_is_told_by_a_pseudonym(run: Run, places: Places) -> None:
    """One for each caller; none where the call is nobody's."""
    for number in (1, 1, 2):
        assert 0 == run("recordings", "show", id_of(number)).exit_code
    one, again, nobody = told(run)
    assert (64, one["person"], None) == (len(one["person"]), again["person"], nobody["person"])
    assert {"recording shown"} == {line["action"] for line in (one, again, nobody)}


def test_what_may_not_be_played_is_refused_and_told(run: Run, places: Places) -> None:
    """Quarantined, without a key, damaged at its beginning, and what never was."""
    aside = put_aside(places, 5, LAST_DAY)
    places.archive.keys.destroy([id_of(1)])
    places.archive.path(id_of(2)).write_bytes(b"noise")
    for id in (aside, id_of(1), id_of(2), id_of(77), "600100200"):
        assert 2 == run("recordings", "play", id).exit_code
    expected = [
        (f"recording:{aside}", "quarantined"),
        (f"recording:{id_of(1)}", "it does not open: KeyMissing"),
        (f"recording:{id_of(2)}", "it does not open: SealBroken"),
        (f"recording:{id_of(77)}", "there is none"),
        ("recording:unknown", "there is none"),
    ]
    assert expected == [(line["object"], line["details"]) for line in told(run)]
    assert {"recording refused"} == {line["action"] for line in told(run)}


def test_holds_are_told_for_each_recording(run: Run, places: Places) -> None:
    """Placed and lifted, by whom; which case it is stays with the hold."""
    assert 0 == run(*HOLD, "--consultant", "1701").exit_code
    assert 0 == run("recordings", "hold", "lift", "--case", "II K 1/26", "--by", "jan").exit_code
    found = told(run)
    assert [("anna", "hold placed")] * 3 + [("jan", "hold lifted")] * 3 == [
        (line["actor"], line["action"]) for line in found
    ]
    assert {f"recording:{id_of(number)}" for number in (1, 2, 3)} == {line["object"] for line in found}
    assert 1 == len({line["details"] for line in found})
    assert "II K" not in str(found)


def test_withdrawn_consent_is_told_with_whom_it_was_of(run: Run, places: Places) -> None:
    """Afterwards nobody could tell."""
    assert 0 == run("recordings", "withdraw", "--recording", id_of(1), "--yes", "--by", "anna").exit_code
    (found,) = told(run)
    assert ("anna", "consent withdrawn", 64) == (found["actor"], found["action"], len(found["person"]))
    with places.database.reading() as connection:
        assert catalogue.find(connection, id_of(1)) is None


def test_withdrawn_consent_to_a_call_is_told_with_each_of_its_recordings(run: Run, places: Places) -> None:
    """And by itself where all is still to be taken in."""
    call, other = id_of(1002), id_of(1009)
    recorded(places, other)
    for one in (call, other):
        assert 0 == run("recordings", "withdraw", "--call", one, "--yes").exit_code
    objects = [f"call:{call}", f"recording:{id_of(2)}", f"call:{other}"]
    assert [("consent withdrawn", one) for one in objects] == actions(run)


def test_a_score_is_told_with_whom_the_conversation_was_of(run: Run, places: Places) -> None:
    """What was not taken is not told: the entry is of the score's transaction."""
    marks = ("--correctness", "4", "--service", "5", "--by", "anna")
    assert 0 == run("recordings", "score", id_of(1), *marks).exit_code
    assert 2 == run("recordings", "score", id_of(1), *marks).exit_code
    (found,) = told(run)
    assert ("anna", "recording scored", 64) == (found["actor"], found["action"], len(found["person"]))


def test_keys_are_rotated_with_an_entry_and_pseudonyms_stay(run: Run, places: Places) -> None:
    """People's keys are wrapped anew as well."""
    run("recordings", "show", id_of(1))
    rotated = run("recordings", "keys", "rotate")
    run("recordings", "show", id_of(1))
    before, keys, after = told(run)
    assert "4 keys are wrapped" in rotated.stdout
    assert ("keys rotated", None, "4 were wrapped") == (keys["action"], keys["person"], keys["details"])
    assert before["person"] == after["person"]


def test_a_hold_does_not_wait_for_keys(run: Run, places: Places, tmp_path: Path) -> None:
    """Without them the entry tells of nobody, and says why."""
    (tmp_path / "home" / "keys" / "recording-keys.db").rename(tmp_path / "elsewhere.db")
    assert 0 == run(*HOLD, "--recording", id_of(1)).exit_code
    (found,) = told(run)
    assert (None, True) == (found["person"], found["details"].endswith("keys are missing"))


def test_people_are_no_orphans(run: Run, places: Places) -> None:
    """Their keys lie beside those of recordings."""
    assert 0 == run("recordings", "show", id_of(1)).exit_code
    found = run("recordings", "orphans")
    assert "key without row" not in found.stdout
