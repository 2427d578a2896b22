"""settings.yaml: defaults, and faults that say where they are."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from auth_pin.limits import Bucket, Limits
from centrala.service import guessing_limits
from centrala.settings import Authentication, Settings, SettingsError, read_settings
from centrala.terms import terms_of
from personal_data.kinds import Kind
from tests.personal_data.made import DEFAULTS

ROOT = Path(__file__).parents[2]


def test_the_shipped_file_holds_the_defaults() -> None:
    """Whoever reads settings.yaml reads what holds without it."""
    assert Settings() == read_settings({"CENTRALA_SETTINGS": str(ROOT / "settings.yaml")})


def test_the_limits_on_guessing_are_those_of_the_settings() -> None:
    """Who sets none has the usual ones; what is set in an hour is one each so many seconds."""
    assert Limits() == guessing_limits(Settings())
    few = Authentication.model_validate({"limits": {"caller": {"capacity": 3, "per_hour": 6}}})
    assert Bucket(3, timedelta(minutes=10)) == guessing_limits(Settings(authentication=few)).caller


def test_every_class_of_personal_data_has_a_term() -> None:
    """Nothing is kept without one; transcripts have that of their recording."""
    assert set(Kind) == terms_of(Settings()).keys()
    assert DEFAULTS == terms_of(Settings())


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without settings.yaml is a good one."""
    monkeypatch.chdir(tmp_path)
    assert Settings() == read_settings({})


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("ivr:\n  lisen: '127.0.0.1:1'\n", "2:3: ivr.lisen: there is no such setting"),
        ("ivr:\n  listen: 4573\n", "2:11: ivr.listen: Input should be a valid string"),
        ("sip:\n  trunk_hosts: ['a b']\n", "2:17: sip.trunk_hosts.0: a host is a name"),
        ("sip:\n  numbers: [225601600]\n", "2:13: sip.numbers.0: Input should be a valid string"),
        ("sip:\n  extensions: [2001]\n", "2:16: sip.extensions.0: Input should be a valid string"),
        ("sip:\n  extensions: ['1701', 2365-2001]\n", '2:24: sip.extensions.1: "2365-2001" is no range'),
        ("sip:\n  phone_silence_seconds: 1\n", "2:26: sip.phone_silence_seconds: Input should be greater than"),
        (
            "authentication:\n  limits:\n    caller: {capacity: 0, per_hour: 60}\n",
            "3:24: authentication.limits.caller.capacity: Input should be greater than or equal to 1",
        ),
        (
            "authentication:\n  limits:\n    service: {capacity: 9}\n",
            "3:5: authentication.limits.service.per_hour: Field required",
        ),
        ("authentication:\n  waits: [1]\n", "2:3: authentication.waits: there is no such setting"),
        ("authentication:\n  pin_digits: 3\n", "2:15: authentication.pin_digits: Input should be greater than"),
        ("authentication:\n  hashes_at_once: 0\n", "2:19: authentication.hashes_at_once: Input should be greater"),
        ("retention:\n  at: '02:30'\n", "2:7: retention.at: before 03:00 a night comes twice or not at all"),
        ("retention:\n  at: '3:30'\n", '2:7: retention.at: a time of day looks like "03:30"'),
        ("retention:\n  allow_share: 0\n", "2:16: retention.allow_share: Input should be greater than 0"),
        ("retention:\n  keep:\n    calls: 3 weeks\n", '3:12: retention.keep.calls: a term looks like "90 days"'),
        ("retention:\n  keep:\n    turns: 3\n", '3:12: retention.keep.turns: a term looks like "90 days"'),
        ("retention:\n  keep:\n    audit: 51 years\n", "3:12: retention.keep.audit: a term is 1 to 50 years"),
        ("retention:\n  keep:\n    transcripts: 1 year\n", "3:5: retention.keep.transcripts: there is no such setting"),
        ("sip: [\n", "not YAML"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, text: str, fault: str) -> None:
    """A wrong setting names the file, the line, the column and the field."""
    path = tmp_path / "settings.yaml"
    path.write_text(text, "utf-8")
    with pytest.raises(SettingsError) as raised:
        read_settings({"CENTRALA_SETTINGS": str(path)})
    assert str(raised.value).startswith(f"{path}:")
    assert fault in str(raised.value)


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    """A misspelt CENTRALA_SETTINGS is an error and not the defaults."""
    with pytest.raises(SettingsError, match="cannot be read"):
        read_settings({"CENTRALA_SETTINGS": str(tmp_path / "none.yaml")})


def test_a_file_of_comments_is_a_file_of_defaults(tmp_path: Path) -> None:
    """Every field is optional, so that all of them may be left out."""
    path = tmp_path / "settings.yaml"
    path.write_text("# nothing yet\n", "utf-8")
    assert Settings() == read_settings({"CENTRALA_SETTINGS": str(path)})
