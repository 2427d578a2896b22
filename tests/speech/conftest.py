"""A recogniser with the shipped models, and callers whose voices no training has heard."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping

import pytest

import provision
from demo.asterisk_process import free_port
from speech.models import inspect, shipped
from speech.recognition import Model
from speech.server import listen
from speech.threads import Threads
from tests.speech.peers import Address


@pytest.fixture(scope="session")
def voices() -> None:
    """espeak-ng; where it cannot be had, the tests say why they are skipped."""
    try:
        provision.espeak_ng()
    except provision.ProvisionError as error:
        pytest.skip(f"no espeak-ng: {error}")


@pytest.fixture(scope="session")
def models() -> Mapping[str, Model]:
    """The models that come with Centrala, loaded by the real library."""
    return {lang: Model(inspect(shipped(lang))) for lang in ("pl", "uk")}


@pytest.fixture(scope="session")
def recogniser(models: Mapping[str, Model]) -> Iterator[Address]:
    """Where a recogniser listens, in this process."""
    port = free_port()
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(listen("127.0.0.1", port, models, Threads(2)))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    yield "127.0.0.1", port
    loop.call_soon_threadsafe(server.close)
    asyncio.run_coroutine_threadsafe(server.wait_closed(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
