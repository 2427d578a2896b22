"""What can go wrong with an action."""

from __future__ import annotations

from asterisk.manager import ManagerException


class AmiError(ManagerException):  # type: ignore[misc]
    """An action was not carried out, or nobody knows whether it was; the text says why."""


class Disconnected(AmiError):
    """There is no connection to Asterisk, or it broke before the reply came."""


class NoReply(AmiError):
    """Asterisk did not reply in time; the action may have been carried out."""


class Refused(AmiError):
    """Asterisk replied with an error."""


class ProtocolError(AmiError):
    """The peer does not speak AMI, or speaks too much of it."""
