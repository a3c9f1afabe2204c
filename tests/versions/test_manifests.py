"""Nothing in a registry is believed: three hundred bad versions, each refused with its sentence.

What was good before is given on by the mirror, and the registry itself serves again when the damage is undone.
"""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pytest

import riskrules as rr
from riskrules.engine.source import RefusedError
from riskrules.versions.trust import Trust

from .registry_damage import every, files_of
from .registry_forging import Bad, put
from .registry_house import House, trust

BADS = every()
FAMILIES = Counter(bad.name.partition(":")[0] for bad in BADS)


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A registry with two versions, and the mirror of an engine that follows it."""
    house = House(tmp_path_factory.mktemp("good"))
    house.two_in_force()
    house.registry.mirror(house.folder / "kept", house.registry.timeline("small", house.now_us))
    return house


def spoilt(good: House, bad: Bad) -> House:
    """A copy of the good one, spoilt."""
    place = good.folder / "spoilt"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(good.place, place)
    house = House(good.folder, str(place))
    house.now_us, house.trust = good.now_us, trust()
    bad.spoil(house)
    return house


def what_is_said(house: House) -> str:
    """What a reader that served pointer 2 says of it; nothing when it serves it."""
    try:
        house.opened().timeline("small", house.now_us, after=2)
    except RefusedError as error:
        return str(error)
    return ""


def test_there_are_three_hundred() -> None:
    """Of every family that the registry's promise names."""
    assert len(BADS) >= 300 and len({bad.name for bad in BADS}) == len(BADS)
    assert {"manifest", "signatures", "trust", "pointer", "mixed", "text", "program", "list"} <= FAMILIES.keys()


@pytest.mark.parametrize("family", FAMILIES)
def test_a_bad_version_is_refused(good: House, family: str) -> None:
    """Each is refused with a sentence that says what is wrong; no other exception comes out, and nothing is served."""
    kinds = files_of(good)
    wrong = {}
    for bad in BADS:
        if bad.name.partition(":")[0] != family:
            continue
        house = spoilt(good, bad)
        said, wanted = what_is_said(house), kinds[bad.said][1] if bad.said in kinds else bad.said
        if not said or not re.search(wanted, said):
            wrong[bad.name] = said or "served"
        assert not re.search(r"(?i)traceback|<class|Error\b", said), said
    assert wrong == {}


def test_the_last_good_one_is_given_on(good: House) -> None:
    """Beside a registry that is refused, the mirror serves; and the good registry itself is as good as before."""
    for bad in BADS[::25]:
        house = spoilt(good, bad)
        mirrored = house.opened(trust()).mirrored(good.folder / "kept")
        assert mirrored is not None
        assert mirrored.timeline("small", good.now_us, after=2).releases[0].version == "2026.2"
    assert good.opened().timeline("small", good.now_us, after=2).releases[0].version == "2026.2"


def test_a_reader_that_saw_the_pointer_knows_another_of_its_number(good: House, tmp_path: Path) -> None:
    """Two pointers of one number, both signed: whoever saw one refuses the other."""
    place = tmp_path / "registry"
    shutil.copytree(good.place, place)
    house = House(tmp_path, str(place))
    house.now_us = good.now_us
    reader = house.opened()
    reader.timeline("small", house.now_us)
    for path in (place / "pointer.json", place / "pointers" / "000000000002.json"):
        path.unlink()
    put(house, "pointer.json", (place / "pointers" / "000000000001.json").read_bytes())
    with pytest.raises(RefusedError, match="it was put back"):
        reader.timeline("small", house.now_us)
    house.registry = house.opened()
    house.activate("2026.2")
    with pytest.raises(RefusedError, match="another than the one of that number"):
        reader.timeline("small", house.now_us)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "does not name a manifest"),
        (b"../../pointer.json", "does not name a manifest"),
        (b"0" * 64, "is missing"),
        (b"x" * 300, "has more than"),
    ],
)
def test_a_name_that_leads_astray(good: House, tmp_path: Path, raw: bytes, said: str) -> None:
    """What stands in the file of a name is a manifest's SHA-256, or refused."""
    place = tmp_path / "registry"
    shutil.copytree(good.place, place)
    house = House(tmp_path, str(place))
    put(house, "names/small/2026.1", raw)
    with pytest.raises(RefusedError, match=said):
        house.registry.version("small", "2026.1")


def test_a_name_that_leads_to_another_version(good: House, tmp_path: Path) -> None:
    """A name whose file was exchanged for another's is mixed."""
    place = tmp_path / "registry"
    shutil.copytree(good.place, place)
    shutil.copy(place / "names" / "small" / "2026.2", place / "names" / "small" / "2026.1")
    with pytest.raises(RefusedError, match=r"its name leads to `small` 2026.2"):
        House(tmp_path, str(place)).registry.version("small", "2026.1")


TRUST = """\
approvals = 1
[[key]]
name = "A"
public = "{public}"
roles = ["author"]
[[key]]
name = "B"
public = "{other}"
roles = ["approver", "operator"]
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("approvals = 1\n", "", "does not say how many approvals"),
        ("approvals = 1", "approvals = 0", "from 1 to 100, not 0"),
        ("approvals = 1", "approvals = true", "does not say how many approvals"),
        ("approvals = 1", "approvals = 2", "only 1 people may approve"),
        ("approvals = 1", "approvals = 1\nunsigned = true", "`unsigned` is not known here"),
        ("approvals = 1", "approvals =", "is no TOML"),
        ('["author"]', '["boss"]', "key 1: `roles` is a list of author, approver, operator"),
        ('["author"]', "[]", "key 1: `roles`"),
        ('["author"]', '["author"]\nexpire = 2027-01-01', "key 1: `expire` is not known"),
        ('["author"]', '["author"]\nexpires = 2027-01-01', "key 1: `expires` is no moment with a zone"),
        ('["author"]', '["author"]\nid = "0"', "key 1: `id` is not that of its `public`"),
        ('name = "A"\n', "", "key 1 does not have"),
        ('name = "A"', 'name = ""', "key 1: `name` is not the name"),
        ("{public}", "x", "key 1: `x` is no public key"),
        ("{public}", "{other}", "stands twice"),
        ("{public}", "AAAA", "has 32 bytes"),
    ],
)
def test_a_trust_file_is_read_strictly(tmp_path: Path, old: str, new: str, said: str) -> None:
    """A slip in whom to believe is an error that names it, never a key less or a signature fewer."""
    two = {"public": rr.SigningKey.new().public, "other": rr.SigningKey.new().public}
    file = tmp_path / "trust.toml"
    file.write_text(TRUST.format(**two))
    assert Trust.from_file(file).approvals == 1
    file.write_text(TRUST.replace(old, new).format(**two))
    with pytest.raises(rr.RegistryError, match=said) as found:
        Trust.from_file(file)
    assert str(file) in str(found.value)
