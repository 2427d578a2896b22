"""Digest authentication as a SIP client does it (RFC 2617 and 8760, RFC 3261 section 22)."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from demo.phone.messages import Headers

_PAIR = re.compile(r'(\w+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))')
_HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account's name and password."""

    user: str
    password: str


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a server asks for in WWW-Authenticate (401) or Proxy-Authenticate (407)."""

    answer_header: str
    realm: str
    nonce: str
    opaque: str = ""
    algorithm: str = "MD5"
    qop: bool = False


def find_challenge(headers: Headers) -> Challenge | None:
    """Return the first challenge that can be answered, None where there is none."""
    asked = {"www-authenticate": "Authorization", "proxy-authenticate": "Proxy-Authorization"}
    for name, value in headers.lines:
        scheme, _, rest = value.partition(" ")
        if name.lower() in asked and scheme.lower() == "digest":
            given = {key.lower(): quoted or bare for key, quoted, bare in _PAIR.findall(rest)}
            if given.get("algorithm", "MD5").upper() in _HASHES and "nonce" in given:
                return _challenge(asked[name.lower()], given)
    return None


def answer(challenge: Challenge, credentials: Credentials, method: str, uri: str, cnonce: str = "") -> tuple[str, str]:
    """Return the header line (name, value) that answers a challenge."""
    cnonce = cnonce or secrets.token_hex(8)
    digest = _digester(challenge.algorithm)
    secret = digest(f"{credentials.user}:{challenge.realm}:{credentials.password}")
    middle = f"00000001:{cnonce}:auth:" if challenge.qop else ""
    response = digest(f"{secret}:{challenge.nonce}:{middle}{digest(f'{method}:{uri}')}")
    fields = [
        f'username="{credentials.user}"',
        f'realm="{challenge.realm}"',
        f'nonce="{challenge.nonce}"',
        f'uri="{uri}"',
        f'response="{response}"',
        f"algorithm={challenge.algorithm}",
    ]
    if challenge.qop:
        fields += ["qop=auth", "nc=00000001", f'cnonce="{cnonce}"']
    if challenge.opaque:
        fields.append(f'opaque="{challenge.opaque}"')
    return challenge.answer_header, "Digest " + ", ".join(fields)


def _challenge(answer_header: str, given: dict[str, str]) -> Challenge:
    return Challenge(
        answer_header=answer_header,
        realm=given.get("realm", ""),
        nonce=given["nonce"],
        opaque=given.get("opaque", ""),
        algorithm=given.get("algorithm", "MD5").upper(),
        qop="auth" in [word.strip() for word in given.get("qop", "").split(",")],
    )


def _digester(algorithm: str) -> Callable[[str], str]:
    function = _HASHES[algorithm]
    return lambda text: function(text.encode("latin-1")).hexdigest()
