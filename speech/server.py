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

from speech.listening import Question, Skips
from speech.messages import (
    CODEC,
    GOODBYE,
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
from speech.recognition import Listener, Model
from speech.threads import Threads

MOST_MESSAGE_BYTES = 64 * 1024

log = structlog.get_logger()


class Stream:
    """One connection of Asterisk's. What comes is read at once, however long listening takes."""

    def __init__(self, peer: ServerConnection, models: Mapping[str, Model], threads: Threads, skips: Skips) -> None:
        self._peer = peer
        self._models = models
        self._threads = threads
        self._skips = skips
        self._tasks = asyncio.TaskGroup()
        self._question: Question | None = None
        self._listening: asyncio.Task[None] | None = None
        self._results = 0

    async def serve(self) -> None:
        """Until the peer leaves, or says what nobody should."""
        try:
            async with self._tasks:
                async for message in self._peer:
                    await self._take(message)
                self._stop()
        except* NotAeap as errors:
            log.warning("a peer does not speak AEAP", reason=str(errors.exceptions[0]))
            await self._peer.close(1002)
        except* ConnectionClosed:
            pass

    async def _take(self, message: str | bytes) -> None:
        if isinstance(message, str):
            await self._told(message)
        elif self._question is not None:
            self._question.take(message)

    async def _told(self, text: str) -> None:
        request = read(text)
        match request:
            case None:
                return
            case Request("setup") if offers_our_codec(request):
                await self._peer.send(answer(request, codecs=[{"name": CODEC}]))
            case Request("set"):
                await self._peer.send(await self._set(request))
                if request.sets(GOODBYE):
                    await self._peer.close()
            case Request("get"):
                await self._peer.send(answer(request, params={"results": []}))
            case _:
                await self._peer.send(refusal(request, "not understood"))

    async def _set(self, request: Request) -> str:
        """A grammar: listen anew. Nothing else has a meaning here."""
        if not request.sets(GRAMMAR):
            return answer(request)
        self._stop()
        asked = listening(request.params[GRAMMAR])
        model = self._models.get(asked.lang)
        if model is None:
            return refusal(request, "no model of that language")
        listener = await self._threads.run(Listener, model, asked)
        if listener.grammar.strange:
            log.warning("phrases with unknown words", lang=asked.lang, count=listener.grammar.strange)
        if not listener.grammar.phrases:
            return refusal(request, "none of the phrases is known")
        self._question = Question(listener.hear, self._threads, self._skips)
        self._listening = self._tasks.create_task(self._answer(self._question, listener.lang))
        return answer(request)

    async def _answer(self, question: Question, lang: str) -> None:
        said = await question.understood()
        # Whoever asks again says so: until then nothing more is heard.
        self._question = None
        self._results += 1
        await self._peer.send(result(self._results, said, lang))

    def _stop(self) -> None:
        """Listen no more. A thread that is at it ends its piece and no other."""
        self._question = None
        if self._listening is not None:
            self._listening.cancel()


async def listen(host: str, port: int, models: Mapping[str, Model], threads: Threads) -> Server:
    """Serve on that address; several processes may share it. Raises OSError."""

    skips = Skips()

    async def handle(peer: ServerConnection) -> None:
        await Stream(peer, models, threads, skips).serve()

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
