"""`riskrules versions` and `riskrules keys`: what a person does with a registry, and reads."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from riskrules.cli.main import main

from .registry_house import RULES

PEOPLE = {
    "li": ("Li Wei", ["author", "approver"]),
    "wang": ("Wang Fang", ["approver"]),
    "zhao": ("Zhao Min", ["operator"]),
}
Call = Callable[..., Result]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Calls a command in a folder of its own, without colour."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def called(*arguments: str) -> Result:
        result = CliRunner().invoke(main, list(arguments))
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return called


@pytest.fixture
def versions(call: Call, tmp_path: Path) -> Call:
    """Calls a command of `versions` with a registry and three people's keys; `by` names whose."""
    entries = []
    for name, (person, roles) in PEOPLE.items():
        made = json.loads(call("keys", "new", f"{name}.pem", "--json").output)
        entries.append(f'[[key]]\nname = "{person}"\npublic = "{made["public"]}"\nroles = {json.dumps(roles)}\n')
    (tmp_path / "trust.toml").write_text("approvals = 1\n" + "".join(entries), encoding="utf-8")
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "bad_accounts.txt").write_text("BAD-1\n", encoding="utf-8")
    for number, amount in (("1", "5_000"), ("2", "6_000")):
        text = RULES.format(version=f"2026.{number}", amount=amount)
        (tmp_path / f"small{number}.risk").write_text(text, encoding="utf-8")

    def called(command: str, *arguments: str, by: str = "") -> Result:
        key = ["--key", f"{by}.pem"] if by else []
        return call("versions", command, *arguments, "--registry", "policy", "--trust", "trust.toml", *key)

    return called


def approved(versions: Call, number: int) -> None:
    assert versions("publish", f"small{number}.risk", "--lists", "lists", by="li").exit_code == 0
    assert versions("approve", "small", f"2026.{number}", by="wang").exit_code == 0


def test_a_version_from_the_file_to_the_payment(versions: Call) -> None:
    """Publish, approve, activate, look, roll back: what is said at each step is enough to take the next."""
    told = versions("publish", "small1.risk", "--lists", "lists", by="li")
    assert told.exit_code == 0
    assert re.fullmatch(
        "published small 2026.1\n"
        "  fingerprint  [0-9a-f]{12}   manifest [0-9a-f]{12}\n"
        "  list         bad_accounts, 1 item\n"
        "0 of 1 approvals: nobody yet; next: `riskrules versions approve small 2026.1`\n",
        told.output,
    )
    assert versions("show", "small", "2026.1", "--text").output == Path("small1.risk").read_text("utf-8")
    assert versions("approve", "small", "2026.1", by="wang").output == (
        "approved small 2026.1\n1 of 1 approvals: Wang Fang; next: `riskrules versions activate small 2026.1`\n"
    )
    assert re.fullmatch(
        r"small 2026\.1 is in force from \S+Z\n", versions("activate", "small", "2026.1", by="zhao").output
    )
    approved(versions, 2)
    assert versions("activate", "small", "2026.2", by="zhao").exit_code == 0
    assert re.fullmatch(r"small 2026\.2, fingerprint [0-9a-f]{12}, from \S+Z\n", versions("in-force").output)
    back = versions("rollback", "small", by="zhao")
    assert re.fullmatch(r"small 2026\.1 is in force again, from \S+Z\n", back.output)
    listed = versions("list").output.splitlines()
    assert listed[0].split() == ["ruleset", "version", "by", "approvals", "from", "until"]
    assert listed[1].startswith("small    2026.1   Li Wei  1 of 1: Wang Fang  20")
    assert sum("open" in line for line in listed) == 1
    shown = versions("show", "small", "2026.1").output
    assert "author       Li Wei" in shown and "approvals    1 of 1: Wang Fang" in shown and ", by rollback" in shown


def test_what_waits_to_begin(versions: Call) -> None:
    """A later version is told with its times, and a gap after it; it can be withdrawn."""
    approved(versions, 1)
    versions("activate", "small", "2026.1", by="zhao")
    approved(versions, 2)
    times = ("--begins", "2099-01-01T00:00:00Z", "--ends", "2099-02-01T00:00:00Z")
    assert versions("activate", "small", "2026.2", *times, by="zhao").output == (
        "small 2026.2 is in force from 2099-01-01T00:00:00Z until 2099-02-01T00:00:00Z\n"
        "after it, from 2099-02-01T00:00:00Z on, nothing is in force: activate what shall follow\n"
    )
    assert "small 2026.2, " in versions("in-force", "2099-01-31T23:59:59Z").output
    nothing = versions("in-force", "2099-02-01T00:00:00Z")
    assert (nothing.exit_code, nothing.output) == (1, "nothing is in force on 2099-02-01T00:00:00Z\n")
    clash = versions("activate", "small", "2026.1", "--begins", "2099-01-15T00:00:00Z", by="zhao")
    assert clash.exit_code == 2 and "would overlap 2026.2" in clash.stderr
    assert versions("withdraw", "small", "2026.2", by="zhao").output == "small 2026.2 no longer waits to begin\n"
    assert versions("renew", by="zhao").output == "signed pointer 4; nothing else changed\n"
    assert versions("renew", "--adopt", by="zhao").output == "signed pointer 5; nothing else changed\n"


def test_every_command_speaks_json(versions: Call) -> None:
    """One document each, with what its help promises."""
    steps: list[tuple[tuple[str, ...], str, set[str]]] = [
        (("publish", "small1.risk", "--lists", "lists"), "li",
         {"name", "version", "manifest", "fingerprint", "author", "made_at", "expires", "lists", "models"}),
        (("approve", "small", "2026.1"), "wang", {"name", "version", "manifest", "approvals", "wanted"}),
        (("activate", "small", "2026.1"), "zhao", {"name", "version", "manifest", "begins", "ends", "by"}),
        (("publish", "small2.risk", "--lists", "lists"), "li", set()),
        (("approve", "small", "2026.2"), "wang", set()),
        (("activate", "small", "2026.2"), "zhao", set()),
        (("rollback", "small"), "zhao", {"name", "version", "manifest", "begins", "ends", "by"}),
        (("activate", "small", "2026.2", "--begins", "2099-01-01T00:00:00Z"), "zhao", set()),
        (("withdraw", "small", "2026.2"), "zhao", {"name", "version", "withdrawn"}),
        (("renew",), "zhao", {"sequence", "written_at"}),
        (("list",), "", {"versions"}),
        (("show", "small", "2026.1"), "",
         {"name", "version", "manifest", "fingerprint", "author", "made_at", "expires", "lists", "models", "approvals",
          "wanted", "in_force"}),
        (("in-force",), "", {"at", "in_force"}),
    ]  # fmt: skip
    told: dict[str, Any] = {}
    for arguments, by, keys in steps:
        result = versions(*arguments, "--json", by=by)
        assert result.exit_code == 0, result.stderr
        told[arguments[0]] = json.loads(result.output)
        assert not keys or told[arguments[0]].keys() == keys, arguments
    assert [x["version"] for x in told["list"]["versions"]] == ["2026.1", "2026.2"]
    assert [x["by"] for x in told["show"]["in_force"]] == ["activate", "rollback"]
    assert told["in-force"]["in_force"][0]["fingerprint"] == told["show"]["fingerprint"]
    for command in ("publish", "approve", "activate", "rollback", "withdraw", "renew", "list", "show", "in-force"):
        assert "With --json: " in CliRunner().invoke(main, ["versions", command, "--help"]).output


@pytest.mark.parametrize(
    ("arguments", "by", "code", "said"),
    [
        (("publish", "small1.risk"), "li", 2, "`bad_accounts`: a list that `small` reads is not given"),
        (("publish", "small1.risk", "--lists", "absent"), "li", 2, "there is no folder `absent`"),
        (("publish", "small1.risk", "--lists", "lists"), "", 2, "give the author's key"),
        (("publish", "small1.risk", "--lists", "lists"), "wang", 2, "who is no author"),
        (("publish", "absent.risk", "--lists", "lists"), "li", 2, "there is no file `absent.risk`"),
        (("publish", "wrong.risk", "--lists", "lists"), "li", 1, "`wrong.risk` has 1 error, so nothing was done"),
        (
            ("publish", "small1.risk", "--lists", "lists", "--expires", "soon"),
            "li",
            2,
            "`--expires soon`: not an instant",
        ),
        (("approve", "small", "2026.1"), "li", 2, "Li Wei is the author of `small` 2026.1: somebody else approves it"),
        (("approve", "small", "2026.1"), "zhao", 2, "who is no approver"),
        (("approve", "small", "2026.9"), "wang", 2, "`small` 2026.9 is not published in `policy`"),
        (("approve", "small", "../2026"), "wang", 2, "names no version; write `whose_account 2026.11`"),
        (
            ("activate", "small", "2026.1"),
            "zhao",
            1,
            "has 0 of the 1 approvals that it wants; `riskrules versions appr",
        ),
        (("activate", "small", "2026.1"), "li", 2, "who is no operator"),
        (("rollback", "small"), "zhao", 2, "no version of `small` was ever activated"),
        (("withdraw", "small", "2026.1"), "zhao", 2, "no version of `small` was ever activated"),
        (("in-force", "yesterday"), "", 2, "`AT yesterday`: not an instant"),
        (("show", "small", "2026.1", "--key"), "", 2, "No such option"),
    ],
)
def test_a_slip_ends_in_a_sentence(
    versions: Call, tmp_path: Path, arguments: tuple[str, ...], by: str, code: int, said: str
) -> None:
    """Exit code 1 for what lies there, 2 for what was asked; on standard error, with what to do."""
    (tmp_path / "wrong.risk").write_text(RULES.format(version="2026.1", amount="5,000"), encoding="utf-8")
    if arguments[0] != "publish":
        versions("publish", "small1.risk", "--lists", "lists", by="li")
    result = versions(*arguments, by=by)
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr


def test_whom_to_believe_must_be_said(call: Call, versions: Call) -> None:
    """Neither a trust file nor `--unsigned` is an error, and so are both."""
    for options in ((), ("--unsigned", "--trust", "trust.toml")):
        result = call("versions", "list", "--registry", "policy", *options)
        assert result.exit_code == 2 and "say whom to believe" in result.stderr
    absent = versions("list")
    assert (
        absent.exit_code == 2
        and "there is no registry in `policy`; `riskrules versions publish` makes" in absent.stderr
    )
    unknown = call("versions", "list", "--registry", "policy", "--trust", "absent.toml")
    assert unknown.exit_code == 2 and "there is no file `absent.toml`" in unknown.stderr


def test_a_laptop_needs_no_keys(call: Call, versions: Call) -> None:
    """With `--unsigned` the same works without a key, and says that nobody's signature was asked for."""
    options = ("--registry", "laptop", "--unsigned")
    told = call("versions", "publish", "small1.risk", "--lists", "lists", *options).output
    assert told.endswith("next: `riskrules versions activate small 2026.1`\n")
    assert call("versions", "activate", "small", "2026.1", *options).exit_code == 0
    assert "not asked for" in call("versions", "list", *options).output


def test_what_lies_there_and_is_damaged(versions: Call, tmp_path: Path) -> None:
    """Exit code 1, and which file."""
    approved(versions, 1)
    manifest = next((tmp_path / "policy" / "manifests").iterdir())
    manifest.write_bytes(b"{}")
    for command in (("list",), ("show", "small", "2026.1"), ("approve", "small", "2026.1", "--key", "wang.pem")):
        result = versions(*command)
        assert result.exit_code == 1 and f"`manifests/{manifest.name}` is damaged" in result.stderr


def test_a_key_is_made_once_and_shown_in_public(call: Call, tmp_path: Path) -> None:
    """Only its owner can read the file; `show` says what goes into a trust file, and never the private part."""
    made = call("keys", "new", "me.pem")
    assert made.exit_code == 0
    if os.name == "posix":
        assert (tmp_path / "me.pem").stat().st_mode & 0o777 == 0o600
    shown = call("keys", "show", "me.pem")
    assert shown.output == made.output and 'public = "' in shown.output
    private = "".join((tmp_path / "me.pem").read_text().splitlines()[1:-1])
    assert private not in shown.output.replace("\n", "")
    again = call("keys", "new", "me.pem")
    assert again.exit_code == 2 and "never written over" in again.stderr
    absent = call("keys", "show", "other.pem")
    assert absent.exit_code == 2 and "there is no file `other.pem`" in absent.stderr
    (tmp_path / "me.pem").chmod(0o644)
    open_to_all = call("keys", "show", "me.pem")
    assert open_to_all.exit_code == 2 and "chmod 600" in open_to_all.stderr
