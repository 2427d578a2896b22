"""`centrala call`: the whole service from a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Run, kinds, lines

OPEN = "2026-11-23T10:00"
SUNDAY = "2026-11-22T10:00"


def test_a_doctor_authenticates_and_reaches_the_benefits_group(run: Run) -> None:
    """Identifier and PIN give the level full, which travels to the queue with the topic."""
    assert run("profiles", "add", stdin="12345678\n471155\n").exit_code == 0
    result = run("call", "--at", OPEN, "--keys", "2 12345678# 471155# 0 6", "--json")
    assert result.exit_code == 0
    expected = [
        {"type": "gather", "menu": "main", "digits": "2"},
        {"type": "gather", "menu": "identifier", "digits": None, "length": 8},
        {"type": "gather", "menu": "pin", "digits": None, "length": 6},
        {"type": "auth", "level": "full"},
        {"type": "gather", "menu": "personal", "digits": "0"},
        {"type": "gather", "menu": "topics", "digits": "6"},
        {"type": "consent", "purpose": "recording", "given": True},
        {"type": "transfer", "topic": "doctors", "queue": "benefits", "auth_level": "full", "recorded": True},
        {"type": "hangup", "cause": "completed"},
    ]
    assert expected == kinds(result, "gather", "auth", "consent", "transfer", "hangup")


def test_a_pin_is_changed_from_a_terminal(run: Run) -> None:
    """The old one, a new one twice; no digit is told, and the next call logs in with the new one."""
    assert run("profiles", "add", stdin="12345678\n471155\n").exit_code == 0
    keys = "2 12345678# 471155# 1 471155# 123456# 802635# 802635# *"
    told = kinds(run("call", "--at", OPEN, "--keys", keys, "--json"), "gather", "prompt")
    asked = [line for line in told if str(line.get("menu")).endswith(("old-pin", "new-pin", "new-pin-again"))]
    assert [None] * 4 == [line["digits"] for line in asked]
    heard = [line["prompt"] for line in told if line["type"] == "prompt"]
    refused = heard.index("new-pin-run")
    assert ["new-pin", "new-pin-again", "pin-changed", "personal"] == heard[refused + 1 : refused + 5]
    for pin, level in (("471155", "none"), ("802635", "full")):
        (verdict,) = kinds(run("call", "--at", OPEN, "--keys", f"2 12345678# {pin}#", "--json"), "auth")
        assert level == verdict["level"]


def test_what_is_keyed_as_a_secret_is_nowhere_in_the_home(run: Run, tmp_path: Path) -> None:
    """Neither the identifier nor the PIN lies in any file of the installation after the call."""
    run("profiles", "add", stdin="83746512\n590263\n")
    run("call", "--at", OPEN, "--keys", "2 83746512# 590263# 0 6", "--json")
    run("call", "--at", OPEN, "--keys", "2 83746512# 111222# 0 6", "--json")
    content = b"".join(path.read_bytes() for path in (tmp_path / "home").rglob("*") if path.is_file())
    assert [] == [digits for digits in (b"83746512", b"590263", b"111222") if digits in content]


@pytest.mark.parametrize(
    ("key", "topic", "queue"),
    [
        ("1", "technical", "technical"),
        ("2", "pensions", "pensions"),
        ("3", "benefits", "benefits"),
        ("4", "insured", "insured"),
        ("5", "payers", "payers"),
        ("6", "doctors", "benefits"),
    ],
)
def test_each_topic_leads_to_its_group(run: Run, key: str, topic: str, queue: str) -> None:
    """Six keys, five groups: doctors are answered by the benefits group."""
    (transfer,) = kinds(run("call", "--at", OPEN, "--keys", f"0 {key}", "--json"), "transfer")
    assert (topic, queue, "none", True) == tuple(
        transfer[name] for name in ("topic", "queue", "auth_level", "recorded")
    )


@pytest.mark.parametrize("at", [SUNDAY, "2026-11-11T10:00", "2026-11-23T06:59", "2026-11-23T18:00", "2026-12-24T12:00"])
def test_outside_hours_the_caller_hears_why_and_the_call_ends(run: Run, at: str) -> None:
    """Sundays, holidays, early and late: a stated ending, and no queue."""
    result = run("call", "--at", at, "--keys", "0", "--json")
    assert [{"type": "hangup", "cause": "closed"}] == kinds(result, "transfer", "hangup")
    assert "closed-hours" in [line["prompt"] for line in kinds(result, "prompt")]


def test_who_asked_before_closing_time_is_served(run: Run) -> None:
    """Zero at one second to six, the topic after silence past six: the caller is put through."""
    result = run("call", "--at", "2026-11-23T17:59:59", "--keys", "0 - 2", "--json")
    assert ["pensions"] == [line["topic"] for line in kinds(result, "transfer")]


def test_silence_ends_at_a_person(run: Run) -> None:
    """A caller who keys nothing at all reaches a consultant."""
    result = run("call", "--at", OPEN, "--keys", "", "--json")
    assert 1 == len(kinds(result, "transfer"))


def test_keys_beyond_a_choice_are_kept_for_the_next_one(run: Run) -> None:
    """Type-ahead: zero and six keyed at once are zero at the main menu and six at the topics."""
    result = run("call", "--at", OPEN, "--keys", "06", "--json")
    assert ["0", "6"] == [line["digits"] for line in kinds(result, "gather")]


def test_the_language_asked_for_is_spoken(run: Run) -> None:
    """--lang uk begins in Ukrainian; an unknown language is refused with the known ones."""
    prompts = kinds(run("call", "--at", SUNDAY, "--lang", "uk", "--keys", "0", "--json"), "prompt")
    assert ["uk", "en", "pl", "uk"] == [line["lang"] for line in prompts[:4]]
    assert {"uk"} == {line["lang"] for line in prompts[4:]}
    refused = run("call", "--lang", "xx")
    assert 2 == refused.exit_code
    assert "pl, uk, en" in refused.stderr


def test_lines_from_a_pipe_are_keys(run: Run) -> None:
    """Without --keys and without a terminal each line is what is keyed at one gather; the end is a hang-up."""
    result = run("call", "--at", OPEN, "--json", stdin="1\n")
    assert ["1"] == [line["digits"] for line in kinds(result, "gather")]
    assert {"type": "hangup", "cause": "caller"} == lines(result)[-1]


def test_an_office_is_found_by_postal_code(run: Run) -> None:
    """The shipped table is a sample and says so to callers."""
    prompts = kinds(run("call", "--at", SUNDAY, "--keys", "3 00950", "--json"), "prompt")
    (address,) = [line for line in prompts if line["prompt"] == "office-address"]
    assert "Przykład" in address["text"]
    assert "Warszawa" in address["text"]


def test_an_address_is_heard_again(run: Run) -> None:
    """A key pressed after the address says it once more, and one that comes too early is dropped."""
    prompts = kinds(run("call", "--at", SUNDAY, "--keys", "3 00950# 9", "--json"), "prompt")
    heard = [line["text"] for line in prompts if line["prompt"] == "office-address"]
    assert [heard[0]] * 2 == heard


def test_a_call_is_listed_and_shown(run: Run) -> None:
    """What happened is found again by the call's id, turn by turn."""
    run("call", "--at", OPEN, "--from", "600100200", "--keys", "0 3", "--json")
    (row,) = lines(run("calls", "list", "--json"))
    assert ("600100200", "benefits", "completed") == (row["ani"], row["topic"], row["cause"])
    (account,) = lines(run("calls", "show", row["id"], "--json"))
    assert [1, 2, 3, 4, 5] == [turn["seq"] for turn in account["turns"]]
    assert ["answered"] == [visit["outcome"] for visit in account["visits"]]
    assert [True] == [consent["given"] for consent in account["consents"]]
    assert row["id"] in run("calls", "show", row["id"]).stdout


def test_an_unknown_call_is_an_error_for_people(run: Run) -> None:
    """No traceback, exit code 2, and where to look."""
    result = run("calls", "show", "nothing")
    assert (2, "centrala: there is no call nothing; see centrala calls list\n") == (
        result.exit_code,
        result.stderr.splitlines(keepends=True)[-1],
    )


def test_a_broken_menu_file_is_no_call(run: Run, tmp_path: Path) -> None:
    """The faults are named and the exit code is 1."""
    path = tmp_path / "menus.yaml"
    path.write_text((ROOT / "menus.yaml").read_text("utf-8").replace("to: information", "to: informaton"), "utf-8")
    result = run("call", "--menus", str(path), "--keys", "1")
    assert 1 == result.exit_code
    assert 'there is no step "informaton"' in result.stderr


def test_a_time_that_is_none_is_refused(run: Run) -> None:
    """--at wants ISO 8601 and says so."""
    result = run("call", "--at", "tomorrow")
    assert 2 == result.exit_code
    assert "2026-11-23T10:00" in result.stderr


def test_check_says_nothing_of_the_shipped_menus(run: Run) -> None:
    """The shipped file has neither faults nor warnings."""
    result = run("check")
    assert (0, "") == (result.exit_code, result.stdout)


def test_check_names_every_fault_at_its_place(run: Run, tmp_path: Path) -> None:
    """One line per fault, path:line:column: message, and exit code 1."""
    path = tmp_path / "menus.yaml"
    text = (ROOT / "menus.yaml").read_text("utf-8")
    path.write_text(text.replace('"1":', "1:", 1).replace("then: information", "then: nowhere", 1), "utf-8")
    (tmp_path / "offices.csv").write_bytes((ROOT / "offices.csv").read_bytes())
    result = run("check", str(path))
    assert 1 == result.exit_code
    assert all(line.startswith(f"{path}:") for line in result.stdout.splitlines())
    assert "not in quotes" in result.stdout
    assert 'there is no step "nowhere"' in result.stdout


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("--keys", "2 a1"), "not on a telephone"),
        (("--at", "9999-12-31T23:59:59"), "out of reach"),
        (("--at", "0001-01-01"), "out of reach"),
    ],
)
def test_what_cannot_be_is_refused_before_the_call(run: Run, words: tuple[str, ...], reason: str) -> None:
    """Letters for keys and times beyond the calendar are errors for people, and no call is begun."""
    result = run("call", *words)
    assert 2 == result.exit_code
    assert reason in result.stderr
    assert "" == run("calls", "list", "--json").stdout


def test_silence_and_star_at_a_secret_tell_no_digits(run: Run) -> None:
    """At the identifier every line has digits null and their number."""
    result = run("call", "--at", OPEN, "--keys", "2 - * 0 1", "--json")
    expected = [{"type": "gather", "menu": "identifier", "digits": None, "length": 0}] * 2
    assert expected == [line for line in kinds(result, "gather") if line["menu"] == "identifier"]
    assert "login-cancelled" in [line["prompt"] for line in kinds(result, "prompt")]


def test_a_home_that_was_there_before_keeps_its_database_private(run: Run, tmp_path: Path) -> None:
    """Even in a folder that others may enter, nobody else may read what commands write."""
    (tmp_path / "home").mkdir(mode=0o755)
    run("calls", "list")
    modes = {path.name: path.stat().st_mode & 0o077 for path in (tmp_path / "home").rglob("*") if path.is_file()}
    assert "centrala.db" in modes
    assert {0} == set(modes.values())
