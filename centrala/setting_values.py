"""Values of settings that have a form of their own: addresses, times, numbers. Wrong ones are refused in words."""

from __future__ import annotations

import re
from ipaddress import IPv4Address
from typing import Annotated

from pydantic import AfterValidator, Field, PlainValidator

from ivr.authorisations import KIND
from recordings.retention import Term, parse_term
from routing.telephones import extensions


def _address(value: str) -> str:
    host, _, port = value.rpartition(":")
    try:
        IPv4Address(host)
        usable = port.isdecimal() and 0 < int(port) <= 65535
    except ValueError:
        usable = False
    if not usable:
        raise ValueError('an address looks like "127.0.0.1:4573"')
    return value


def _ip_address(value: str) -> str:
    try:
        return str(IPv4Address(value))
    except ValueError:
        raise ValueError('an address looks like "127.0.0.1"') from None


def parts(address: str) -> tuple[str, int]:
    """Host and port of an Address."""
    host, _, port = address.rpartition(":")
    return host, int(port)


def _sip_uri(value: str) -> str:
    if not re.fullmatch(r"sips?:[A-Za-z0-9_.+-]+@[A-Za-z0-9.-]+(:\d{1,5})?(;[a-z]+=[a-z0-9]+)*", value):
        raise ValueError('a contact looks like "sip:1101@192.0.2.7:5060"')
    return value


def _host(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:-]+(/\d{1,3})?", value):
        raise ValueError("a host is a name, an address or a network like 192.0.2.0/24")
    return value


def _public_url(value: str) -> str:
    secure, plain = r"https://[A-Za-z0-9.-]+(:\d{1,5})?", r"http://(127\.0\.0\.1|localhost)(:\d{1,5})?"
    if not re.fullmatch(rf"({secure}|{plain})(/[A-Za-z0-9._~-]+)*", value):
        raise ValueError('a public address looks like "https://ivr.example.pl", without a slash at its end')
    return value


def _telephones(value: str) -> str:
    extensions([value])
    return value


def _nightly(value: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value):
        raise ValueError('a time of day looks like "03:30"')
    if value < "03:00":
        # 02:30 itself does so; of midnight APScheduler 3.11 leaves out the day after the clocks went forward.
        raise ValueError("before 03:00 a night comes twice or not at all when the clocks change")
    return value


def _term(value: object) -> Term:
    return value if isinstance(value, Term) else parse_term(str(value))


Address = Annotated[str, AfterValidator(_address)]
IpAddress = Annotated[str, AfterValidator(_ip_address)]
SipUri = Annotated[str, AfterValidator(_sip_uri)]
Host = Annotated[str, AfterValidator(_host)]
PublicUrl = Annotated[str, AfterValidator(_public_url)]
Nightly = Annotated[str, AfterValidator(_nightly)]
KeptFor = Annotated[Term, PlainValidator(_term)]
Number = Annotated[str, Field(pattern=r"^\+?[0-9]{3,15}$")]
Extension = Annotated[str, Field(pattern=r"^[0-9]{2,10}$")]
Telephones = Annotated[str, AfterValidator(_telephones)]
Digit = Annotated[str, Field(pattern=r"^[0-9]$")]
Question = Annotated[str, Field(pattern=rf"^{KIND.pattern}$")]
Reason = Annotated[str, Field(pattern=r"^[a-z][a-z-]{0,19}$")]
