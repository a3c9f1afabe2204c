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


COMPILING = """
import os, sys, threading, time
from riskrules.base.forks import making
assert "numba" not in sys.modules
from riskrules.state.memory import MemoryWindows

stores = []

def compiling():
    stores.append(MemoryWindows(most_bytes=8 << 20, most_keys=1000, most_ids=1000))

thread = threading.Thread(target=compiling)
thread.start()
time.sleep(1)
child = os.fork()
if not child:
    compiling()
    os._exit(7)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
thread.join()
assert code == 7, code

entered, leave = threading.Event(), threading.Event()

def held():
    with making:
        entered.set()
        leave.wait(60)

def forking():
    child = os.fork()
    if not child:
        os._exit(0)
    os.waitpid(child, 0)

threads = [threading.Thread(target=held), threading.Thread(target=forking)]
threads[0].start()
entered.wait()
threads[1].start()
time.sleep(0.5)
assert threads[1].is_alive()
lock = stores[0].lock
free = lock.try_it(False)
if free:
    lock.let_go()
leave.set()
for thread in threads:
    thread.join()
assert free, "a fork that waits holds the store"
"""
FORKS = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


def ends_well(script: str) -> None:
    done = subprocess.run([sys.executable, "-c", script], timeout=120, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@FORKS
def test_the_child_decides() -> None:
    """It would wait for ever for a lock whose holder it does not have."""
    ends_well(SCRIPT)


@FORKS
def test_a_fork_waits_for_what_is_being_compiled() -> None:
    """The compiler takes locks of others, such as that of `logging`, which this process has not imported before; the
    child has all that was compiled. Meanwhile no store is kept from payments."""
    ends_well(COMPILING)
