"""Registries that somebody made wrong on purpose, each signed as well as that somebody could."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import riskrules as rr
from riskrules.program.saved import to_bytes
from riskrules.versions.canonical import digest_of, encoded
from riskrules.versions.trust import Trust, TrustedKey

from .registry_forging import (
    Bad,
    Told,
    forged,
    manifest_of,
    next_pointer,
    put,
    put_manifest,
    put_pointer,
    statement,
)
from .registry_house import KEYS, START_US, House, trust, trusted


def manifests() -> Iterator[Bad]:
    """Manifests that everybody signed, and that cannot be right all the same."""

    def changed(what: str, said: str, **values: Any) -> Bad:
        return Bad(f"manifest: {what}", lambda house: forged(house, encoded({**manifest_of(house), **values})), said)

    def respelt(name: str, spell: Callable[[Told], bytes], said: str = "is damaged") -> Bad:
        return Bad(f"manifest: {name}", lambda house: forged(house, spell(manifest_of(house))), said)

    for number in (2, 0, 999):
        yield changed(
            f"of format {number}", f"has format {number}, and this release of riskrules reads 1", format=number
        )
    yield changed("of a later program", "a later release: upgrade", program_format=999)
    yield changed("of a later language", "a later release: upgrade", language="99.0")
    yield changed("of another schema", "another schema", schema="0" * 64)
    yield changed("of another meaning", "is mixed: its text has the fingerprint", fingerprint="0" * 64)
    yield changed("without an author", "is not signed", author=None)
    yield changed("of an unknown author", "not among the trusted", author="0" * 32)
    yield changed("that has expired", "expired on 2026-11-01", expires="2026-11-01T01:45:00Z")
    yield changed("of another name", "is mixed: the pointer leads to `large`", name="large")
    yield changed("of another version", "is mixed: the pointer leads to `small` 2026.9", version="2026.9")
    wrong: dict[str, list[Any]] = {
        "format": [True, "1", 1.0, None],
        "name": ["../small", "", "Small", "small/2026.2", "x" * 65, 7, None, "small\n", "..", "sm.all"],
        "version": ["../1", "2026", "2026.1/..", "", "2026.1\x00", 2026, None, "2026.１"],
        "fingerprint": ["", "../" + "0" * 61, "G" * 64, "0" * 63, None, 0],
        "schema": ["0" * 65, None],
        "program_format": [0, -1, 10**30, "6", True, None],
        "text": [None, {}, {"sha256": "0" * 64}, {"sha256": "../x", "bytes": 1}, {"sha256": "0" * 64, "bytes": -1},
                 {"sha256": "0" * 64, "bytes": 10**12}, {"sha256": "0" * 64, "bytes": True}, []],
        "program": [{"sha256": "0" * 64, "bytes": 2**30 + 1}, "0" * 64],
        "fields": [{}, [], {"sha256": "0" * 64, "bytes": 2**20 + 1}],
        "lists": [None, [], {"../bad": {}}, {"bad_accounts": {"sha256": "0" * 64, "bytes": 1}}],
        "models": [[], {"../m.onnx": {"sha256": "0" * 64, "bytes": 1}}, {"m.exe": {"sha256": "0" * 64, "bytes": 1}},
                   {f"m{i}.onnx": {"sha256": "0" * 64, "bytes": 1} for i in range(5)}],
        "author": ["li", "../" + "0" * 29, 7],
        "made_at": ["2026-11-01", "2026-11-01T00:00:00+00:00", "2026-13-01T00:00:00Z", 0, None],
        "expires": ["never", "2026-11-01T00:00:00.000000Z", 0],
        "riskrules": ["", "x" * 65, None, "0\n1"],
        "language": ["five", "", None],
    }  # fmt: skip
    for key, values in wrong.items():
        for value in values:
            yield changed(f"`{key}` is {value!r:.90}", "is damaged", **{key: value})
    yield changed("with a word more", "is damaged", extra=1)
    yield respelt("with a word less", lambda told: encoded({k: v for k, v in told.items() if k != "schema"}))
    yield respelt("indented", lambda told: json.dumps(told, indent=1).encode())
    yield respelt("out of order", lambda told: json.dumps(dict(reversed(told.items()))).encode())
    yield respelt("with a key twice", lambda told: b'{"name":"x",' + encoded(told)[1:])
    yield respelt("a list of it", lambda told: encoded([told]))
    yield respelt("with a mark of byte order", lambda told: b"\xef\xbb\xbf" + encoded(told))
    yield respelt("in UTF-16", lambda told: encoded(told).decode().encode("utf-16"))
    yield respelt("a text", lambda told: b'"manifest"')


def signatures() -> Iterator[Bad]:
    """Whom to believe: stripped, by strangers, by one of the house alone, exchanged, expired."""

    def of(name: str, spoil: Callable[[House, str], None], said: str) -> Bad:
        def whole(house: House) -> None:
            digest = put_manifest(house, encoded({**manifest_of(house), "made_at": "2026-11-01T01:15:00Z"}))
            spoil(house, digest)
            put_pointer(house, next_pointer(house, digest))

        return Bad(f"signatures: {name}", whole, said)

    def li(house: House, digest: str) -> None:
        statement(house, KEYS["li"], "manifest", digest)

    def approved(house: House, digest: str, *names: str) -> None:
        li(house, digest)
        for name in names:
            statement(house, KEYS[name], "approval", digest)

    yield of("none", lambda h, d: None, "lacks the signature of its author")

    def approvals_alone(house: House, digest: str) -> None:
        for name in ("wang", "zhao"):
            statement(house, KEYS[name], "approval", digest)

    yield of("approvals alone", approvals_alone, "lacks the signature of its author")
    yield of("the author's alone", li, "has 0 of the 2 approvals")
    yield of("one approval", lambda h, d: approved(h, d, "wang"), "has 1 of the 2 approvals")
    yield of("the author approves", lambda h, d: approved(h, d, "wang", "li"), "signature of something else|approvals")
    yield of("an operator approves", lambda h, d: approved(h, d, "wang", "chen"), "has 1 of the 2 approvals")
    yield of("a stranger approves", lambda h, d: approved(h, d, "wang", "stranger"), "has 1 of the 2 approvals")
    for name, purpose, other in (
        ("made by a stranger", "manifest", {"path_key": KEYS["li"].id, "told_key": KEYS["li"].id}),
        ("made by a stranger who says so", "manifest", {"path_key": KEYS["li"].id}),
    ):
        yield of(f"the author's, {name}", lambda h, d, p=purpose, o=other: statement(h, KEYS["stranger"], p, d, **o),
                 "was not signed by Li|is a signature of something else")  # fmt: skip
    for name, other in (
        ("for another purpose", {"signed_as": "approval"}),
        ("of another manifest", {"manifest": "0" * 64}),
        ("of no moment", {"at": "yesterday"}),
    ):
        yield of(f"the author's, {name}", lambda h, d, o=other: statement(h, KEYS["li"], "manifest", d, **o),
                 "was not signed by Li|is a signature of something else|is damaged")  # fmt: skip
    yield of("an approval in the author's place", lambda h, d: statement(h, KEYS["li"], "approval", d),
             "is a signature of something else")  # fmt: skip

    def exchanged(house: House, digest: str) -> None:
        good = Path(house.place) / "signatures" / house.registry.version("small", "2026.1").manifest
        shutil.copytree(good, Path(house.place) / "signatures" / digest)

    yield of("those of another version", exchanged, "is a signature of something else")

    def an_approval_twice(house: House, digest: str) -> None:
        approved(house, digest, "wang")
        raw = (Path(house.place) / f"signatures/{digest}/{KEYS['wang'].id}.json").read_bytes()
        put(house, f"signatures/{digest}/{KEYS['zhao'].id}.json", raw)

    yield of("one approval in two places", an_approval_twice, "has 1 of the 2 approvals")

    def believing(name: str, of_whom: Callable[[], Any], said: str) -> Bad:
        def spoil(house: House) -> None:
            house.trust = of_whom()

        return Bad(f"trust: {name}", spoil, said)

    people = ("li", "wang", "zhao", "chen")
    for gone in people:
        rest = [trusted(n) for n in people if n != gone]
        said = "not among the trusted" if gone in ("li", "chen") else "has 1 of the 2 approvals"
        stand_in = [TrustedKey(KEYS["stranger"].public, "Xu", frozenset({"approver"}))]
        yield believing(f"without {gone}", lambda rest=rest + stand_in: Trust(rest, approvals=2), said)
    yield believing("three approvals", lambda: Trust([trusted(n) for n in people], approvals=3), "has 2 of the 3")
    yield believing(
        "an approver of the author's name",
        lambda: Trust([trusted("li"), trusted("wang", called="Li"), trusted("zhao"), trusted("chen")], approvals=2),
        "has 1 of the 2 approvals .*Li is the author",
    )
    yield believing(
        "two keys of one approver",
        lambda: Trust([trusted("li"), trusted("wang"), trusted("zhao", called="Wang"), trusted("chen")], approvals=2),
        "has 1 of the 2 approvals",
    )
    for name, said in (("li", "Li .* expired"), ("wang", "has 1 of .* expired"), ("chen", "Chen .* expired")):
        yield believing(f"{name} expired before", lambda name=name: trust(**{name: START_US}), said)


def pointers() -> Iterator[Bad]:
    """Pointers, each signed by the operator unless it says otherwise."""

    def of(name: str, change: Callable[[Told], None], said: str, **more: Any) -> Bad:
        return Bad(f"pointer: {name}", lambda h: put_pointer(h, next_pointer(h, change=change), **more), said)

    def small(told: Told) -> list[Told]:
        held: list[Told] = told["rulesets"]["small"]
        return held

    def same(told: Told) -> None:
        """Nothing more than its number."""

    yield of("unsigned", same, "pointer 3 is not signed", key=None)
    yield of("signed by the author", same, "who is no operator", key=KEYS["li"])
    yield of("signed by a stranger", same, "not among the trusted ones", key=KEYS["stranger"])
    yield of("signed for another purpose", same, "the signature does not fit", purpose="manifest")
    for key, values in {
        "sequence": [0, -1, "3", True, 10**13, None],
        "previous": [None, "x", "0" * 64],
        "written_at": ["2026-11-01T00:30:00Z", "now", None, 5],
        "format": [2, "1", None],
        "rulesets": [[], None, {"../small": []}, {"small": None}, {"small": [1]}, {}, {"Small": []}],
    }.items():
        for value in values:
            yield of(f"`{key}` is {value!r:.40}", lambda told, k=key, v=value: told.update({k: v}),
                     "is damaged|does not (follow|say)|says that it is older|changes which|has format"
                     "|was served already|holds pointer")  # fmt: skip
    for key, values in {
        "version": ["2026.7", "../x", None],
        "manifest": ["0" * 64, "../../x", None],
        "begins": ["2026-11-01T00:30:00Z", "2026-11-01T03:00:00Z", "soon"],
        "ends": ["2026-11-01T01:10:00Z", "2026-11-01T01:00:00Z", "2026-11-01T00:10:00Z", 1],
        "activated_at": ["2026-11-01T00:59:00Z", None],
        "by": ["rollback", "somebody", None],
    }.items():
        for value in values:
            yield of(f"`{key}` of the version in force is {value!r}",
                     lambda told, k=key, v=value: small(told)[-1].update({k: v}),
                     "changes which version|is damaged|overlap|ends before")  # fmt: skip
            if value == "2026-11-01T01:00:00Z":  # when it ended anyhow
                continue
            yield of(f"`{key}` of the first version is {value!r}",
                     lambda told, k=key, v=value: small(told)[0].update({k: v}),
                     "changes which version|is damaged|overlap|ends before")  # fmt: skip
    yield of("without its past", lambda told: small(told).__delitem__(0), "changes which version")
    yield of("with a past", lambda told: small(told).insert(0, {**small(told)[0], "begins": "2026-10-01T00:00:00Z"}),
             "changes which version")  # fmt: skip
    yield of("out of order", lambda told: small(told).reverse(), "overlap")
    yield of("a version twice", lambda told: small(told).append(small(told)[-1]), "overlap")

    def a_range_in_a_range(told: Told) -> None:
        small(told)[-1]["ends"] = "2026-11-09T00:00:00Z"
        small(told).append({**small(told)[-1], "begins": "2026-11-05T00:00:00Z"})

    yield of("a range in a range", a_range_in_a_range, "overlap")
    yield of("a member more", lambda told: small(told)[-1].update(x=1), "is damaged")

    def put_back(house: House) -> None:
        first = (Path(house.place) / "pointers/000000000001.json").read_bytes()
        (Path(house.place) / "pointers/000000000002.json").unlink()
        put(house, "pointer.json", first)

    yield Bad("pointer: the one before, put back", put_back, "pointer 1, and pointer 2 was served already")

    def none_at_all(house: House) -> None:
        shutil.rmtree(Path(house.place) / "pointers")
        (Path(house.place) / "pointer.json").unlink()

    yield Bad("pointer: none at all", none_at_all, "pointer 0, and pointer 2 was served already")

    def a_number_left_out(house: House) -> None:
        told = next_pointer(house)
        told["sequence"] = 5
        put_pointer(house, told)

    yield Bad("pointer: a number left out", a_number_left_out, "000000000004.json` is missing")

    def garbage_next(house: House) -> None:
        put(house, "pointers/000000000003.json", b"x")

    yield Bad("pointer: garbage after it", garbage_next, "000000000003.json` is damaged")


def mixed() -> Iterator[Bad]:
    """Good parts of two versions, put together and signed by everybody."""

    def of(name: str, said: str, *keys: str, **more: Any) -> Bad:
        def spoil(house: House) -> None:
            other = manifest_of(house, "2026.1")
            forged(house, encoded({**manifest_of(house), **{key: other[key] for key in keys}, **more}))

        return Bad(f"mixed: {name}", spoil, said)

    yield of("the text of another version", "its text is that of `small` 2026.1", "text")
    yield of("the program of another version", "its saved program is not that of its text", "program")
    yield of("the fingerprint of another version", "it was signed as", "fingerprint")
    yield of("text and program of another", "its text is that of `small` 2026.1", "text", "program", "fingerprint")
    yield of("without its list", "its lists or models are not those", lists={})

    def another_list(house: House, **change: Any) -> None:
        told = manifest_of(house)
        raw = b'[\n"SOMEBODY"\n]\n'
        put(house, f"objects/{digest_of(raw)[:2]}/{digest_of(raw)}", raw)
        part = {**told["lists"]["bad_accounts"], "sha256": digest_of(raw), "bytes": len(raw), **change}
        forged(house, encoded({**told, "lists": {"bad_accounts": part}}))

    def a_program_of_its_name(house: House) -> None:
        rules = rr.load(house.rules("2026.2", "1"))
        raw = to_bytes(rules.program, rules.meaning)
        put(house, f"objects/{digest_of(raw)[:2]}/{digest_of(raw)}", raw)
        part = {"sha256": digest_of(raw), "bytes": len(raw)}
        forged(house, encoded({**manifest_of(house), "program": part}))

    yield Bad("mixed: a program of that name", a_program_of_its_name, "its saved program is not that of its text")
    yield Bad("mixed: another list", another_list, "its items are not those that were signed")
    yield Bad("mixed: another list of as many", lambda h: another_list(h, items=1), "its items are not those")
    for name, raw in {
        "no JSON": b"BAD-1\nBAD-2\n",
        "an item twice": b'["BAD-1","BAD-1"]',
        "numbers": b"[1,2]",
        "an item that is empty": b'["BAD-1",""]',
        "an item that is endless": b'["' + b"x" * 5_000 + b'","a"]',
        "an object": b'{"a":1}',
    }.items():

        def a_list(house: House, raw: bytes = raw) -> None:
            put(house, f"objects/{digest_of(raw)[:2]}/{digest_of(raw)}", raw)
            told = manifest_of(house)
            part = {**told["lists"]["bad_accounts"], "sha256": digest_of(raw), "bytes": len(raw)}
            forged(house, encoded({**told, "lists": {"bad_accounts": part}}))

        yield Bad(f"mixed: a list that is {name}", a_list, "the list `bad_accounts` of `small` 2026.2")
    for name, text, said in (
        ("a text that does not check", b"ruleset small version 2026.2\n  currency XXX\n", "does not check"),
        ("a text that is none", b"\xff\xfe\x00", "does not load"),
        ("a text of nothing", b"", "does not check"),
    ):

        def a_text(house: House, text: bytes = text) -> None:
            put(house, f"objects/{digest_of(text)[:2]}/{digest_of(text)}", text)
            part = {"sha256": digest_of(text), "bytes": len(text)}
            forged(house, encoded({**manifest_of(house), "text": part}))

        yield Bad(f"mixed: {name}", a_text, said)
    for name, raw in (
        ("no program", b"x"),
        ("a program of nothing", b""),
        ("a program of another file", b"riskprog" + bytes(100)),
    ):

        def a_program(house: House, raw: bytes = raw) -> None:
            put(house, f"objects/{digest_of(raw)[:2]}/{digest_of(raw)}", raw)
            part = {"sha256": digest_of(raw), "bytes": len(raw)}
            forged(house, encoded({**manifest_of(house), "program": part}))

        yield Bad(f"mixed: {name}", a_program, "the saved program of `small` 2026.2 does not load")
