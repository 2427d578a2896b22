"""The recogniser as Asterisk speaks to it: a WebSocket server, each connection one call that is listened to.

Whatever a peer sends, its connection ends at worst; what libvosk does to the process is its supervisor's business.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog
from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from speech.messages import (
    CODEC,
    GRAMMAR,
    PROTOCOL,
    NotAeap,
    Request,
    answer,
    listening,
    offers_our_codec,
    read,
    refusal,
    result,
)
from speech.recognition import LINE_RATE, Listener, Model
from speech.resampling import WIDTH
from speech.threads import Threads

MOST_MESSAGE_BYTES = 64 * 1024
# Sound is taken to libvosk in pieces: each trip to another thread costs as much as listening to a frame does.
PIECE_BYTES = LINE_RATE * WIDTH * 60 // 1000
# A telephone that sends nothing while its caller is silent leaves the recogniser without the silence it waits for.
SILENCE_AFTER = 0.1
MOST_SILENCE = 2.0

log = structlog.get_logger()


class Stream:
    """One connection of Asterisk's."""

    def __init__(self, peer: ServerConnection, models: Mapping[str, Model], threads: Threads) -> None:
        self._peer = peer
        self._models = models
        self._threads = threads
        self._listener: Listener | None = None
        self._sound = bytearray()
        self._results = 0
        self._missing = 0.0

    async def serve(self) -> None:
        """Until the peer leaves, or says what nobody should."""
        try:
            while True:
                message = await self._next()
                if isinstance(message, str):
                    await self._told(message)
                elif self._listener is not None:
                    self._sound += message
                    if len(self._sound) >= PIECE_BYTES:
                        await self._listen()
        except NotAeap as error:
            log.warning("a peer does not speak AEAP", reason=str(error))
            await self._peer.close(1002)
        except ConnectionClosed:
            pass

    async def _next(self) -> str | bytes:
        """The next message; where none comes while something is listened for, as much silence."""
        if self._listener is None or self._missing >= MOST_SILENCE:
            self._missing = 0.0
            return await self._peer.recv()
        try:
            async with asyncio.timeout(SILENCE_AFTER):
                message = await self._peer.recv()
        except TimeoutError:
            self._missing += SILENCE_AFTER
            return bytes(int(LINE_RATE * SILENCE_AFTER) * WIDTH)
        self._missing = 0.0
        return message

    async def _told(self, text: str) -> None:
        request = read(text)
        match request:
            case None:
                return
            case Request("setup") if offers_our_codec(request):
                await self._peer.send(answer(request, codecs=[{"name": CODEC}]))
            case Request("set"):
                await self._peer.send(await self._set(request))
            case Request("get"):
                await self._peer.send(answer(request, params={"results": []}))
            case _:
                await self._peer.send(refusal(request, "not understood"))

    async def _set(self, request: Request) -> str:
        """A grammar: listen anew. Nothing else has a meaning here."""
        if not isinstance(request.params, dict) or GRAMMAR not in request.params:
            return answer(request)
        self._listener = None
        self._sound.clear()
        asked = listening(request.params[GRAMMAR])
        model = self._models.get(asked.lang)
        if model is None:
            return refusal(request, "no model of that language")
        listener = await self._threads.run(Listener, model, asked)
        if listener.grammar.strange:
            log.warning("phrases with unknown words", lang=asked.lang, count=listener.grammar.strange)
        if not listener.grammar.phrases:
            return refusal(request, "none of the phrases is known")
        self._listener = listener
        return answer(request)

    async def _listen(self) -> None:
        listener, sound = self._listener, bytes(self._sound)
        self._sound.clear()
        # Half a sample is no sample.
        said = await self._threads.run(listener.hear, sound[: len(sound) // WIDTH * WIDTH]) if listener else None
        if listener is not None and said is not None:
            # Whoever asks again says so: until then nothing more is heard.
            self._listener = None
            self._results += 1
            await self._peer.send(result(self._results, said, listener.lang))


async def listen(host: str, port: int, models: Mapping[str, Model], threads: Threads) -> Server:
    """Serve on that address; several processes may share it. Raises OSError."""

    async def handle(peer: ServerConnection) -> None:
        await Stream(peer, models, threads).serve()

    return await serve(
        handle,
        host,
        port,
        subprotocols=[Subprotocol(PROTOCOL)],
        compression=None,
        max_size=MOST_MESSAGE_BYTES,
        reuse_port=True,
        server_header=None,
    )
