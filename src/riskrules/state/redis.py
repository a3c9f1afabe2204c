"""Windows that many processes share, in Redis or Valkey: the same answers as in memory, one round trip each.

A decision reads with one script and a recorded event is one script, which the server runs as a whole: an event is
counted in all its series or in none, and once, because its id is written in the same step. A reply that was lost
tells nothing; recording the event again then says whether it had been recorded. Each key is one hash with a tree of
its events (`redis_tree.lua`), texts have two sorted sets beside it (`redis_texts.lua`). Sums are whole numbers in two
halves, exact.

**What is let go, and how that is known.** Meaning is in event time, a key's expiry in the server's. With
hold = the longest span of a series + `lateness` + `lag`, a key with an event of the time e that was recorded when the
server's clock said w lives at least until max(e, w) + hold. So when it is absent at the server's time r, it had no
event after r - hold that is not there any more, and a reading since s is exactly nothing when s > r - hold; an earlier
one is unavailable. A payment that is decided at most `lag` + `lateness` after its own time looks back no further
than that. Nothing at all can have expired until the store is `hold` old, so until then a history of any
age may be recorded and read. Expiry is an hour later than said here, for a server whose clock is set back. Within a
key, events older than its newest - span - `lateness` are dropped a few a record, and the key remembers from when on it
is whole. An event that is recorded later than that is covered by no reading that is answered.

**Ids** are remembered for `remember_ids` after max(e, w), and a payment older than that whose id is unknown is not
read for: it may have been recorded itself.

**Several versions of a ruleset** may record at once. Where a process does not know a series that another keeps, its
events are not in it, and the series is known only from the last such event on. So all that share a `prefix` should
record the same payments.

**When the server forgets** (started without its data, FLUSHALL), a process that had bound it notices, and all readings
are unavailable that look back beyond that moment. It cannot notice a server that restarts with older data, or a
replica that is promoted before it has all: set `appendfsync always`, or `min-replicas-to-write` and accept the rest.

Not for Redis Cluster: a script's keys would have to lie on one node. One primary, with replicas and Sentinel, is meant.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .plan import Plan
from .redis_link import OPEN_SECONDS, REFUSES_WRITES, Link, Refused, Unreachable
from .redis_pieces import (
    DIGEST_BYTES,
    FURTHEST_US,
    SERIES_LETTERS,
    Digests,
    halves,
    kept_event,
    kept_number,
    script,
    whole,
)
from .redis_server import check_server
from .redis_wire import Piece, Reply
from .store import Answers, Happened, Key, Moment, WindowConflict, WindowStoreError

if TYPE_CHECKING:
    from redis import Redis

BIND_SECONDS = 5.0
"""Binding is not on a payment's path: a server that is far away may take this long for each step."""
REFUSAL_SECONDS = 2.0
"""How long readings are unavailable after the server refused to record, unless it records again before: without the
events that it refused they would say too little."""
HIGHEST_SUM = 10**18
"""Larger sums are unavailable: the arithmetic of rules on them could leave 64 bits."""
SUFFIX_BYTES = 8
"""Of an id's digest, to tell events apart that brought the same text at the same time."""
LOWEST_US = -FURTHEST_US
NOTHING, VALUE, KNOWN_FROM, TOO_MANY = range(4)
ANOTHER_STORE, OLD_MOMENT, CONFLICT = -1, -2, -2
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PAYMENT = "payment"


class RedisWindows:
    """A window store in a Redis (6.2, 7, 8) or Valkey server."""

    def __init__(
        self,
        url_or_client: str | Redis,
        *,
        prefix: str = "riskrules:",
        timeout: timedelta = timedelta(milliseconds=50),
        lag: timedelta = timedelta(days=7),
        lateness: timedelta = timedelta(days=1),
        remember_ids: timedelta = timedelta(days=7),
        secret: bytes = b"",
    ) -> None:
        """`url_or_client`: `redis://`, `rediss://` or `unix://`, or a client of redis-py, whose settings are used and
        not its connections. `timeout` holds for a whole call. `lateness`: how much older than a key's newest event a
        payment or an event may be; `lag`: how long after its own time a payment may be decided, the clocks' differences
        included. `secret`: up to 64 bytes, the same in all processes.

        WindowStoreError when redis-py is not installed or the client is one for a cluster. Nothing is connected yet."""
        for name, span in (("timeout", timeout), ("lag", lag), ("lateness", lateness), ("remember_ids", remember_ids)):
            if span <= timedelta(0) and not (name == "lateness" and span == timedelta(0)):
                raise ValueError(f"`{name}` must be longer than nothing")
        self._link = Link(_maker(url_or_client), timeout.total_seconds())
        self._prefix = prefix.encode()
        self._slack_us = (_microseconds(lateness), _microseconds(lag))
        self._remember_us = _microseconds(remember_ids)
        self._digests = Digests(secret)
        self._read, self._record, self._register = (script(name) for name in ("read", "record", "register"))
        self._name = ""
        self._newest_us = LOWEST_US
        self._refused_until = 0.0

    def bind(self, plan: Plan) -> RedisBound:
        """WindowStoreError when the server cannot be reached, is too old, may evict keys or is part of a cluster, or
        when the store was made with another secret."""
        deadline = time.monotonic() + BIND_SECONDS
        try:
            check_server(self._link, deadline)
            for each in (self._read, self._record, self._register):
                self._link.command(["SCRIPT", "LOAD", each.text], deadline)
            self._link.breaker.succeeded()
            bound = RedisBound(self, plan)
            bound.register(deadline)
        except Unreachable as problem:
            raise WindowStoreError(f"windows cannot be kept: {problem}") from problem
        return bound

    def close(self) -> None:
        """Closes the connections that are not in use. The store opens new ones when it is used again."""
        self._link.close()


class RedisBound:
    """A `Bound` in Redis."""

    def __init__(self, store: RedisWindows, plan: Plan) -> None:
        self._store = store
        self._plan = plan
        self._series = [one.identity[:SERIES_LETTERS] for one in plan.series]
        self._marks = ["t" if one.distinct else "n" for one in plan.series]
        self._rosters = {
            event: "".join(sorted(s for s, one in zip(self._series, plan.series, strict=True) if one.event == event))
            for event in {one.event for one in plan.series}
        }

    def register(self, deadline: float) -> None:
        """Unreachable when the server does not answer, WindowStoreError when the secret differs."""
        store = self._store
        lateness_us, lag_us = store._slack_us
        arguments: list[Piece] = [uuid.uuid4().hex, store._name, store._newest_us, store._remember_us]
        arguments.append(store._digests.of(b"check", ()))
        for name, one in zip(self._series, self._plan.series, strict=True):
            retain_us = one.keep_us + lateness_us
            arguments += [name, one.event, retain_us + lag_us, retain_us]
        reply = _list(store._link.run(store._register, [store._prefix + b"store"], arguments, deadline))
        if not reply[0]:
            raise WindowStoreError("this store was made with another `secret`: use that one, or another `prefix`")
        assert isinstance(reply[1], bytes)
        store._name = reply[1].decode()

    def read(self, moment: Moment) -> Answers:
        store = self._store
        values: list[int | None] = [None] * len(self._plan.readings)
        asked = [i for i, one in enumerate(self._plan.readings) if moment.keys[one.lookup] is not None]
        if not asked:
            return Answers(values)
        if time.monotonic() < store._refused_until:
            return Answers(values, tuple(asked), "the store cannot record at present")
        deadline = store._link.deadline()
        try:
            reply = store._link.run(store._read, *self._question(moment, asked), deadline)
            if reply == ANOTHER_STORE:
                self.register(deadline)
                reply = store._link.run(store._read, *self._question(moment, asked), deadline)
            if reply == ANOTHER_STORE:
                raise Unreachable("the server has lost what it held")
        except (Unreachable, WindowStoreError) as problem:
            return Answers(values, tuple(asked), str(problem))
        if reply == OLD_MOMENT:
            return Answers(values, tuple(asked), "the payment is older than the ids that the store remembers")
        return self._answers(values, asked, _list(reply))

    def _question(self, moment: Moment, asked: Sequence[int]) -> tuple[list[bytes], list[Piece]]:
        """Keys and arguments of the script `read`."""
        store, plan = self._store, self._plan
        if not -FURTHEST_US < moment.time_us < FURTHEST_US:
            raise ValueError("the payment's time is out of range")
        keys = [store._prefix + b"store", self._id_key(PAYMENT, moment.id)]
        numbers: dict[int, int] = {}
        lookups: list[Piece] = []
        readings: list[Piece] = []
        for i in asked:
            one = plan.readings[i]
            if one.lookup not in numbers:
                key, series = moment.keys[one.lookup], plan.lookups[one.lookup].series
                assert key is not None
                numbers[one.lookup] = len(numbers) + 1
                keys.append(self._place_key(series, key))
                lookups += [self._series[series], self._marks[series]]
            readings += [numbers[one.lookup], one.aggregate, moment.since_us[i]]
        return keys, [store._name, moment.time_us, len(numbers), *lookups, *readings]

    def _answers(self, values: list[int | None], asked: Sequence[int], reply: list[Reply]) -> Answers:
        unavailable = []
        because = ""
        for i, one in zip(asked, reply, strict=True):
            found = [x for x in _list(one) if isinstance(x, int)]
            why = ""
            if found[0] == VALUE:
                values[i] = value = whole(found[1], found[2])
                if self._plan.readings[i].aggregate == "sum" and not -HIGHEST_SUM <= value <= HIGHEST_SUM:
                    values[i], why = None, "a sum is too large to be kept exactly"
            elif found[0] == KNOWN_FROM:
                known = EPOCH + timedelta(microseconds=found[1])
                why = f"the store knows what a key did only from {known.isoformat()} on"
            elif found[0] == TOO_MANY:
                why = "too many texts were seen after the payment's time to count those before it"
            if why:
                unavailable.append(i)
                because = because or why
        return Answers(values, tuple(unavailable), because)

    def record(self, happened: Happened) -> bool:
        store = self._store
        keys, arguments = self._statement(happened)
        deadline = store._link.deadline()
        try:
            reply = store._link.run(store._record, keys, [store._name, *arguments], deadline)
            if reply == ANOTHER_STORE:
                self.register(deadline)
                reply = store._link.run(store._record, keys, [store._name, *arguments], deadline)
            if reply == ANOTHER_STORE:
                raise Unreachable("the server has lost what it held")
        except Unreachable as problem:
            if isinstance(problem, Refused) and problem.word in REFUSES_WRITES:
                store._refused_until = time.monotonic() + REFUSAL_SECONDS
            raise WindowStoreError(f"the event was not recorded, or may not have been: {problem}") from problem
        store._refused_until = 0.0
        if reply == CONFLICT:
            raise WindowConflict(f"the {happened.event} was recorded before with other content")
        store._newest_us = max(store._newest_us, happened.time_us)
        return reply == 1

    def _statement(self, happened: Happened) -> tuple[list[bytes], list[Piece]]:
        """Keys, and arguments but the first, of the script `record`. ValueError for what cannot be kept exactly."""
        store = self._store
        if len(happened.content) != DIGEST_BYTES:
            raise ValueError("the content of an event is 16 bytes")
        if not -FURTHEST_US < happened.time_us < FURTHEST_US:
            raise ValueError("the event's time is out of range")
        keys = [store._prefix + b"store", self._id_key(happened.event, happened.id)]
        kept = []
        entries: list[Piece] = []
        for entry in happened.entries:
            key = self._place_key(entry.series, entry.key)
            place = key[-DIGEST_BYTES:]
            keys.append(key)
            entries += [self._series[entry.series], self._marks[entry.series]]
            if isinstance(entry.value, str):
                value = store._digests.text(entry.value)
                kept.append(place + value)
                entries += [value, keys[1][-SUFFIX_BYTES:]]
            else:
                high, low = halves(entry.value)
                kept.append(kept_number(place, high, low))
                entries += [high, low]
        blob = kept_event(happened, kept)
        roster = self._rosters.get(happened.event, "")
        return keys, [happened.event, roster, happened.time_us, blob, store._remember_us, *entries]

    def _place_key(self, series: int, key: Key) -> bytes:
        return self._store._prefix + b"w:" + self._store._digests.place(self._plan.series[series].identity, key)

    def _id_key(self, event: str, id: str) -> bytes:
        return self._store._prefix + b"i:" + self._store._digests.event(event, id)


def _list(reply: Reply) -> list[Reply]:
    if not isinstance(reply, list):
        raise Unreachable("the server answered what it was not asked")
    return reply


def _microseconds(span: timedelta) -> int:
    return span // timedelta(microseconds=1)


def _maker(url_or_client: str | Redis) -> Any:
    """A function that gives unopened connections with the client's settings, and none of redis-py's own retries."""
    try:
        import redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry
    except ImportError as absent:
        raise WindowStoreError("windows in Redis need redis-py: `pip install 'riskrules[redis]'`") from absent
    if isinstance(url_or_client, redis.RedisCluster):
        raise WindowStoreError("windows are not kept in a Redis Cluster: give one primary, with replicas if you like")
    client = redis.Redis.from_url(url_or_client) if isinstance(url_or_client, str) else url_or_client
    if not isinstance(client, redis.Redis):
        raise WindowStoreError("give a URL such as `redis://localhost:6379/0`, or a client made by `redis.Redis(...)`")
    pool = client.connection_pool
    settings = {k: v for k, v in pool.connection_kwargs.items() if not k.startswith(("maint_", "orig_", "oss_"))}
    settings |= {"protocol": 2, "retry": Retry(NoBackoff(), 0), "retry_on_timeout": False, "retry_on_error": []}
    settings |= {"socket_timeout": OPEN_SECONDS, "socket_connect_timeout": OPEN_SECONDS, "health_check_interval": 0}
    return lambda: pool.connection_class(**settings)
