"""Whoever takes a recording in may be killed after any step: run again, it ends as if nothing had happened."""

from __future__ import annotations

from pathlib import Path
from threading import Thread

import pytest

from recordings import consents, withdrawal
from recordings.identity import id_of, of_call
from recordings.intake import WITHDRAWN, Fate, Intake, Step
from recordings.serial import one_at_a_time
from storage.installation import Installation
from tests.recordings.conftest import NOW
from tests.recordings.places import IMPORTED, OTHER_CALL, Place, place
from tests.recordings.processes import killed_taking_in
from tests.recordings.sounds import tone, write
from tests.recordings.staying import until

STEPS = (0, *Step)
# Whether the intake comes first or the withdrawal: who has to wait for the other does so for much longer than this.
WAITS_SECONDS = 0.3
REJECTED = (Step.DECIDING, Step.DECIDED, Step.ONE_FILE_GONE, Step.FILES_GONE, Step.SETTLED)


@pytest.fixture
def here(installation: Installation) -> Place:
    """A new installation: once with SQLite, once with PostgreSQL."""
    return place(installation)


def finish(here: Place) -> None:
    """Do what is left."""
    for part in here.unsettled:
        here.takes(part)


def heard_without_a_kill(here: Place) -> bytes:
    """The sound of the same conversation, taken in at one go under another number."""
    part = here.records(consent=None, seq=5)
    assert Fate.TAKEN_IN == here.takes(part)
    with here.archive() as archive:
        return b"".join(archive.sound(id_of(of_call(part.call_id, 5))))


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name if step else "BEFORE")
def test_killed_after_any_step_it_is_taken_in_once(here: Place, environment: dict[str, str], step: int) -> None:
    """One row, one sealed file with the same sound, and nothing plain."""
    here.records()
    killed_taking_in(environment, step)
    finish(here)
    assert (1, ["sealed"], [], ()) == (here.rows, here.sealed, here.plain, here.unsettled)
    assert heard_without_a_kill(here) == here.sound()


@pytest.mark.parametrize("step", REJECTED, ids=lambda step: step.name)
@pytest.mark.parametrize("consent", [True, False])
def test_killed_after_any_step_it_is_rejected_once(
    here: Place, environment: dict[str, str], step: int, consent: bool
) -> None:
    """What is damaged lies in the quarantine, whole; of what nobody consented to nothing is left."""
    part = here.records(consent=consent)
    if consent:
        write(here.home.recordings / part.caller_file, tone(1), channels=2)
    killed_taking_in(environment, step)
    finish(here)
    assert here.rejected is not None
    assert consent == here.rejected.quarantined
    assert (["4-a.wav", "4-caller.wav"] if consent else []) == here.quarantined
    assert (0, [], [], ()) == (here.rows, here.sealed, here.plain, here.unsettled)


@pytest.mark.parametrize("step", [step for step in Step if step <= Step.DECIDED], ids=lambda step: step.name)
def test_killed_after_any_step_a_file_is_imported_once(
    here: Place, environment: dict[str, str], tmp_path: Path, step: int
) -> None:
    """Byte for byte; the file itself stays."""
    path = write(tmp_path / "a.wav", tone(2))
    killed_taking_in(environment, step, str(path))
    with here.archive() as archive:
        intake = Intake(here.database, archive, here.home, here.rules)
        fate = intake.take_file(path, IMPORTED, consent=True, at=NOW)
        assert path.read_bytes() == b"".join(archive.sound(id_of(IMPORTED.origin)))
    assert (Fate.KNOWN if step == Step.DECIDED else Fate.TAKEN_IN) == fate
    assert (1, ["sealed"], []) == (here.rows, here.sealed, here.plain)


def test_what_a_killed_process_had_not_finished_sealing_is_overwritten(here: Place) -> None:
    """The half of a sealed file that it left has the name under which the next one writes."""
    part = here.records()
    with here.archive() as archive:
        for path in archive.files(id_of(of_call(part.call_id, 4))):
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"half")
    assert Fate.TAKEN_IN == here.takes(part, NOW)
    assert ["sealed"] == here.sealed
    assert heard_without_a_kill(here) == here.sound()


def nothing_is_kept(here: Place) -> bool:
    """Neither sound nor key, plain or sealed, and nothing is left to do."""
    return (0, [], [], [], [], ()) == (
        here.rows,
        here.sealed,
        here.key_ids,
        here.plain,
        here.quarantined,
        here.unsettled,
    )


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name if step else "BEFORE")
def test_withdrawn_after_a_kill_nothing_is_kept(here: Place, environment: dict[str, str], step: int) -> None:
    """Whatever was sealed by then; a recording that was taken in is destroyed at once."""
    part = here.records()
    killed_taking_in(environment, step)
    done = here.withdraws(withdrawal.of_call(part.call_id, NOW))
    assert (step >= Step.DECIDED) == bool(done.destroyed)
    finish(here)
    assert nothing_is_kept(here)


@pytest.mark.parametrize("damaged", [False, True], ids=["whole", "damaged"])
@pytest.mark.parametrize("step", list(Step), ids=lambda step: step.name)
def test_withdrawn_between_steps_nothing_is_kept(here: Place, step: Step, damaged: bool) -> None:
    """Another thread withdraws consent when the intake has come to a step, also while its decision is uncommitted."""
    part = here.records()
    if damaged:
        write(here.home.recordings / part.caller_file, tone(1), channels=2)
    withdrawing = Thread(target=here.withdraws, args=(withdrawal.of_call(part.call_id, NOW),))

    def withdraw(reached: Step) -> None:
        if reached == step:
            withdrawing.start()
            withdrawing.join(WAITS_SECONDS)

    here.at_step = withdraw
    here.takes(part)
    if damaged and step < Step.DECIDING:
        assert step not in here.reached
        return
    assert step in here.reached
    withdrawing.join()
    finish(here)
    assert nothing_is_kept(here)


@pytest.mark.parametrize("damaged", [False, True], ids=["whole", "damaged"])
def test_a_withdrawal_that_is_not_committed_yet_is_waited_for(here: Place, damaged: bool) -> None:
    """The intake has sealed all by then and would decide: it does so afterwards, and knows."""
    part, fates = here.records(), list[Fate]()
    if damaged:
        write(here.home.recordings / part.caller_file, tone(1), channels=2)
    intake = Thread(target=lambda: fates.append(here.takes(part)))
    with here.database.writing() as connection:
        one_at_a_time(connection)
        intake.start()
        until(lambda: damaged or Step.SEALED in here.reached, "all sealed")
        intake.join(WAITS_SECONDS)
        assert intake.is_alive(), "it has decided"
        withdrawal.of_call(part.call_id, NOW)(connection)
    intake.join()
    assert [Fate.WITHDRAWN] == fates
    assert here.rejected is not None
    assert (WITHDRAWN, False) == (here.rejected.reason, here.rejected.quarantined)
    assert nothing_is_kept(here)


def test_the_moment_alone_is_enough(here: Place) -> None:
    """A consultant's code leaves nothing else: what was taken in or put aside by then is found by it, and only that."""
    taken, aside, other = here.records(), here.records(consent=None, seq=5), here.records(call_id=OTHER_CALL)
    write(here.home.recordings / aside.caller_file, tone(1), channels=2)
    assert [Fate.TAKEN_IN, Fate.QUARANTINED, Fate.TAKEN_IN] == [here.takes(part) for part in (taken, aside, other)]
    with here.database.writing() as connection:
        consents.withdraw(connection, taken.call_id, NOW)
    done = here.withdraws(withdrawal.outstanding)
    ids = [id_of(of_call(part.call_id, part.seq)) for part in (taken, aside)]
    assert (frozenset(ids), frozenset()) == (done.destroyed, done.held)
    assert (1, [], []) == (here.rows, here.quarantined, here.plain)
    assert [id_of(of_call(other.call_id, other.seq))] == here.key_ids
    assert frozenset() == here.withdraws(withdrawal.outstanding).destroyed
