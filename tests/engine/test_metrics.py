"""What OpenTelemetry is told: exact counts with few labels, and nothing at all without it."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

import riskrules as rr
from riskrules.bridges.metrics import MOST_PATTERNS, MOST_TALLIES, Tally

from .samples import payment
from .sources import rules_of

LISTS: Mapping[str, object] = {"involved": []}


class Collector:
    """Metrics that a test can collect."""

    def __init__(self) -> None:
        self.reader = InMemoryMetricReader()
        self.provider = MeterProvider(metric_readers=[self.reader])
        self.metrics = rr.Metrics(self.provider.get_meter("test"))

    def read(self) -> dict[str, dict[tuple[tuple[str, str], ...], Any]]:
        found: dict[str, dict[tuple[tuple[str, str], ...], Any]] = {}
        data = self.reader.get_metrics_data()
        for resource in data.resource_metrics if data else ():
            for scope in resource.scope_metrics:
                for metric in scope.metrics:
                    found[metric.name] = {
                        tuple(sorted((point.attributes or {}).items())): getattr(point, "value", point)
                        for point in metric.data.data_points
                    }
        return found


def labels(**more: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted({"ruleset": "followed", "version": "2026.1", **more}.items()))


def test_counts_are_exact_over_threads() -> None:
    """Each decision of each thread is counted once, by action and by rule; errors too; and threads that ended stay."""
    seen = Collector()
    engine = rr.Engine(rules_of(1), lists=LISTS, metrics=seen.metrics)

    def work() -> None:
        for i in range(500):
            engine.decide(payment(amount="5000.00" if i % 5 == 0 else "5.00"))
        for _ in range(7):
            with pytest.raises(rr.PaymentError):
                engine.decide({})

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _ in range(2):  # collecting changes nothing
        told = seen.read()
        assert told["riskrules.decisions"] == {labels(action="allow"): 3_200, labels(action="verify"): 800}
        assert told["riskrules.fired"] == {labels(rule="large"): 800}
        assert told["riskrules.errors"] == {labels(): 56}
    seen.metrics._flush()
    timed = seen.read()["riskrules.decision.duration"][labels()]
    assert 0 < timed.count <= 100
    assert 0 < timed.sum < 10


def test_what_a_host_must_always_answer_is_counted() -> None:
    seen = Collector()
    engine = rr.Engine(rules_of(1), lists=LISTS, metrics=seen.metrics, on_error="hold")
    assert engine.decide({}).act == "hold"
    told = seen.read()
    assert told["riskrules.decisions"] == {labels(action="hold"): 1}
    assert told["riskrules.errors"] == {labels(): 1}


def test_arms_and_switches_are_told_apart(tmp_path: Any) -> None:
    """A canary's decisions carry its version and arm, and what a kill switch answers is counted like any decision."""
    seen = Collector()
    switch = rr.KillSwitch.new(tmp_path / "s.json")
    canary = rr.Canary(rules_of(2), share=50)
    engine = rr.Engine(rules_of(1), lists=LISTS, metrics=seen.metrics, canary=canary, switch=switch)
    expected: Counter[str] = Counter()
    for i in range(200):
        event = payment(payer__account__id=f"A-{i}", amount="5000.00")
        expected[engine.decide(event).ruleset.version] += 1
    switch.kill_all("reject")
    engine.decide(payment())
    told = seen.read()["riskrules.decisions"]
    assert told == {
        labels(action="verify", arm="champion"): expected["2026.1"],
        labels(action="verify", arm="canary", version="2026.2"): expected["2026.2"],
        labels(action="reject", arm="champion"): 1,
    }


def test_labels_are_few_and_never_of_a_payment() -> None:
    """Whatever is decided, the labels are these, and no text of a payment is in them."""
    seen = Collector()
    engine = rr.Engine(rules_of(1), lists=LISTS, metrics=seen.metrics)
    for i in range(300):
        engine.decide(payment(id=f"P-{i}", payer__account__id=f"6222020000{i:06}", amount="5000.00"))
    for points in seen.read().values():
        assert len(points) <= 6
        for point in points:
            assert {name for name, _ in point} <= {"ruleset", "version", "action", "rule", "arm"}
            assert "6222" not in str(point)
            assert "P-" not in str(point)


def test_versions_and_patterns_are_bounded() -> None:
    """Counts survive a version that comes again; of many versions the latest are told; a thread holds so many sets of
    rules that fired together, and then counts by rule, with nothing lost."""
    seen = Collector()
    engine = rr.Engine(rules_of(1), lists=LISTS, metrics=seen.metrics)
    engine.decide(payment())
    for turn in range(4):
        engine.swap(rules_of(1 + turn % 2))
        engine.decide(payment())
    assert seen.read()["riskrules.decisions"][labels(action="allow")] == 3
    for number in range(MOST_TALLIES + 5):
        engine.swap(rules_of(number))
        engine.decide(payment())
    assert len(seen.read()["riskrules.decisions"]) == MOST_TALLIES

    names = {
        number.to_bytes(2, "little"): [f"rule_{bit}" for bit in range(16) if number >> bit & 1]
        for number in range(5_000)
    }
    tally = Tally("", {}, names.__getitem__)
    expected: Counter[Any] = Counter()
    for bits, rules in names.items():
        tally.count(2, bits)
        expected.update(rules)
    assert tally.read() == expected + Counter({2: 5_000})
    assert len(tally._counts.mine()) <= MOST_PATTERNS + 1


WITHOUT = """
import sys
sys.modules["opentelemetry"] = None
import riskrules as rr
metrics = rr.Metrics()
assert not metrics.active
rules = rr.loads('ruleset a version 2026.1\\n  currency CNY\\n\\nrule x\\n  "x"\\n  when amount > 5 CNY\\n  then warn')
engine = rr.Engine(rules, metrics=True)
print(type(engine._deciding).__name__)
"""


def test_without_opentelemetry_nothing_is_in_the_way() -> None:
    """The engine asks its version itself, as if no metrics had been asked for."""
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "Serving"
