"""A connection that is left a moment later than its peer has said so.

Asterisk's `res_aeap` (22.10.1) says goodbye and closes its socket at once, while a thread of its own still reads from
it, and waits for that thread with the caller's channel. If the goodbye comes back before the socket is closed, the
thread reads on from a descriptor that may be somebody else's by then, and neither ever ends. Later it finds the socket
closed.
"""

from __future__ import annotations

import asyncio

from websockets.asyncio.server import ServerConnection

# Longer than a thread of Asterisk's is kept from going on by a busy machine; once in a call somebody waits for it.
GOODBYE_SECONDS = 0.2


class LateGoodbye(ServerConnection):
    """A connection that answers everything at once, but not its peer's goodbye."""

    _is_late = False

    def send_data(self) -> None:
        """Send what there is to send, the answer to a goodbye among it."""
        if self.protocol.close_rcvd is None or self._is_late:
            super().send_data()
        else:
            self._is_late = True
            asyncio.get_running_loop().call_later(GOODBYE_SECONDS, super().send_data)
