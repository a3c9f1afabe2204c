"""A Redis that is down, slow, full or lies: the payment waits no longer than was said, nothing is counted twice."""

from __future__ import annotations

import os
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from redis_plans import NOW_US, PLAN, all_unavailable, count_of, happened, moment, store_of
from redis_server import Proxy, Server, wait_until

from riskrules.state.redis_link import FAILURES_TO_OPEN
from riskrules.state.store import WindowConflict, WindowStoreError

SHORT = timedelta(milliseconds=300)
BUSY_SECONDS = 2.0
"""What a busy machine may add to any time that is measured here."""
WELL_SECONDS = 10.0
"""By when a server that is well again must be in use."""


@pytest.fixture(scope="module")
def shared() -> Iterator[Server]:
    with Server() as server:
        yield server


@pytest.fixture
def server(shared: Server) -> Server:
    shared.command("CONFIG", "SET", "maxmemory", "0")
    shared.command("FLUSHALL")
    return shared


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    with Proxy(server) as one:
        yield one


def test_one_round_trip(proxy: Proxy) -> None:
    """A decision asks once and a record once, however many windows there are."""
    bound = store_of(proxy.url).bind(PLAN)
    before = proxy.requests
    for number in range(20):
        bound.record(happened(str(number), NOW_US + number))
        assert proxy.requests == before + 2 * number + 1
        assert count_of(bound, NOW_US + number) == number + 1
        assert proxy.requests == before + 2 * number + 2
    assert proxy.connections == 1


@pytest.mark.parametrize("fault", ["drop_replies", "cut_replies"])
def test_a_lost_reply_counts_once(proxy: Proxy, fault: str) -> None:
    """An event whose record was not answered may be recorded again, and counts once."""
    bound = store_of(proxy.url, timeout=SHORT).bind(PLAN)
    assert bound.record(happened("a", NOW_US))
    setattr(proxy, fault, True)
    with pytest.raises(WindowStoreError, match="may not have been"):
        bound.record(happened("b", NOW_US))
    setattr(proxy, fault, False)
    again = store_of(proxy.url).bind(PLAN)
    assert again.record(happened("b", NOW_US)) is False
    assert count_of(again, NOW_US) == 2
    with pytest.raises(WindowConflict):
        again.record(happened("b", NOW_US, amount=101))
    assert count_of(again, NOW_US) == 2


def test_a_late_reply_is_nobody_elses(proxy: Proxy) -> None:
    """The reply to a call that was given up never answers another."""
    bound = store_of(proxy.url, timeout=SHORT).bind(PLAN)
    for number in range(5):
        bound.record(happened(str(number), NOW_US))
    proxy.drip_seconds = 0.2
    assert all_unavailable(bound.read(moment(PLAN, NOW_US)))
    proxy.drip_seconds = 0.0
    wait_until(lambda: not bound.read(moment(PLAN, NOW_US, key="bob")).unavailable, WELL_SECONDS)
    assert bound.read(moment(PLAN, NOW_US, key="bob")).values[0] == 0


def test_the_timeout_holds_for_the_whole_call(proxy: Proxy) -> None:
    """A reply that drips in byte by byte does not hold a payment up."""
    bound = store_of(proxy.url, timeout=SHORT).bind(PLAN)
    proxy.drip_seconds = 0.1  # each wait is shorter than the timeout, a reply takes many
    began = time.monotonic()
    answers = bound.read(moment(PLAN, NOW_US))
    assert time.monotonic() - began < SHORT.total_seconds() + BUSY_SECONDS
    assert all_unavailable(answers)
    assert "300 ms" in answers.because


def test_a_server_that_stands_still(server: Server) -> None:
    """While the server stands still, a call takes its timeout, then none at all; it is used again soon after it is
    well."""
    bound = store_of(server.url, timeout=SHORT).bind(PLAN)
    bound.record(happened("a", NOW_US))
    server.stop_for_now()
    try:
        for _ in range(FAILURES_TO_OPEN):
            began = time.monotonic()
            assert all_unavailable(bound.read(moment(PLAN, NOW_US)))
            assert time.monotonic() - began < SHORT.total_seconds() + BUSY_SECONDS
        began = time.monotonic()
        for _ in range(1_000):
            assert all_unavailable(bound.read(moment(PLAN, NOW_US)))
        # Had each waited, this would be five minutes; one or a few may have asked.
        assert time.monotonic() - began < 10 * SHORT.total_seconds() + BUSY_SECONDS
        with pytest.raises(WindowStoreError):
            bound.record(happened("b", NOW_US))
    finally:
        server.go_on()
    wait_until(lambda: not bound.read(moment(PLAN, NOW_US)).unavailable, WELL_SECONDS)
    assert bound.record(happened("b", NOW_US)) in (True, False)
    assert count_of(bound, NOW_US) == 2


def test_a_server_that_refuses_connections(proxy: Proxy) -> None:
    """A cut connection is not retried within a call, and a new one is opened when the server is there again."""
    bound = store_of(proxy.url).bind(PLAN)
    proxy.refuse = True
    proxy.cut()
    for _ in range(FAILURES_TO_OPEN):
        assert all_unavailable(bound.read(moment(PLAN, NOW_US)))
    proxy.refuse = False
    wait_until(lambda: not bound.read(moment(PLAN, NOW_US)).unavailable, WELL_SECONDS)


def test_an_idle_connection_that_was_closed(proxy: Proxy) -> None:
    """A server that closed idle connections costs no decision its windows."""
    bound = store_of(proxy.url).bind(PLAN)
    proxy.cut()
    time.sleep(0.1)
    assert count_of(bound, NOW_US) == 0


def test_a_full_server(server: Server) -> None:
    """When the server is full nothing is recorded by halves, the readings say that they lack what was refused, and both
    go on when there is room."""
    bound = store_of(server.url).bind(PLAN)
    bound.record(happened("a", NOW_US))
    keys = server.command("DBSIZE")
    server.command("CONFIG", "SET", "maxmemory", "1")
    with pytest.raises(WindowStoreError, match="OOM"):
        bound.record(happened("b", NOW_US))
    assert all_unavailable(bound.read(moment(PLAN, NOW_US)))
    assert server.command("DBSIZE") == keys
    server.command("CONFIG", "SET", "maxmemory", "0")
    assert bound.record(happened("b", NOW_US))
    assert count_of(bound, NOW_US) == 2
    assert bound.read(moment(PLAN, NOW_US)).values[1] == 200


def test_readings_come_back_without_a_record(server: Server) -> None:
    """After a refusal readings return by themselves, though nobody records."""
    bound = store_of(server.url).bind(PLAN)
    server.command("CONFIG", "SET", "maxmemory", "1")
    with pytest.raises(WindowStoreError):
        bound.record(happened("b", NOW_US))
    wait_until(lambda: not bound.read(moment(PLAN, NOW_US)).unavailable, WELL_SECONDS)


def test_scripts_flushed_meanwhile(server: Server) -> None:
    """Scripts that the server forgot are loaded again, and what they do happens once."""
    bound = store_of(server.url).bind(PLAN)
    for number in range(5):
        server.command("SCRIPT", "FLUSH")
        assert bound.record(happened(str(number), NOW_US))
        server.command("SCRIPT", "FLUSH")
        assert count_of(bound, NOW_US) == number + 1


def test_a_replica_is_not_written_to(server: Server) -> None:
    """What a replica or a server without its primary says is never an answer; afterwards all goes on."""
    bound = store_of(server.url).bind(PLAN)
    bound.record(happened("a", NOW_US))
    server.command("REPLICAOF", "127.0.0.1", "1")
    try:
        with pytest.raises(WindowStoreError, match="READONLY"):
            bound.record(happened("b", NOW_US))
        server.command("CONFIG", "SET", "replica-serve-stale-data", "no")
        assert "MASTERDOWN" in bound.read(moment(PLAN, NOW_US)).because
    finally:
        server.command("REPLICAOF", "NO", "ONE")
        server.command("CONFIG", "SET", "replica-serve-stale-data", "yes")
    wait_until(lambda: not bound.read(moment(PLAN, NOW_US)).unavailable, WELL_SECONDS)
    assert bound.record(happened("b", NOW_US))
    assert count_of(bound, NOW_US) == 2


def test_a_restart_that_kept_its_data(tmp_path: Path) -> None:
    """Killed outright and started again with its log, a server answers as before."""
    with Server("--appendonly", "yes", "--appendfsync", "always") as one:
        bound = store_of(one.url).bind(PLAN)
        for number in range(30):
            bound.record(happened(str(number), NOW_US + number, amount=number, payee=str(number % 7)))
        before = bound.read(moment(PLAN, NOW_US + 30))
        one.kill()
        assert all_unavailable(bound.read(moment(PLAN, NOW_US + 30)))
        with pytest.raises(WindowStoreError):
            bound.record(happened("x", NOW_US))
        one.start()
        wait_until(lambda: not bound.read(moment(PLAN, NOW_US)).unavailable, WELL_SECONDS)
        assert bound.read(moment(PLAN, NOW_US + 30)) == before
        assert before.values == [30, 435, 0, 29, 1, 7]
        assert not bound.record(happened("29", NOW_US + 29, amount=29, payee="1"))


def test_a_server_that_lost_its_data(server: Server) -> None:
    """What was lost is never answered as zero: a reading that looks back beyond the loss is unavailable, for all who
    had bound the store; one that does not is exact again."""
    first, second = (store_of(server.url).bind(PLAN) for _ in range(2))
    first.record(happened("a", NOW_US))
    server.command("FLUSHALL")
    assert all_unavailable(first.read(moment(PLAN, NOW_US)))
    assert second.record(happened("b", NOW_US + 10))
    for bound in (first, second):
        assert all_unavailable(bound.read(moment(PLAN, NOW_US + 20)))
        assert bound.read(moment(PLAN, NOW_US + 20, since_us=NOW_US + 1)).values[:2] == [1, 100]


def test_a_newcomer_to_an_emptied_server(server: Server) -> None:
    """Where a process that cannot know binds an emptied server first, one that had bound it before says so."""
    old = store_of(server.url).bind(PLAN)
    old.record(happened("a", NOW_US))
    server.command("FLUSHALL")
    new = store_of(server.url).bind(PLAN)
    assert all_unavailable(old.read(moment(PLAN, NOW_US)))
    assert all_unavailable(old.read(moment(PLAN, NOW_US)))
    assert all_unavailable(new.read(moment(PLAN, NOW_US)))


def test_threads_lose_nothing(server: Server) -> None:
    """Eight threads record at once: every event is counted, every duplicate once."""
    bound = store_of(server.url).bind(PLAN)
    recorded: list[bool] = []

    def record() -> None:
        recorded.extend([bound.record(happened(str(number), NOW_US + number % 10)) for number in range(100)])

    threads = [threading.Thread(target=record) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(recorded) == 100
    assert len(recorded) == 800
    assert count_of(bound, NOW_US + 10) == 100


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_fork_shares_no_connection(server: Server) -> None:
    """A store that was in use before a fork works on both sides of it at once, and nothing is lost."""
    bound = store_of(server.url).bind(PLAN)
    assert count_of(bound, NOW_US) == 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of 3.12 on: threads of the test runner's are alive
        child = os.fork()
    side = "child" if child == 0 else "parent"
    ended = 1
    try:
        for number in range(200):
            bound.record(happened(f"{side}{number}", NOW_US))
            ended = 0 if count_of(bound, NOW_US) else 1
    finally:
        if child == 0:
            os._exit(ended)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert count_of(bound, NOW_US) == 400


@pytest.mark.parametrize("hidden", [False, True])
def test_a_server_that_evicts_is_refused(server: Server, hidden: bool) -> None:
    """A server that may forget keys is refused, with what to type, also where its configuration cannot be read."""
    server.command("ACL", "SETUSER", "gateway", "on", ">pass", "~*", "+@all", "-config" if hidden else "+config")
    url = server.url.replace("unix://", "unix://gateway:pass@")
    store_of(url).bind(PLAN)
    server.command("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    try:
        with pytest.raises(WindowStoreError, match="CONFIG SET maxmemory-policy noeviction"):
            store_of(url).bind(PLAN)
    finally:
        server.command("CONFIG", "SET", "maxmemory-policy", "noeviction")


def test_a_cluster_is_refused() -> None:
    """A node of a cluster is refused before anything is kept there."""
    with Server("--cluster-enabled", "yes") as one, pytest.raises(WindowStoreError, match="Cluster"):
        store_of(one.url).bind(PLAN)


def test_no_server_at_start() -> None:
    """A store that cannot be reached when it is bound says so, in words."""
    with pytest.raises(WindowStoreError, match="cannot be reached"):
        store_of("redis://127.0.0.1:1").bind(PLAN)


def test_another_secret_is_refused(server: Server) -> None:
    """Processes with different secrets would keep two histories under one name."""
    store_of(server.url, secret=b"one").bind(PLAN).record(happened("a", NOW_US))
    with pytest.raises(WindowStoreError, match="secret"):
        store_of(server.url, secret=b"two").bind(PLAN)
    assert count_of(store_of(server.url, secret=b"one").bind(PLAN), NOW_US) == 1


def test_a_client_of_the_hosts(server: Server) -> None:
    """A client's settings are used, whatever it does with replies; what is no client is refused."""
    import redis

    client = redis.Redis(unix_socket_path=str(server.socket), db=3, decode_responses=True)
    store_of(client).bind(PLAN).record(happened("a", NOW_US))
    assert server.client().info("keyspace")["db3"]["keys"] == len(("store", "id", "amounts", "payees", ":v", ":e"))
    with pytest.raises(WindowStoreError, match="give a URL"):
        store_of(7)


def test_redis_py_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without redis-py the message names what to install."""
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(WindowStoreError, match=r"riskrules\[redis\]"):
        store_of("redis://localhost")


def test_no_account_number_in_the_server(server: Server) -> None:
    """Keys, ids and texts stand in the server as digests."""
    store_of(server.url).bind(PLAN).record(happened("payment-77", NOW_US, payee="shop-88", key="account-99"))
    client = server.client()
    held = b"".join(client.dump(key) + key for key in client.scan_iter())
    assert held
    assert not [text for text in (b"payment-77", b"shop-88", b"account-99") if text in held]
