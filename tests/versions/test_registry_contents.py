"""What may be published, and what is read back: shipped rulesets, models, a host's own fields, large and odd places."""

from __future__ import annotations

import os
import re
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import BaseModel

import riskrules as rr
from riskrules.base.resources import folder, ruleset_path
from riskrules.engine.source import RefusedError
from riskrules.program import saved
from riskrules.program.model import Program
from riskrules.schema.fields import Schema
from riskrules.versions import loading, publishing, remote, storage
from riskrules.versions.canonical import encoded
from riskrules.versions.loading import Loader, field_bytes, fields_of_bytes
from riskrules.versions.manifest import LANGUAGE
from riskrules.versions.registry import Registry
from riskrules.versions.schemas import fingerprint_of, read_by
from riskrules.versions.trust import UNSIGNED

from .registry_forging import forged, manifest_of
from .registry_house import HOUR_US, KEYS, LISTS, RULES, House

SHIPPED = (
    "cards/chargebacks",
    "cn/orders",
    "cn/returns",
    "cn/whose_account",
    "eu/payee_verification",
    "examples/handbook_models",
    "gb/app_reimbursement",
    "sg/shared_responsibility",
    "typologies/run_points",
)


def laptop(place: Path) -> Registry:
    return Registry(place, trust=UNSIGNED)


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_rulesets_come_back(name: str, tmp_path: Path) -> None:
    """On payments, claims, orders and returns, with models and lists: the same fingerprint, models and promises."""
    file = ruleset_path(name)
    rules = rr.load(file)
    published = laptop(tmp_path).publish(file, lists={each: ["a"] for each in rules.lists})
    found = laptop(tmp_path).rules(rules.fingerprint)
    assert found is not None and found.fingerprint == rules.fingerprint == published.details.fingerprint
    assert (found.models, found.lists, found.events) == (rules.models, rules.lists, rules.events)
    assert found.promises == rules.promises and found.warnings == ()
    assert set(published.details.models) == set(rules.models)


def test_a_hosts_own_fields_are_published_with_the_rules(tmp_path: Path) -> None:
    """A ruleset that reads a field of the host's is checked with it again, wherever it is loaded."""

    class Event(BaseModel):
        shop_score: Annotated[int, "points that our own shop gives"]
        unread: Annotated[str, "nobody reads this"] = ""

    fields = rr.fields_of(Event)
    file = tmp_path / "own.risk"
    text = RULES.format(version="2026.1", amount="5_000").replace(
        "when    amount >", "when    payment.shop_score > 3\n  and     amount >"
    )
    name = next(f.name for f in fields)
    file.write_text(text.replace("payment.shop_score", name), encoding="utf-8")
    registry = laptop(tmp_path / "registry")
    with pytest.raises(rr.RulesetError):
        registry.publish(file, lists=LISTS)
    published = registry.publish(file, lists=LISTS, fields=fields)
    found = laptop(tmp_path / "registry").rules(published.details.fingerprint)
    assert found is not None and name in found.schema
    assert published.details.fields is not None
    assert fields_of_bytes(field_bytes({f.name: f for f in fields}), "x") == tuple(sorted(fields, key=lambda f: f.name))


@pytest.mark.parametrize("raw", [b"", b"{}", b"[1]", b'[["Field"]]', b'[["Rule","a"]]', b"[" * 100_000])
def test_fields_that_are_none(raw: bytes) -> None:
    """Whatever lies in their file, it is a field or refused."""
    with pytest.raises(RefusedError, match="the fields of small cannot be read"):
        fields_of_bytes(raw, "small")


def test_a_saved_program_is_not_published(house: House) -> None:
    """People approve what they can read."""
    rr.load(house.rules("2026.1")).save(house.folder / "small.program")
    with pytest.raises(rr.RegistryError, match="publish the text of the rules"):
        house.registry.publish(house.folder / "small.program", lists=LISTS, key=KEYS["li"])


def test_a_version_of_an_older_program_format_serves(lived_in: House) -> None:
    """After an upgrade the tables are compiled from the text, and nothing needs to be published again."""
    forged_from = {**manifest_of(lived_in), "program_format": saved.FILE_FORMAT - 1}
    forged(lived_in, encoded(forged_from))
    release = lived_in.opened().timeline("small", lived_in.now_us).at(lived_in.now_us)
    assert release is not None and release.rules._saved is None


def test_other_tables_are_not_taken(lived_in: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program with other tables under the right meaning cannot be published, and if an author's own tool did it and
    signed, nobody approves or activates it: whoever does has the text compiled, and an engine that goes by no
    signatures does too."""
    said = "its saved program is not that of its text"
    real = publishing.to_bytes
    other = rr.load(lived_in.rules("2026.8", "7")).program

    def tampered(program: Program, *what: Any) -> bytes:
        assert other.code.shape == program.code.shape and other.code.tobytes() != program.code.tobytes()
        return real(replace(program, code=other.code), *what)

    monkeypatch.setattr(publishing, "to_bytes", tampered)
    with pytest.raises(RefusedError, match=said):
        lived_in.publish("2026.3", "9_000")
    with monkeypatch.context() as unchecked:
        unchecked.setattr(Loader, "whole", lambda *_: None)
        unchecked.setattr(Loader, "vouched", lambda *_: None)
        lived_in.approved("2026.3", "9_000")
        lived_in.activate("2026.3")
    registry = lived_in.opened()
    for attempt in (
        lambda: registry.approve("small", "2026.3", key=KEYS["wang"]),
        lambda: lived_in.activate("2026.3"),
        lambda: registry.text(registry.version("small", "2026.3")),
        lambda: Registry(lived_in.place, trust=UNSIGNED).timeline("small", lived_in.now_us),
    ):
        with pytest.raises((RefusedError, rr.RegistryError), match=said):
            attempt()


def test_nobody_approves_the_tables_of_another_release(lived_in: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """An approver of another release cannot say whether the tables are those of the text, unless it makes the same."""
    real = publishing.to_bytes
    other = rr.load(lived_in.rules("2026.8", "7")).program
    with monkeypatch.context() as author:
        author.setattr(publishing, "to_bytes", lambda program, *what: real(replace(program, code=other.code), *what))
        author.setattr(Loader, "vouched", lambda *_: None)
        lived_in.publish("2026.3", "9_000")
    lived_in.publish("2026.4", "9_000")
    monkeypatch.setattr(loading, "release", lambda: "99.0")
    registry = lived_in.opened()
    with pytest.raises(RefusedError, match=r"was published by riskrules .*, and this is 99.0.*: publish it again"):
        registry.approve("small", "2026.3", key=KEYS["wang"])
    registry.approve("small", "2026.4", key=KEYS["wang"])


def test_a_signed_program_serves_as_it_is(lived_in: House) -> None:
    """An engine that follows a trust does not compile what people signed, and says of the rules what the text says;
    without a trust, and for whoever asks for it in full, the text is checked."""
    release = lived_in.opened().timeline("small", lived_in.now_us).at(lived_in.now_us)
    assert release is not None and release.rules._saved is not None
    registry = Registry(lived_in.place, trust=UNSIGNED)
    unsigned = registry.timeline("small", lived_in.now_us).at(lived_in.now_us)
    assert unsigned is not None and unsigned.rules._saved is None
    assert unsigned.rules.meaning == release.rules.meaning and unsigned.rules.fingerprint == release.rules.fingerprint
    again = lived_in.opened()
    assert again.timeline("small", lived_in.now_us).releases[0].rules._saved is not None
    found = again.rules(release.rules.fingerprint)
    assert found is not None and found._saved is None


def test_the_language_is_the_one_of_its_changelog() -> None:
    """A manifest says which language its text is in: the newest that `grammar/CHANGELOG.md` tells of."""
    newest = re.search(r"^## ([0-9.]+)$", (folder("grammar") / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert newest is not None and newest[1] == LANGUAGE


def test_the_fingerprint_of_a_schema(house: House) -> None:
    """It changes with whatever a gateway has to bring otherwise, and with nothing else."""
    (schema,) = read_by(rr.load(house.rules("2026.1")))
    assert {"amount", "payee.account", "occurred_at"} <= set(schema.fields)
    assert "payment.memo" not in schema
    was = fingerprint_of(schema)
    amount = schema["amount"]
    for other in (
        replace(amount, highest=amount.highest - 1),
        replace(amount, lowest=1),
        replace(amount, optional=True),
        replace(amount, kind=replace(amount.kind, currency="USD")),
        replace(schema["payee.account"], longest=12),
    ):
        assert fingerprint_of(schema.with_field(other)) != was
    for same in (replace(amount, text="another text"), replace(amount, sample=None)):
        assert fingerprint_of(schema.with_field(same)) == was
    assert fingerprint_of(Schema("payment", reversed(list(schema)))) == was
    assert fingerprint_of(Schema("claim", schema)) != was


def test_many_readers_and_one_writer(lived_in: House) -> None:
    """Readers in threads see whole timelines only, and their numbers never fall."""
    stop, found, wrong = threading.Event(), [0] * 3, []

    def read(number: int) -> None:
        registry, last = lived_in.opened(), 0
        while not stop.is_set():
            try:
                registry.mark()
                timeline = registry.timeline("small", lived_in.now_us, after=last)
                last = timeline.sequence
                assert timeline.releases and timeline.releases[0].rules.version == timeline.releases[0].version
            except (AssertionError, OSError, RefusedError) as error:
                wrong.append(repr(error))
                return
            found[number] += 1

    threads = [threading.Thread(target=read, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for number in range(20):
        lived_in.now_us += HOUR_US
        lived_in.activate(f"2026.{1 + number % 2}")
    stop.set()
    for thread in threads:
        thread.join(30)
    assert wrong == [] and min(found) > 0


def test_two_publish_one_name_at_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two contents under one name the first to make the name has it, and the other is told."""
    other = house.opened()
    second = house.rules("2026.1", "9_000").rename(house.folder / "second.risk")
    made = other._storage.create

    def slower(path: str, content: bytes) -> None:
        house.publish("2026.1")
        made(path, content)

    monkeypatch.setattr(other._storage, "create", slower)
    with pytest.raises(rr.RegistryError, match="published already, with other content"):
        other.publish(second, lists=LISTS, key=KEYS["li"])
    published = house.opened().version("small", "2026.1")
    assert published.details.fingerprint == rr.load(house.rules("2026.1")).fingerprint


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    """A pipe in the place of a file is refused at once, and not waited for."""
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(RefusedError, match="is no file"):
        storage.Folder(tmp_path).read("pipe", 10)


def test_a_filesystem_without_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told so, and nothing is left behind."""

    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with pytest.raises(OSError, match="operation not permitted; a registry wants a filesystem with hard links"):
        storage.Folder(tmp_path).create("names/a/1", b"x")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_store_that_fails_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a filesystem's library raises is an OSError to whoever follows the registry."""
    registry = Registry("memory://fails", trust=UNSIGNED)

    class Odd(Exception):
        """What no standard knows."""

    def fail(*_: object, **__: object) -> None:
        raise Odd("token expired")

    files = registry._storage._files  # type: ignore[attr-defined]  # of the remote storage alone
    for name in ("info", "exists", "ls", "makedirs"):
        monkeypatch.setattr(files, name, fail)
    for ask in (registry.mark, registry.versions, lambda: registry.timeline("small", 0)):
        with pytest.raises(OSError, match=r"`memory://fails` cannot be reached: token expired"):
            ask()


def test_without_the_package_for_signatures_nothing_is_believed(
    lived_in: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be verified is refused, and says what to install."""
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric", None)
    with pytest.raises(RefusedError, match=re.escape('pip install "riskrules[versions]"')):
        lived_in.opened().timeline("small", lived_in.now_us)


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """A URL without fsspec says what to install; a folder needs nothing."""
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(rr.RegistryError, match=re.escape(remote.INSTALL)):
        Registry("memory://x", trust=UNSIGNED)
    assert Registry("file:///x%20y", trust=UNSIGNED).place == "/x y"
