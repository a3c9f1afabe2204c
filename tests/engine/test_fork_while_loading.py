"""A process that is forked while another of its threads loads or compiles the kernel."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

RULES = """
ruleset large version 2026.1
  currency CNY
  appeal   "Call 95588, at any time."

rule a_large_one
  "A large payment"
  when amount > 10 CNY
  then hold
  responsible payer.account
"""
SCRIPT = (
    """
import os, sys, threading, time
import riskrules as rr
from riskrules.kernel import deciding, kept

rules = """
    + repr(RULES)
    + """
engine = rr.Engine(rr.loads(rules, "large.risk"))
payment = {"id": "1", "occurred_at": "2026-11-01T10:00:00Z", "amount": "12.00", "currency": "CNY",
    "payer": {"account": {"id": "A-1", "institution": "BANK-A"}}}
begun, load = threading.Event(), kept.load

def slowly():
    begun.set()
    time.sleep(0.5)
    return load()

kept.load = slowly
thread = threading.Thread(target=engine.warm)
thread.start()
begun.wait()
child = os.fork()
if not child:
    os._exit(0 if list(engine.decide(payment).fired) == ["a_large_one"] else 1)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
thread.join()
assert list(engine.decide(payment).fired) == ["a_large_one"]
sys.exit(code)
"""
)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_the_child_decides() -> None:
    """It would wait for ever for a lock whose holder it does not have."""
    done = subprocess.run([sys.executable, "-c", SCRIPT], timeout=120, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
