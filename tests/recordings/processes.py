"""The intake and the job in processes of their own, which may be killed."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from datetime import date
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from recordings import runs
from recordings.purge import Step, Watch, unwatched
from recordings.runs import Busy, Limits
from storage.database import Database
from tests.recordings.kept import at_noon, places_in

ALL = Limits(share=1.0, batch=2)
PATIENCE = 60.0

context = multiprocessing.get_context("forkserver")
# What all of them run, so that each need not import it anew.
context.set_forkserver_preload([__name__, "tests.personal_data.processes", "tests.subjects.dying"])


def killed_taking_in(environment: dict[str, str], step: int, *file: str) -> None:
    """Have a process take in what is there, or import a file, killed after that step."""
    words = (sys.executable, "-W", "ignore", "-m", "tests.recordings.dying", str(int(step)), *file)
    done = subprocess.run(words, env={**os.environ, **environment}, check=False, capture_output=True, text=True)
    assert -signal.SIGKILL == done.returncode, done.stderr


def dying(moment: int) -> Watch:
    """Have this process killed at so many steps."""
    left = moment

    def watch(step: Step, number: int) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    return watch


def run_and_die(url: str, folder: Path, today: date, moment: int) -> None:
    """Run the job, and be killed at so many steps."""
    runs.once(places_in(folder, Database(url)), today, "killed", at_noon(today), ALL, dying(moment))


def run_together(url: str, folder: Path, today: date, start: Any, told: Any) -> None:
    """Run the job when all others are ready, and tell what became of it."""
    places = places_in(folder, Database(url))
    start.wait(PATIENCE)
    try:
        run = runs.once(places, today, "together", at_noon(today), ALL, unwatched)
        told.put("found done" if run.was_done else f"purged {run.purged}")
    except Busy:
        told.put("busy")


def started(target: Any, *arguments: Any) -> BaseProcess:
    """A process that does this."""
    process = context.Process(target=target, args=arguments)
    process.start()
    return process


def ended(process: BaseProcess) -> int:
    """How it ended: its exit code, or the signal below zero."""
    process.join(PATIENCE)
    assert process.exitcode is not None, "it does not end"
    return process.exitcode
