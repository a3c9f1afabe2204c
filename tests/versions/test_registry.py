"""A registry keeps versions as they were published, and says which is in force."""

from __future__ import annotations

import shutil
import uuid
from pathlib import Path

import pytest

import riskrules as rr
from riskrules.engine.source import RefusedError, Source
from riskrules.versions.keys import SigningKey
from riskrules.versions.registry import Registry
from riskrules.versions.trust import UNSIGNED, Trust, TrustedKey

from .registry_house import DAY_US, HOUR_US, KEYS, LISTS, START_US, House, trust


def test_a_version_comes_back_as_it_was_published(lived_in: House) -> None:
    """What is served is the text that was published, with its lists, under the fingerprint that was signed."""
    timeline = lived_in.opened().timeline("small", lived_in.now_us)
    release = timeline.at(lived_in.now_us)
    assert release is not None and release.version == "2026.2" and timeline.sequence == 2
    assert release.rules.fingerprint == rr.load(lived_in.rules("2026.2", "6_000")).fingerprint
    assert release.lists["bad_accounts"] == LISTS["bad_accounts"]
    assert rr.Engine(release.rules, lists=release.lists).rules.version == "2026.2"


def test_a_registry_is_a_source(lived_in: House) -> None:
    """An engine follows it by the protocol; with one ruleset its name need not be said."""
    source: Source = lived_in.registry
    assert source.timeline(None, lived_in.now_us).releases == source.timeline("small", lived_in.now_us).releases


def test_the_mark_changes_with_the_pointer_and_with_nothing_else(lived_in: House) -> None:
    """Publishing and approving leave it; activating, rolling back and signing anew change it."""
    marks = [lived_in.opened().mark()]
    lived_in.approved("2026.3", "7_000")
    assert lived_in.opened().mark() == marks[0]
    for change in (
        lambda: lived_in.activate("2026.3"),
        lambda: lived_in.registry.rollback("small", key=KEYS["chen"]),
        lambda: lived_in.registry.renew(key=KEYS["chen"]),
    ):
        lived_in.now_us += 1
        change()
        marks.append(lived_in.registry.mark())
        assert lived_in.opened().mark() == marks[-1]
    assert len(set(marks)) == 4


def test_a_name_is_given_once(lived_in: House) -> None:
    """The same content again is the same version; an edit, another list or another expiry under its name is refused."""
    first = lived_in.registry.version("small", "2026.1")
    lived_in.now_us += DAY_US
    assert lived_in.publish("2026.1").manifest == first.manifest
    with pytest.raises(rr.RegistryError, match="published already, with other content"):
        lived_in.publish("2026.1", "5_001")
    with pytest.raises(rr.RegistryError, match="published already"):
        lived_in.publish("2026.1", expires_us=lived_in.now_us + DAY_US)
    with pytest.raises(rr.RegistryError, match="published already"):
        lived_in.registry.publish(lived_in.rules("2026.1"), lists={"bad_accounts": ["BAD-1"]}, key=KEYS["li"])
    assert lived_in.opened().version("small", "2026.1") == first


def test_versions_are_in_order_of_their_numbers(house: House) -> None:
    """2026.10 comes after 2026.9."""
    for version in ("2026.10", "2026.9", "2025.11"):
        house.publish(version)
    (Path(house.place) / "names" / "..odd").mkdir()
    (Path(house.place) / "names" / "small" / "2026.1~").write_text("x")
    assert [x.version for x in house.opened().versions()] == ["2025.11", "2026.9", "2026.10"]


def test_rules_are_found_by_their_fingerprint(lived_in: House) -> None:
    """Any version ever published can be replayed, activated or not; another fingerprint is none."""
    never = lived_in.publish("2026.3", "9_000")
    for version in ("2026.1", "2026.2", "2026.3"):
        wanted = lived_in.registry.version("small", version).details.fingerprint
        found = lived_in.opened().rules(wanted)
        assert found is not None and found.fingerprint == wanted
    assert lived_in.opened().rules("0" * 64) is None
    assert never.details.fingerprint != lived_in.registry.version("small", "2026.1").details.fingerprint


def test_one_list_is_loaded_once(lived_in: House) -> None:
    """Two versions with the same list share it in memory."""
    lived_in.approved("2026.3", "7_000")
    lived_in.activate("2026.3", lived_in.now_us + DAY_US)
    one, two = lived_in.opened().timeline("small", lived_in.now_us).releases
    assert one.version == "2026.2" and two.version == "2026.3"
    assert one.lists["bad_accounts"] is two.lists["bad_accounts"]


@pytest.mark.parametrize("version", ["../../x", "2026.1/..", "", "2026", "2026.1\n", "..", "２０２６.1"])
def test_a_name_is_never_a_path(lived_in: House, version: str) -> None:
    """What a person types is a name of the language's, or refused."""
    with pytest.raises(rr.RegistryError, match="names no version"):
        lived_in.registry.version("small", version)
    with pytest.raises(rr.RegistryError, match="names no version"):
        lived_in.registry.version(version, "2026.1")


def test_who_may_do_what(house: House) -> None:
    """Publishing wants an author, approving somebody else, activating an operator; each is told what is missing."""
    registry, file = house.registry, house.rules("2026.1")
    with pytest.raises(rr.RegistryError, match="give the author's key"):
        registry.publish(file, lists=LISTS)
    with pytest.raises(rr.RegistryError, match=r"Wang .*who is no author"):
        registry.publish(file, lists=LISTS, key=KEYS["wang"])
    with pytest.raises(rr.RegistryError, match="not among the trusted ones"):
        registry.publish(file, lists=LISTS, key=KEYS["stranger"])
    assert not Path(house.place).exists() or registry.versions() == ()
    house.publish("2026.1")
    with pytest.raises(rr.RegistryError, match="Li is the author"):
        registry.approve("small", "2026.1", key=KEYS["li"])
    with pytest.raises(rr.RegistryError, match="who is no approver"):
        registry.approve("small", "2026.1", key=KEYS["chen"])
    registry.approve("small", "2026.1", key=KEYS["wang"])
    registry.approve("small", "2026.1", key=KEYS["wang"])
    with pytest.raises(RefusedError, match="has 1 of the 2 approvals"):
        house.activate("2026.1")
    registry.approve("small", "2026.1", key=KEYS["zhao"])
    with pytest.raises(rr.RegistryError, match="give an operator's key"):
        registry.activate("small", "2026.1")
    with pytest.raises(rr.RegistryError, match="who is no operator"):
        registry.activate("small", "2026.1", key=KEYS["li"])
    house.activate("2026.1")
    with pytest.raises(rr.RegistryError, match="is in force already"):
        house.activate("2026.1")


def test_trust_is_never_absent() -> None:
    """Nothing is believed by leaving something out: `trust` is a keyword that must be given, and one of two things."""
    with pytest.raises(TypeError, match="trust"):
        Registry("x")  # type: ignore[call-arg]  # what a host might write
    with pytest.raises(rr.RegistryError, match="UNSIGNED"):
        Registry("x", trust=None)  # type: ignore[arg-type]  # what a host might write


def test_unsigned_is_for_a_laptop(house: House, tmp_path: Path) -> None:
    """Without signatures the whole works under the one explicit setting, and under a trust it is refused."""
    laptop = Registry(tmp_path / "laptop", trust=UNSIGNED, clock=lambda: house.now_us)
    laptop.publish(house.rules("2026.1"), lists=LISTS)
    laptop.activate("small", "2026.1")
    assert [x.version for x in laptop.timeline("small", house.now_us).releases] == ["2026.1"]
    strict = Registry(tmp_path / "laptop", trust=house.trust)
    with pytest.raises(RefusedError, match="pointer 1 is not signed"):
        strict.timeline("small", house.now_us)
    with pytest.raises(RefusedError, match="is not signed"):
        strict.author(strict.version("small", "2026.1"))


def test_an_absent_registry_cannot_be_reached(tmp_path: Path) -> None:
    """A folder that is not there is an OSError, and an empty one a registry in which nothing was activated."""
    registry = Registry(tmp_path / "none", trust=UNSIGNED)
    for ask in (registry.mark, registry.versions, lambda: registry.timeline("small", 0)):
        with pytest.raises(OSError):  # the sentence is the system's
            ask()
    (tmp_path / "none").mkdir()
    with pytest.raises(RefusedError, match="was ever activated"):
        registry.timeline("small", 0)


def test_a_mirror_serves_without_the_registry(lived_in: House, tmp_path: Path) -> None:
    """What was mirrored is given again, byte for byte the same releases, with the registry gone."""
    registry, kept = lived_in.registry, tmp_path / "kept"
    assert registry.mirrored(kept) is None
    timeline = registry.timeline("small", lived_in.now_us)
    registry.mirror(kept, timeline)
    shutil.rmtree(lived_in.place)
    with pytest.raises(OSError):  # the sentence is the system's
        registry.timeline("small", lived_in.now_us)
    mirrored = lived_in.opened().mirrored(kept)
    assert mirrored is not None
    again = mirrored.timeline("small", lived_in.now_us, after=timeline.sequence)
    assert [(x.version, x.manifest, x.begins_us, x.ends_us) for x in again.releases] == [
        (x.version, x.manifest, x.begins_us, x.ends_us) for x in timeline.releases
    ]


def test_a_mirror_keeps_only_what_serves(lived_in: House, tmp_path: Path) -> None:
    """It does not grow with the versions that come and go, and an older timeline does not replace a newer one."""
    kept = tmp_path / "kept"
    sizes = []
    for number in range(3, 8):
        old = lived_in.registry.timeline("small", lived_in.now_us)
        lived_in.registry.mirror(kept, old)
        sizes.append(sum(1 for path in kept.rglob("*") if path.is_file()))
        lived_in.approved(f"2026.{number}", f"{number}_100")
        lived_in.now_us += 1
        lived_in.activate(f"2026.{number}")
    assert len(set(sizes)) == 1
    lived_in.registry.mirror(kept, lived_in.registry.timeline("small", lived_in.now_us))
    lived_in.registry.mirror(kept, old)
    mirrored = lived_in.registry.mirrored(kept)
    assert mirrored is not None and mirrored.timeline("small", lived_in.now_us).releases[0].version == "2026.7"


def test_a_mirror_serves_on_after_keys_expire(house: House, tmp_path: Path) -> None:
    """A restart with no registry in reach serves what was good when it was mirrored; the registry itself no longer
    does, until the pointer is signed anew."""
    house.trust = trust(chen=START_US + 10 * DAY_US)
    house.registry = house.opened()
    house.two_in_force()
    house.registry.mirror(tmp_path / "kept", house.registry.timeline("small", house.now_us))
    house.now_us = START_US + 11 * DAY_US
    with pytest.raises(RefusedError, match="whose key expired on 2026-11-11"):
        house.opened().timeline("small", house.now_us)
    mirrored = house.opened().mirrored(tmp_path / "kept")
    assert mirrored is not None and mirrored.timeline("small", house.now_us).releases[0].version == "2026.2"
    with pytest.raises(rr.RegistryError, match="whose key expired"):
        house.registry.renew(key=KEYS["chen"])


def test_keys_of_authors_are_judged_as_of_the_activation(house: House) -> None:
    """A version that was signed and activated in time serves on after its author's and approvers' keys have expired,
    and a rollback goes back to it; a new one by those keys is refused."""
    house.trust = trust(li=START_US + DAY_US, wang=START_US + DAY_US)
    house.registry = house.opened()
    house.two_in_force()
    house.approved("2026.3", "7_000")
    house.now_us = START_US + 2 * DAY_US
    assert house.opened().timeline("small", house.now_us).releases[0].version == "2026.2"
    house.registry.rollback("small", key=KEYS["chen"])
    assert house.opened().timeline("small", house.now_us).releases[0].version == "2026.1"
    with pytest.raises(RefusedError, match=r"Li .*whose key expired"):
        house.activate("2026.3")


def test_a_registry_at_a_url(tmp_path: Path) -> None:
    """The same by any filesystem of fsspec: publish, approve, activate, load, roll back, mirror."""
    house = House(tmp_path, f"memory://registry-{uuid.uuid4().hex}")
    house.two_in_force()
    assert [x.version for x in house.opened().versions("small")] == ["2026.1", "2026.2"]
    assert house.opened().timeline("small", house.now_us).releases[0].version == "2026.2"
    with pytest.raises(rr.RegistryError, match="other content"):
        house.publish("2026.2", "8_000")
    house.registry.rollback("small", key=KEYS["chen"])
    kept = tmp_path / "kept"
    house.registry.mirror(kept, house.opened().timeline("small", house.now_us))
    mirrored = house.registry.mirrored(kept)
    assert mirrored is not None and mirrored.timeline(None, house.now_us).releases[0].version == "2026.1"
    with pytest.raises(rr.RegistryError, match="cannot be used as a registry"):
        Registry("nowhere-at-all://x", trust=UNSIGNED)


def test_a_fresh_key_signs_for_nobody(lived_in: House) -> None:
    """A key that nobody trusts cannot change the pointer, whoever holds the folder."""
    with pytest.raises(rr.RegistryError, match="not among the trusted ones"):
        lived_in.registry.rollback("small", key=SigningKey.new())
    assert lived_in.opened().timeline("small", lived_in.now_us).sequence == 2


def test_an_operator_who_is_trusted_no_longer(lived_in: House) -> None:
    """Once a key is taken out, what it signed is refused, to those who would change it too; another operator adopts the
    pointer as it stands, and nothing of what was in force is other than before."""
    new = SigningKey.new()
    keys = [key for key in lived_in.trust.keys.values() if key.name != "Chen"]
    lived_in.trust = Trust([*keys, TrustedKey(new.public, "Sun", frozenset({"operator"}))], approvals=2)
    registry = lived_in.opened()
    for ask in (lambda: registry.rollback("small", key=new), lambda: registry.timeline("small", lived_in.now_us)):
        with pytest.raises(RefusedError, match="which is not among the trusted ones"):
            ask()
    with pytest.raises(rr.RegistryError, match="this key cannot change the pointer"):
        registry.renew(key=KEYS["chen"], adopt=True)
    registry.renew(key=new, adopt=True)
    assert lived_in.opened().timeline("small", lived_in.now_us, after=3).releases[0].version == "2026.2"
    was = lived_in.opened().in_force("small", START_US)
    assert was is not None and was.version == "2026.1"


def test_two_operators_at_once(lived_in: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two who change the same pointer, one is told; the pointer is whole and has one of the two."""
    other = lived_in.opened()
    lived_in.approved("2026.3", "7_000")
    quick = other._storage.create

    def slower(path: str, content: bytes) -> None:
        lived_in.activate("2026.3", lived_in.now_us + HOUR_US)
        quick(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(other._storage, "create", slower)
        with pytest.raises(rr.RegistryError, match="somebody else changed the pointer"):
            other.rollback("small", key=KEYS["chen"])
    assert [x.version for x in lived_in.opened().timeline("small", lived_in.now_us).releases] == ["2026.2", "2026.3"]
    other.rollback("small", key=KEYS["chen"])
    assert [x.version for x in lived_in.opened().timeline("small", lived_in.now_us).releases] == ["2026.1", "2026.3"]
