"""The carrier's settings and its token: what is wrong is told where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from centrala.carrier import TOKEN_FILE, carrier_variant, make_outbox, tokens
from centrala.context import Failure
from centrala.settings import Settings, SettingsError, Twilio, read_settings
from ivr.definition import Flow
from ivr.library import Library
from storage.installation import Installation
from tests.carried import ACCOUNT

GOOD = {"account": ACCOUNT, "public_url": "https://ivr.example.pl", "sip": "pbx.example.pl:5060"}


def test_data_stays_in_ireland_unless_it_is_said_otherwise() -> None:
    """No login by keys, no words to the carrier's voices, no text messages."""
    found = Twilio.model_validate(GOOD)
    assert ("ie1", "dublin", False, "play", None) == (
        found.region,
        found.edge,
        found.pci_mode,
        found.prompts,
        found.messages,
    )


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("account", "AC1", "twilio.account"),
        ("public_url", "http://ivr.example.pl", "twilio.public_url: a public address looks like"),
        ("public_url", "https://ivr.example.pl/", "without a slash at its end"),
        ("public_url", "https://ivr.example.pl/?a=1", "twilio.public_url"),
        ("sip", "sip:pbx", "twilio.sip"),
        ("region", "eu", "twilio.region"),
        ("speech", "yes", "twilio.speech: there is no such setting"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, name: str, value: str, fault: str) -> None:
    """Line, column, and what is wanted."""
    lines = "".join(f'  {key}: "{text}"\n' for key, text in (GOOD | {name: value}).items())
    path = tmp_path / "settings.yaml"
    path.write_text(f"twilio:\n{lines}", "utf-8")
    with pytest.raises(SettingsError) as raised:
        read_settings({"CENTRALA_SETTINGS": str(path)})
    assert fault in str(raised.value)


@pytest.mark.parametrize("content", [None, "", "short\n", "x" * 31 + "!\n", "\u00e9" * 32])
def test_a_token_that_is_none_is_told_by_its_file_and_never_shown(
    installation: Installation, content: str | None
) -> None:
    """Whoever starts the service learns where to put it."""
    path = installation.home.secrets / TOKEN_FILE
    if content is not None:
        path.write_text(content, "utf-8")
    with pytest.raises(Failure) as raised:
        tokens(installation)
    assert str(path) in str(raised.value)
    assert not content or content.strip() not in str(raised.value)


def test_there_are_two_tokens_while_one_is_changed(installation: Installation) -> None:
    """Webhooks may be signed with either."""
    (installation.home.secrets / TOKEN_FILE).write_text(f"{'a' * 32}\n{'b' * 32}\n", "ascii")
    assert ("a" * 32, "b" * 32) == tokens(installation)


def test_messages_that_are_off_are_not_sent(installation: Installation) -> None:
    """Whoever asks for one is told where to switch them on."""
    for settings in (Settings(), Settings(twilio=Twilio.model_validate(GOOD))):
        with pytest.raises(Failure, match="twilio: messages:"):
            make_outbox(installation, settings, Library(installation.database))


def test_only_pci_mode_lets_callers_log_in_by_keys(flow: Flow) -> None:
    """A declaration of the operator's; where there is no carrier nothing changes."""
    without, declared = (Twilio.model_validate(GOOD | {"pci_mode": mode}) for mode in (False, True))
    assert flow.without_login is carrier_variant(Settings(twilio=without))(flow)
    assert flow is carrier_variant(Settings(twilio=declared))(flow)
    assert flow is carrier_variant(Settings())(flow)
