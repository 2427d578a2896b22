"""What is answered, and what not: signatures, methods, sizes, calls that nobody knows."""

from __future__ import annotations

import http.client
from urllib.parse import quote, urlencode, urlsplit

import pytest

from demo.carrier import LineError
from demo.carrier.twiml import Hangup, read
from tests.carried import TOKEN
from tests.twilio.conftest import Desk

LONG = 10 * 1024 * 1024
UNKNOWN = "6b0bdac4-32a0-4b7d-bd04-fae912fb26fd"
WEBHOOKS = ("/twilio/voice", "/twilio/status", f"/twilio/calls/{UNKNOWN}/1", f"/twilio/calls/{UNKNOWN}/1/dialled")


def raw(desk: Desk, method: str, path: str, body: bytes = b"", **headers: str) -> int:
    """The status of a request that no carrier makes."""
    parts = urlsplit(desk.carried.base)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("path", WEBHOOKS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_webhooks_are_post_only(desk: Desk, path: str, method: str) -> None:
    """Nothing that a browser or a search engine asks for does anything."""
    assert 405 == raw(desk, method, path)


@pytest.mark.parametrize("number", ["1" * 11, "9" * 5000, "\u0661", "-1"], ids=["11", "5000", "arabic", "negative"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"/twilio/calls/{UNKNOWN}/{{}}"),
        ("POST", f"/twilio/calls/{UNKNOWN}/{{}}/dialled"),
        ("GET", "/twilio/sounds/{}/a/b.wav"),
        ("GET", "/twilio/numbers/{}/a/b.wav"),
    ],
    ids=["turn", "dialled", "sounds", "numbers"],
)
def test_a_number_that_none_of_our_urls_has_is_not_found(desk: Desk, method: str, path: str, number: str) -> None:
    """Whoever asks: it is told before any signature is looked at."""
    assert 404 == raw(desk, method, path.format(quote(number)))


@pytest.mark.parametrize("signature", ["", "AAAA", "é", "x" * 10_000])
@pytest.mark.parametrize("path", WEBHOOKS)
def test_what_is_not_signed_has_no_effect(desk: Desk, path: str, signature: str) -> None:
    """403, whatever it tells."""
    before, call = desk.how_many(), desk.call()
    body = urlencode(call.told({})).encode()
    signed = {"X_Twilio_Signature": signature.encode("utf-8").decode("latin-1")} if signature else {}
    assert 403 == raw(desk, "POST", path, body, Content_Type="application/x-www-form-urlencoded", **signed)
    assert before == desk.how_many()


def test_a_signature_is_of_the_configured_url_and_of_every_parameter(desk: Desk) -> None:
    """Another host, another path or another parameter is another request."""
    call, url = desk.call(), f"{desk.carried.base}/twilio/voice"
    for signed in (url.replace("127.0.0.1", "evil.example"), f"{url}/", f"{url}?full=1"):
        signature = _signature(signed, call.told({}))
        with pytest.raises(LineError) as raised:
            call.line.post(url, call.told({}), signature)
        assert 403 == raised.value.status
    with pytest.raises(LineError) as raised:
        call.line.post(url, call.told({"From": "+48600999999"}), _signature(url, call.told({})))
    assert 403 == raised.value.status
    assert read(call.line.post(url, call.told({}), _signature(url, call.told({}))))


def test_another_host_in_the_headers_changes_nothing(desk: Desk) -> None:
    """What a request says of itself is not what is signed."""
    call, path = desk.call(), "/twilio/voice"
    signature = _signature(f"https://evil.example{path}", call.told({}))
    forged = {"Host": "evil.example", "X_Forwarded_Host": "evil.example", "X_Forwarded_Proto": "https"}
    assert 403 == raw(
        desk,
        "POST",
        path,
        urlencode(call.told({})).encode(),
        Content_Type="application/x-www-form-urlencoded",
        X_Twilio_Signature=signature,
        **forged,
    )


def _signature(url: str, values: dict[str, str]) -> str:
    from twilio.request_validator import RequestValidator

    return str(RequestValidator(TOKEN).compute_signature(url, values))


@pytest.mark.parametrize("path", WEBHOOKS)
def test_a_long_body_is_not_read(desk: Desk, path: str) -> None:
    """Ten megabytes are refused by what they say of themselves, before any of them is there."""
    parts = urlsplit(desk.carried.base)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    connection.putrequest("POST", path)
    connection.putheader("Content-Length", str(LONG))
    connection.putheader("X-Twilio-Signature", "AAAA")
    connection.endheaders()
    assert 413 == connection.getresponse().status
    connection.close()


def test_a_long_body_without_a_length_is_cut_off(desk: Desk) -> None:
    """In pieces it is read only as far as a webhook is long."""
    parts = urlsplit(desk.carried.base)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    pieces = (b"a=" + b"x" * 65_536 for _ in range(2))
    connection.request("POST", "/twilio/voice", pieces, {"X-Twilio-Signature": "AAAA"}, encode_chunked=True)
    assert 413 == connection.getresponse().status
    connection.close()


@pytest.mark.parametrize("rest", ["", "/dialled"])
def test_a_call_that_nobody_knows_comes_to_a_stated_ending(desk: Desk, rest: str) -> None:
    """As after a database was put back: the caller is told something, and the call ends."""
    before, call = desk.how_many(), desk.call()
    heard = read(call.line.post(f"{desk.carried.base}/twilio/calls/{UNKNOWN}/3{rest}", call.told({"Digits": "1"})))
    assert len(heard) > 1
    assert isinstance(heard[-1], Hangup)
    assert before == desk.how_many()


def test_nobody_goes_on_with_the_call_of_another(desk: Desk) -> None:
    """The URL of a call answers only to the carrier's id of it."""
    mine, other = desk.come_to(), desk.come_to()
    answer = read(other.call.line.post(mine.action, other.call.told({"Digits": "0"})))
    assert isinstance(answer[-1], Hangup)
    assert 1 == len(desk.told(mine.call))


@pytest.mark.parametrize(
    "values", [{"CallSid": ""}, {"CallSid": "CA1"}, {"Digits": "12a"}, {"Digits": "1" * 65}, {"CallSid": "x\x00"}]
)
def test_what_no_carrier_tells_is_refused(desk: Desk, values: dict[str, str]) -> None:
    """Signed or not: 400 and no effect."""
    call, url = desk.call(), f"{desk.carried.base}/twilio/voice"
    before = desk.how_many()
    with pytest.raises(LineError) as raised:
        call.line.post(url, call.told(values))
    assert 400 == raised.value.status
    assert before == desk.how_many()


def test_sounds_need_a_signature_that_is_still_good(desk: Desk) -> None:
    """Neither another file nor another time can be asked for with it, and after two hours it is over."""
    standing = desk.come_to()
    played = next(one.url for verb in standing.document for one in getattr(verb, "heard", ()))
    line, path = desk.carried.line(), urlsplit(played).path
    assert 0 < line.seconds(played)
    *before, until, signature, name = path.split("/")
    root = "/".join(before)
    other = f"{'0' * 40}.wav"
    assert 403 == raw(desk, "GET", f"{root}/{until}/{signature}/{other}")
    assert 403 == raw(desk, "GET", f"{root}/{int(until) + 3600}/{signature}/{name}")
    assert 403 == raw(desk, "GET", f"{root}/{until}/{'A' * 22}/{name}")
    assert raw(desk, "GET", f"{root}/{until}/{signature}/..%2F..%2Fsecrets%2Fsip.key.wav") in (403, 404)
    desk.clock.at = desk.clock.at.fromtimestamp(int(until), desk.clock.at.tzinfo)
    assert 403 == raw(desk, "GET", path)
