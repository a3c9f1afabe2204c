"""A saved program that was damaged or forged is refused, or at worst decides something else: it never reads outside.

The file's checksum is worked out again after most of the damage, as somebody who wants to do harm would. What is loaded
in spite of it is run in another process where Numba checks every index.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import riskrules
from riskrules.meaning import nodes as n
from riskrules.meaning.fingerprint import fingerprint
from riskrules.meaning.frames import around
from riskrules.program import layout, saved
from riskrules.program.compile import from_meaning
from riskrules.program.model import Program
from riskrules.program.saved import FILE_FORMAT, Saved, SavedProgramError, compiled_anew, from_bytes, save, to_bytes
from riskrules.schema.kinds import COUNT, RATIO, TEXT, TIME, YES_NO, Kind

FORGERIES = 1_500
MONEY = Kind("money", currency="CNY")


def ruleset() -> n.Ruleset:
    """Something for every section of the code."""
    amount, limit, big = n.Read("amount", MONEY), n.Read("limit", MONEY), n.Read("big", MONEY)
    payer, payee = n.Read("payer", TEXT), n.Read("payee", TEXT)
    param = n.Dated("p", MONEY, (n.DatedValue(None, 50, 7), n.DatedValue(50, None, 9)))
    most = n.Compare(">=", amount, n.Arithmetic("*", n.Const(8, RATIO, 1), limit, MONEY))
    share = n.Compare("<", n.Quotient(amount, limit, n.Const(0, RATIO), RATIO), n.Const(5, RATIO, 1))
    wide = n.Compare("<", n.Arithmetic("*", big, big, MONEY), n.Arithmetic("*", amount, param, MONEY))
    choice = n.Any((n.Equal(payer, n.Const("a", TEXT)), n.Known(limit), n.Compare("=", amount, n.Const(3, MONEY))))
    many = tuple(n.Any((n.Compare("=", amount, n.Const(k, MONEY)), n.Known(big))) for k in range(0, 900, 3))
    conditions: tuple[n.Condition, ...] = (most, share, wide, choice, n.All(many[:6]), n.InList(payer, "l"))
    conditions += (
        n.Equal(payer, payee, True),
        n.Contains(payee, "x"),
        n.Equal(n.Read("on", YES_NO), n.Const(True, YES_NO)),
    )
    long = (n.Member(payee, tuple(f"w{k:03}" for k in range(0, 600, 2))), n.Any(many))
    acts = (n.Act(n.WARN), n.Act(n.HOLD, 5), n.Act(n.REJECT), None)
    rules = tuple(
        n.Rule(f"r{k:03}", "", c, (), acts[k % 4], 10 * (k % 3)) for k, c in enumerate((*conditions * 8, *long))
    )
    exempts = (n.Exempt("e", "", n.Compare("<", amount, param), (), ("r001", "r070"), n.HOLD),)
    inputs = (
        n.Input("amount", MONEY, False, "field", 0, 10**15),
        n.Input("limit", MONEY, True, "window", 0, 10**15),
        n.Input("big", MONEY, True, "field", -(2**62), 2**62),
        *(n.Input(name, TEXT, True, "field") for name in ("payer", "payee")),
        n.Input("on", YES_NO, True, "field"),
        n.Input("occurred_at", TIME, False, "field", 0, 100),
        n.Input("few", COUNT, True, "window", 0, 5),
    )
    bands = (n.Band(40, n.Act(n.VERIFY)),)
    frame = n.Frame("r", "1", "", "CNY", "UTC", "en", n.InForce(5), inputs, bands, (("l", TEXT),))
    return around(frame, rules, exempts)


@pytest.fixture(scope="module")
def program() -> Program:
    return from_meaning(ruleset())


@pytest.fixture(scope="module")
def whole(program: Program) -> bytes:
    return to_bytes(program, ruleset())


def parts(content: bytes) -> tuple[dict[str, Any], layout.Integers]:
    """The JSON, with each rule and exempt where its length stands, and the tests; and the code."""
    _, _, _, told_bytes, piece_bytes, code, _ = saved.HEAD.unpack_from(content)
    begins, ends = saved.HEAD.size + told_bytes, saved.HEAD.size + told_bytes + piece_bytes
    told, at = json.loads(content[saved.HEAD.size : begins]), begins
    for named in (*told["rules"], *told["exempts"]):
        named[1], at = json.loads(content[at : at + named[1]]), at + named[1]
    told["tests"] = json.loads(content[at:ends])
    return told, np.frombuffer(content, "<i8", code, ends).astype(np.int64)


def sealed(told: dict[str, Any], code: layout.Integers) -> bytes:
    """A file whose checksum and lengths fit, whatever is in it."""
    pieces = [json.dumps(piece).encode() for _, piece in (*told["rules"], *told["exempts"])]
    lengths = iter([len(piece) for piece in pieces])
    whole = {**told, **{what: [[name, next(lengths)] for name, _ in told[what]] for what in ("rules", "exempts")}}
    pieces.append(json.dumps(whole.pop("tests")).encode())
    return saved.sealed(json.dumps(whole).encode(), b"".join(pieces), code.astype("<i8").tobytes())


def loaded(content: bytes) -> tuple[Saved, Program]:
    """As one loads a file that may come from anybody."""
    found = from_bytes(content)
    return found, compiled_anew(found)


def refused(content: bytes) -> str:
    with pytest.raises(SavedProgramError) as caught:
        loaded(content)
    said = str(caught.value)
    assert said[0].islower() and not said.endswith(".") and not re.search(r"[A-Z][a-z]+Error|Traceback|None", said), (
        said
    )
    return said


def test_what_is_saved_is_loaded(program: Program, whole: bytes, tmp_path: Path) -> None:
    """A program comes back the same: columns, names, actions, meaning, code, fingerprint; as it was saved, and when it
    is compiled anew."""
    digest = save(program, ruleset(), tmp_path / "p")
    content = saved.read(tmp_path / "p")
    found, anew = loaded(content)
    assert digest == hashlib.sha256(content).hexdigest()
    assert content == whole == to_bytes(found.program, found.ruleset) == to_bytes(anew, found.ruleset)
    for back in (found.program, anew):
        assert (back.columns, back.rules, back.exempts, back.acts) == (
            program.columns,
            program.rules,
            program.exempts,
            program.acts,
        )
        assert np.array_equal(back.code, program.code) and not back.code.flags.writeable
    assert found.ruleset == ruleset() and found.fingerprint == fingerprint(ruleset())
    assert [f.name for f in tmp_path.iterdir()] == ["p"]


def test_a_file_cut_anywhere_is_refused(whole: bytes) -> None:
    """No beginning of a saved program is a saved program, nor one with something after it."""
    for end in (*range(200), *range(200, len(whole), 97), len(whole) - 1):
        refused(whole[:end])
    refused(whole + b"\0")
    refused(whole + whole)


def test_a_flipped_bit_is_found(whole: bytes) -> None:
    """Any bit that falls over on a disk is found by the checksum, or by the head."""
    rng = random.Random(5)
    for at in (*range(saved.HEAD.size), *(rng.randrange(len(whole)) for _ in range(500))):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << rng.randrange(8)
        refused(bytes(damaged))


def test_other_files_are_refused(tmp_path: Path) -> None:
    """A file that is no saved program is named as such, and a folder is an error of the system."""
    for content in (b"", b"risk", b"ruleset x version 1\n", b"\x80\x04pickle", bytes(10_000)):
        assert refused(content) == "this is not a saved ruleset"
    with pytest.raises(OSError):
        saved.read(tmp_path)


def test_another_format_is_named(whole: bytes) -> None:
    """A file of a later release says so."""
    later = bytearray(whole)
    struct.pack_into("<I", later, 8, FILE_FORMAT + 1)
    assert f"format {FILE_FORMAT + 1}" in refused(bytes(later))


def test_lengths_that_lie_are_refused(whole: bytes) -> None:
    """Huge lengths allocate nothing."""
    for place in (16, 24, 32):
        for length in (2**63, 2**64 - 1, 2**40, 0):
            lying = bytearray(whole)
            struct.pack_into("<Q", lying, place, length)
            refused(bytes(lying))


def _deep(told: dict[str, Any]) -> None:
    condition: Any = told["rules"][0][1][3]
    for _ in range(200):
        condition = ["Not", condition, ""]
    told["rules"][0][1][3] = condition


FORGED: dict[str, Callable[[dict[str, Any]], object]] = {
    "a key more": lambda told: told.update(extra=1),
    "a key less": lambda told: told.pop("strongest"),
    "a column less": lambda told: told["columns"].pop(),
    "columns exchanged": lambda told: told["columns"].reverse(),
    "a column of another coding": lambda told: told["columns"][0].__setitem__(1, "word"),
    "a column of no input": lambda told: told["columns"][1].__setitem__(0, "nothing"),
    "a column of the host's without its atom": lambda told: told["columns"][0].__setitem__(1, "host"),
    "a column that is a number": lambda told: told["columns"].__setitem__(1, 7),
    "a rule less": lambda told: told["strongest"].pop(),
    "a rule twice": lambda told: told["strongest"].__setitem__(0, told["strongest"][1]),
    "a rule of another name": lambda told: told["strongest"].__setitem__(0, "other"),
    "a rule left out": lambda told: told["rules"].pop(),
    "a rule's name twice": lambda told: told["rules"].__setitem__(0, told["rules"][1]),
    "a rule under another's name": lambda told: told["rules"][0].__setitem__(1, told["rules"][1][1]),
    "a name that is a number": lambda told: told["rules"][0].__setitem__(0, 7),
    "an action less": lambda told: told["acts"].pop(),
    "actions exchanged": lambda told: told["acts"].reverse(),
    "an action that is none": lambda told: told["acts"].__setitem__(0, "allow"),
    "a deadline of a rule that has none": lambda told: told["dated"].append(told["strongest"][0]),
    "a deadline of no rule": lambda told: told["dated"].append("other"),
    "the fingerprint of another": lambda told: told.update(fingerprint="f" * 64),
    "a fingerprint that is none": lambda told: told.update(fingerprint="F00D"),
    "a text that is none": lambda told: told.update(text=7),
    "a frame of another kind": lambda told: told["frame"].__setitem__(0, "Ruleset"),
    "tests that are none": lambda told: told.update(tests=["Test"]),
    "a node that nobody knows": lambda told: told["rules"][0][1].__setitem__(3, ["Run", "rm"]),
    "a field more": lambda told: told["rules"][0][1].append(1),
    "a field of another shape": lambda told: told["frame"].__setitem__(1, 5),
    "a yes for a number": lambda told: told["rules"][0][1].__setitem__(6, True),
    "a fraction": lambda told: told["rules"][0][1].__setitem__(6, 0.5),
    "not a number": lambda told: told["rules"][0][1].__setitem__(6, float("nan")),
    "a number without end": lambda told: told["rules"][0][1].__setitem__(6, 10**200),
    "exempts left out": lambda told: told.update(exempts=[]),
    "bands left out": lambda told: told["frame"].__setitem__(9, []),
    "nodes within nodes": _deep,
}


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_forged_json_is_refused(whole: bytes, forge: Callable[[dict[str, Any]], object]) -> None:
    """JSON that is not a ruleset's, or not that of this code, is refused though the checksum fits."""
    told, code = parts(whole)
    forge(told)
    refused(sealed(told, code))


def test_json_that_is_none_is_refused(whole: bytes) -> None:
    """Brackets without end, no JSON at all, and JSON of something else are refused without a crash."""
    _, code = parts(whole)
    for text in (b"[" * 200_000, b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"rules":' + b"9" * 6_000 + b"}"):
        refused(saved.sealed(text, b"[]", code.astype("<i8").tobytes()))


@pytest.mark.parametrize("place", range(layout.HEADER))
def test_a_forged_header_is_refused(whole: bytes, place: int) -> None:
    """No count and no offset can be changed by itself; but registers may be more than are used, and the act of a
    payment that fires nothing has a choice."""
    told, code = parts(whole)
    was = int(code[place])
    harmless: dict[int, range] = {
        layout.IDLE_ACT: range(int(code[layout.ACTS])),
        layout.REGISTERS: range(was, layout.MOST_REGISTERS + 1),
    }
    for value in (was + 1, was - 1, -1, 2**62, -(2**63), len(code)):
        if value != was and value not in harmless.get(place, ()):
            code[place] = value
            refused(sealed(told, code))


def directory(code: layout.Integers) -> layout.Integers:
    return code[code[layout.DIRECTORY] : code[layout.DERIVED_ROWS]].reshape(-1, layout.DIRECTORY_WIDTH)


RUN = """
import random, sys
from collections import Counter
sys.path.insert(0, sys.argv[1])
import numpy as np
import test_saved_program as t
from riskrules.kernel.deciding import decide_row
from riskrules.kernel.chunk import Chunk, OutOfBounds
from riskrules.program.saved import SavedProgramError, from_bytes
from riskrules.program.verify import UnsoundProgram, verify

rng = random.Random(11)
told, good = t.parts(t.to_bytes(t.from_meaning(t.ruleset()), t.ruleset()))
count = Counter()
for k in range(int(sys.argv[2])):
    code = t.forged(good, rng)
    try:
        verify(code)  # the same that loading does first, without reading the same JSON two thousand times
        program = from_bytes(t.sealed(told, code)).program
    except (SavedProgramError, UnsoundProgram):
        count["refused"] += 1
        continue
    count["loaded"] += 1
    chunk = Chunk(program, 8)
    rows = np.array([[rng.choice(t.VALUES) for _ in program.columns] for _ in range(8)], np.int64)
    if rng.random() < 0.8:
        directory = t.directory(program.code)
        rows = np.clip(rows, directory[:, t.layout.LOWEST], directory[:, t.layout.HIGHEST])
    try:
        out = program.out()
        for values in rows:
            act = decide_row(program.code, values.copy(), out)
            assert -len(program.columns) <= act < len(program.acts)
            program.fired(out), program.lifted(out), program.exempting(out)
        for c in range(len(program.columns)):
            chunk.feed(c, np.ascontiguousarray(rows[:, c]))
        d = chunk.decide(8)
        [program.rules[i] for i in (*d.fired.indices, *d.lifted.indices)]
        [program.exempts[i] for i in d.exempts.indices]
        assert d.acts.min() >= 0 and d.acts.max() < len(program.acts)
        count["decided"] += 1
    except OutOfBounds:
        count["out of bounds"] += 1
print(count["refused"], count["loaded"], count["decided"], count["out of bounds"])
"""
VALUES = (-(2**63), -(2**63) + 1, -1, 0, 1, 2, 3, 7, 9, 299, 300, 301, 10**15, 2**62, 2**63 - 1)


def forged(good: layout.Integers, rng: random.Random) -> layout.Integers:
    """The code with one to three integers changed: in the sections as often as in the pool, to what leads astray."""
    code = good.copy()
    for _ in range(rng.choice((1, 1, 2, 3))):
        place = rng.randrange(rng.choice((layout.HEADER, int(good[layout.POOL]), int(good[layout.POOL]), len(good))))
        near = int(code[place]) + rng.choice((-2, -1, 1, 2, 8, 64, 256))
        other = int(code[rng.randrange(len(code))])
        far = rng.choice((-1, 0, 1, 63, 255, 256, 65_536, len(good), len(good) - 1, 2**31, 2**62, 2**63 - 1, -(2**63)))
        code[place] = max(-(2**63), min(rng.choice((near, near, other, far)), 2**63 - 1))
    return code


def test_forged_code_never_leads_outside() -> None:
    """Of thousands of forged codes each is refused, or decides every payment without an index out of place."""
    environment = {**os.environ, "NUMBA_BOUNDSCHECK": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(Path(__file__).parent), str(FORGERIES)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    refused_count, loaded, decided, out_of_bounds = map(int, done.stdout.split())
    assert refused_count > FORGERIES // 10
    assert decided > FORGERIES // 10
    assert loaded == decided + out_of_bounds and refused_count + loaded == FORGERIES


def test_changed_tables_decide_nothing(tmp_path: Path) -> None:
    """A file whose tables somebody changed, checksum and all, decides by its meaning: the fingerprint does not lie."""
    program = from_meaning(ruleset())
    code = program.code.copy()
    code[code[layout.SCORES]] += 1
    found, anew = loaded(to_bytes(replace(program, code=code), ruleset()))
    assert not np.array_equal(found.program.code, program.code)
    assert np.array_equal(anew.code, program.code)


def test_a_proven_file_serves_as_it_is(tmp_path: Path) -> None:
    """With its SHA-256 a saved ruleset decides as the text does, says of a rule what the text says, and can be saved
    again; with another SHA-256 it is not loaded, nor is a text."""
    text = (
        'ruleset s version 2026.1\n  currency CNY\n  timezone Asia/Shanghai\n'
        'rule big "A big one" when amount > 5 CNY then hold responsible payee.account tell payer "wait"\n'
        '  test "it holds"\n    given  amount = 10.00 CNY\n    expect hold\n'
        'exempt small "A small one" when amount < 9 CNY lifts big\n'
        'rule other "Another" when amount > 900 CNY then warn tell payer "big"\n'
    )
    rules = riskrules.loads(text)
    digest = rules.save(tmp_path / "rules")
    back = riskrules.load(tmp_path / "rules", sha256=digest.upper())
    event = {"id": "1", "amount": "10.00", "currency": "CNY", "occurred_at": "2026-11-01T10:00:00+08:00",
             "payee": {"account": {"id": "A", "institution": "B"}}}  # fmt: skip
    decisions = [riskrules.Engine(each).decide(event) for each in (rules, back)]
    assert decisions[0].to_json() == decisions[1].to_json()
    assert decisions[1].fired == ("big",) and decisions[1].notices == decisions[0].notices
    assert str(decisions[0].why()) == str(decisions[1].why())
    assert back.fingerprint == rules.fingerprint and back.meaning == rules.meaning and back.meaning.tests
    assert back.save(tmp_path / "again") == digest
    with pytest.raises(SavedProgramError, match="is not the file whose SHA-256 was given"):
        riskrules.load(tmp_path / "rules", sha256="0" * 64)
    (tmp_path / "text.risk").write_text(text)
    with pytest.raises(SavedProgramError, match="a text is loaded without"):
        riskrules.load(tmp_path / "text.risk", sha256=hashlib.sha256(text.encode()).hexdigest())


def test_the_same_rules_are_saved_as_the_same_bytes() -> None:
    """In processes that hash texts otherwise too: a version is known by the hash of its file."""
    script = (
        "import hashlib, sys; sys.path.insert(0, sys.argv[1]); import test_saved_program as t;"
        "from riskrules import load, ruleset_path as p; r = [load(p(x)) for x in sys.argv[2:]];"
        "told = [t.to_bytes(t.from_meaning(t.ruleset()), t.ruleset()), *(t.to_bytes(x.program, x.meaning) for x in r)];"
        "print(hashlib.sha256(b''.join(told)).hexdigest())"
    )
    files = ["cn/whose_account.risk", "cards/programmes.risk"]
    said = set()
    for seed in ("1", "2", "3"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", script, str(Path(__file__).parent), *files]
        said.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(said) == 1


MISSHAPEN: dict[str, Callable[[str], str]] = {
    "an input that nobody reads the value of": lambda text: text.replace('["Read","amount"', '["Read","nosuch"'),
    "no such zone": lambda text: text.replace('"Asia/Shanghai"', '"../../etc/passwd"'),
    "no such currency": lambda text: text.replace('"CNY"', '"ZZZ"'),
    "a duration without end": lambda text: text.replace("86400000000", "1" + "0" * 40),
    "no options": lambda text: re.sub(r'("Responsible","payee.account",)\[\[.*?\]\]', r"\1[]", text),
}


@pytest.mark.parametrize("change", MISSHAPEN)
def test_a_meaning_that_no_checker_made_is_refused(tmp_path: Path, change: str) -> None:
    """A saved meaning that does not hold together is one sentence when it is loaded, and no crash later."""
    text = (
        "ruleset s version 2026.1\n  currency CNY\n  timezone Asia/Shanghai\n"
        'rule r "r" when amount > 5 CNY then delay 24h responsible payee.account tell payer "wait"\n'
    )
    rules = riskrules.loads(text)
    told, code = parts(to_bytes(rules.program, rules.meaning))
    plain = json.dumps(told, separators=(",", ":"))
    changed = MISSHAPEN[change](plain)
    assert changed != plain
    path = tmp_path / "misshapen"
    path.write_bytes(sealed(json.loads(changed), code))
    with pytest.raises(SavedProgramError):
        riskrules.load(path)
