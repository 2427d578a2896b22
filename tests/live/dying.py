"""An IVR process that takes a carrier's leg and gets no further."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from centrala import context
from centrala.carrier import make_take_leg
from centrala.service import make_runner
from ivr.gateways.agi.leg import taken
from ivr.gateways.agi.protocol import SafeAGI
from ivr.library import Library
from ivr.live import Live as Call
from tests.live.callers import PATIENCE
from tests.live.stations import Live


@contextmanager
def dying(service: Live) -> Iterator[Future[Call | None]]:
    """Stand where the service's first process has stood; the call that was taken. Dies with the context."""
    listener = socket.create_server(("127.0.0.1", service.station.addresses.nodes[0]))
    with listener, ThreadPoolExecutor(1) as pool:
        listener.settimeout(PATIENCE)
        connections: list[socket.socket] = []
        yield pool.submit(_take, service, listener, connections)
        for connection in connections:
            connection.close()


def _take(service: Live, listener: socket.socket, connections: list[socket.socket]) -> Call | None:
    connection, _ = listener.accept()
    connections.append(connection)
    agi = SafeAGI(connection.makefile("rb"), connection.makefile("wb"))
    runner = make_runner(service.installation, Library(service.database), node="dying", now=context.now)
    take = make_take_leg(service.installation, runner, context.now)
    return taken(agi, take, agi.env["agi_arg_1"], agi.env["agi_arg_18"])
