"""The one connection to Asterisk's manager that a process has: whoever wants something of Asterisk asks here.

One thread owns the connection: it connects, logs in, reads, writes what other threads have asked for, and begins anew
when the connection breaks. Everybody else waits for a reply, or is told of events by a callback that must only enqueue.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import random
import secrets
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog
from asterisk.manager import ManagerAuthException, ManagerException

from routing.ami.faults import Disconnected, NoReply, Refused
from routing.ami.link import Link
from routing.ami.messages import Event, Message, Value, encode
from routing.ami.patience import Patience

BOOTED = "FullyBooted"
PING = "Ping"

Callback = Callable[[Event], object]

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reply:
    """What Asterisk replied: the response's headers, and the events of a list that was asked for.

    `number` is that of the reply's last message (Message.number): events with smaller ones are older than what it says.
    """

    headers: dict[str, str]
    events: tuple[Event, ...]
    number: int


class _Asked:
    """An action whose reply has not come yet."""

    def __init__(self) -> None:
        self.reply: Future[Reply] = Future()
        self._response: Message | None = None
        self._events: list[Event] = []

    def take(self, message: Message) -> bool:
        """A message of the reply; whether it was the last one."""
        if "Event" in message.headers:
            self._events.append(Event(message))
        elif message.headers.get("Response") == "Error":
            self.reply.set_exception(Refused(message.headers.get("Message", "Asterisk refused the action")))
            return True
        else:
            self._response = message
        if self._response is None or self._goes_on(message):
            return False
        self.reply.set_result(Reply(self._response.headers, tuple(self._events), message.number))
        return True

    def _goes_on(self, message: Message) -> bool:
        is_list = self._response is not None and self._response.headers.get("EventList", "").lower() == "start"
        return is_list and message.headers.get("EventList", "").lower() not in ("complete", "cancelled")


class Ami:
    """Asterisk's manager at `address`. Safe to share between threads; runs between `start` and `stop`.

    While there is no connection every `send` raises Disconnected at once, and the connection is tried for ever.
    """

    def __init__(self, address: tuple[str, int], user: str, secret: str, patience: Patience = Patience()) -> None:  # noqa: B008
        self._address = address
        self._user, self._secret = user, secret
        self._patience = patience
        self._callbacks: dict[str, list[Callback]] = {}
        self._on_connect: list[Callable[[], object]] = []
        self._lock = threading.Lock()
        self._asked: dict[str, _Asked] = {}
        self._outbox: deque[bytes] = deque()
        self._ready = False
        # What names this process's actions, so that an event that another one asked for is not taken for a reply.
        self._name = secrets.token_hex(4)
        self._count = itertools.count(1)
        self._numbers = itertools.count(1)
        self._wake, self._awake = socket.socketpair()
        self._stopping = threading.Event()
        self._failures = 0
        self._told = False
        self._thread = threading.Thread(target=self._own, name="ami", daemon=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def connected(self) -> bool:
        """Whether actions can be sent: Asterisk has let us in and has fully booted."""
        return self._ready

    def subscribe(self, names: Iterable[str], callback: Callback) -> None:
        """Have `callback` told of events of these names, from now on. It is called in the owner's thread: enqueue."""
        for name in names:
            self._callbacks.setdefault(name, []).append(callback)

    def on_connect(self, callback: Callable[[], object]) -> None:
        """Have `callback` called whenever a connection is ready: all is to be read again. It, too, must enqueue."""
        self._on_connect.append(callback)

    def send(self, action: str, **headers: Value) -> Reply:
        """Have Asterisk do something and wait for its reply, with the whole list where the reply is one.

        Raises Disconnected, NoReply, Refused; ValueError where a header cannot be sent.
        """
        if threading.current_thread() is self._thread:
            raise RuntimeError("a callback must only enqueue: replies come to the thread that it runs in")
        action_id = self._next_id()
        asked = _Asked()
        data = encode(action, action_id, headers)
        with self._lock:
            if not self._ready:
                raise Disconnected("there is no connection to Asterisk's manager")
            self._asked[action_id] = asked
            self._outbox.append(data)
        self._wake_up()
        try:
            return asked.reply.result(self._patience.reply)
        except TimeoutError:
            raise NoReply(f"no reply to {action} in {self._patience.reply:g} seconds") from None
        finally:
            with self._lock:
                self._asked.pop(action_id, None)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Take leave of Asterisk. Whoever waits for a reply gets Disconnected."""
        self._stopping.set()
        self._wake_up()
        if self._thread.is_alive():
            self._thread.join(self._patience.connect * 2)

    def _next_id(self) -> str:
        return f"{self._name}-{next(self._count)}"

    def _wake_up(self) -> None:
        # A full pipe wakes as well.
        with contextlib.suppress(BlockingIOError):
            self._awake.send(b".", socket.MSG_DONTWAIT)

    # The owner's thread.

    def _own(self) -> None:
        while not self._stopping.is_set():
            try:
                with contextlib.closing(self._link()) as link:
                    self._log_in(link)
                    self._converse(link)
            except (OSError, ManagerException) as error:
                self._broke(_reason(error))
            except Exception:
                log.exception("the connection to Asterisk's manager failed")
                self._broke("a fault of this program")
        self._forget()

    def _broke(self, reason: str) -> None:
        is_news, was_ready = not self._told, self._ready
        self._forget()
        if (is_news or was_ready) and not self._stopping.is_set():
            log.warning("no connection to Asterisk's manager", at=self._where(), reason=reason)
        self._told = True
        self._failures += 1
        self._stopping.wait(self._patience.pause(self._failures, random.random()))

    def _link(self) -> Link:
        return Link(self._address, self._patience.connect, self._wake, self._numbers)

    def _where(self) -> str:
        return f"{self._address[0]}:{self._address[1]}"

    def _forget(self) -> None:
        """There is no connection any more."""
        with self._lock:
            self._ready = False
            self._outbox.clear()
            asked = list(self._asked.values())
            self._asked.clear()
        for one in asked:
            one.reply.set_exception(Disconnected("the connection to Asterisk's manager broke before the reply"))

    def _log_in(self, link: Link) -> None:
        """By challenge, so that the secret itself is never sent."""
        until = time.monotonic() + self._patience.connect
        challenge = self._exchange(link, until, "Challenge", AuthType="MD5").get("Challenge", "")
        key = hashlib.md5(f"{challenge}{self._secret}".encode(), usedforsecurity=False).hexdigest()
        self._exchange(link, until, "Login", AuthType="MD5", Username=self._user, Key=key)

    def _exchange(self, link: Link, until: float, action: str, **headers: Value) -> dict[str, str]:
        """Ask before anybody else can, and wait here for the answer."""
        action_id = self._next_id()
        link.write(encode(action, action_id, headers))
        while (left := until - time.monotonic()) > 0 and not self._stopping.is_set():
            message = link.next(left)
            if message is None or message.action_id != action_id:
                continue
            if message.headers.get("Response") == "Error":
                raise ManagerAuthException(f"{action} was refused: {message.headers.get('Message', 'no reason given')}")
            return message.headers
        raise TimeoutError(f"no answer to {action}")

    def _converse(self, link: Link) -> None:
        pinged = False
        while not self._stopping.is_set():
            self._write_out(link)
            silent = time.monotonic() - link.heard_at
            if silent >= self._patience.silence:
                raise TimeoutError(f"nothing was heard for {silent:.0f} seconds")
            if silent < self._patience.ping:
                pinged = False
            elif not pinged:
                link.write(encode(PING, self._next_id(), {}))
                pinged = True
            message = link.next((self._patience.silence if pinged else self._patience.ping) - silent)
            if message is not None:
                self._take(message)
        link.write(encode("Logoff", self._next_id(), {}))

    def _write_out(self, link: Link) -> None:
        while True:
            with self._lock:
                if not self._outbox:
                    return
                data = self._outbox.popleft()
            link.write(data)

    def _take(self, message: Message) -> None:
        with self._lock:
            asked = self._asked.get(message.action_id)
        if asked is not None:
            if asked.take(message):
                with self._lock:
                    self._asked.pop(message.action_id, None)
        elif "Event" in message.headers:
            self._tell(Event(message))

    def _tell(self, event: Event) -> None:
        if event.name == BOOTED and not self._ready:
            self._begin()
        for callback in self._callbacks.get(event.name, ()):
            self._call(lambda callback=callback: callback(event), event.name)  # type: ignore[misc]

    def _begin(self) -> None:
        with self._lock:
            self._ready = True
        self._failures = 0
        log.info("connected to Asterisk's manager", at=self._where())
        for callback in self._on_connect:
            self._call(callback, "connect")

    def _call(self, callback: Callable[[], object], what: str) -> None:
        try:
            callback()
        except Exception:
            # The others are told all the same. What an event holds is not logged: callers' numbers are among it.
            log.exception("a callback failed", told_of=what)


def _reason(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
