"""Trees of events in nodes of one size.

A B+ tree whose inner nodes know of each child how many events it has, from when on, their sum, least and most, and how
many are the last of their value. Appending, the ordinary case, leaves full nodes behind; an event that comes late goes
where it belongs; the oldest events leave a whole leaf at a time. Nodes are never merged except by becoming empty,
which keeps removal short and costs some room where values of a distinct window come and go.

The same tree, ordered by digest instead of by time, finds the last event of a value.

A sum is two words, of the high and the low halves of the values, so it is exact for any number of events.
"""

from __future__ import annotations

from ..program.layout import Integers
from . import windows_layout as w
from .compiled import Integer, inner
from .windows_compiled import apart

NODES, ENTRIES, USED, FREE, COUNT, WORK = w.NODES, w.ENTRIES, w.USED, w.FREE, w.COUNT, w.WORK
N_COUNT, N_LEVEL, N_NEXT, BODY, NODE_WIDTH, BODY_WORDS = (
    w.N_COUNT,
    w.N_LEVEL,
    w.N_NEXT,
    w.BODY,
    w.NODE_WIDTH,
    w.BODY_WORDS,
)
A, B, C, D = w.A, w.B, w.C, w.D
CHILD_NODE, CHILD_COUNT, CHILD_A, CHILD_B = w.CHILD_NODE, w.CHILD_COUNT, w.CHILD_A, w.CHILD_B
CHILD_HIGH, CHILD_LOW, CHILD_MIN, CHILD_MAX = w.CHILD_HIGH, w.CHILD_LOW, w.CHILD_MIN, w.CHILD_MAX
CHILD_LAST, CHILD_WIDTH, MOST_CHILDREN = w.CHILD_LAST, w.CHILD_WIDTH, w.MOST_CHILDREN
STACK, PATH = w.STACK, w.PATH
LOW_HALF = 2**32 - 1


@inner
def node_at(memory: Integers, node: Integer) -> Integer:
    return memory[NODES + ENTRIES] + node * NODE_WIDTH


@apart
def take_node(memory: Integers, level: Integer) -> Integer:
    node = memory[NODES + FREE]
    if node != 0:
        memory[NODES + FREE] = memory[node_at(memory, node) + N_NEXT]
    else:
        memory[NODES + USED] += 1
        node = memory[NODES + USED]
    memory[NODES + COUNT] += 1
    at = node_at(memory, node)
    memory[at + N_COUNT] = 0
    memory[at + N_LEVEL] = level
    return node


@apart
def give_node(memory: Integers, node: Integer) -> None:
    memory[node_at(memory, node) + N_NEXT] = memory[NODES + FREE]
    memory[NODES + FREE] = node
    memory[NODES + COUNT] -= 1


@apart
def give_tree(memory: Integers, root: Integer) -> None:
    stack = memory[WORK] + STACK
    memory[stack] = root
    top = 1
    while top > 0:
        top -= 1
        node = memory[stack + top]
        at = node_at(memory, node)
        if memory[at + N_LEVEL] > 0:
            for i in range(memory[at + N_COUNT]):
                memory[stack + top] = memory[at + BODY + i * CHILD_WIDTH + CHILD_NODE]
                top += 1
        give_node(memory, node)


@apart
def insert_event(
    memory: Integers, run: Integer, count: Integer, stride: Integer, a: Integer, b: Integer, c: Integer, d: Integer
) -> None:
    """Into a run of events in order, which has room for one more."""
    at = run + count * stride
    while at > run and (memory[at - stride] > a or (memory[at - stride] == a and memory[at - stride + B] > b)):
        for word in range(stride):
            memory[at + word] = memory[at - stride + word]
        at -= stride
    memory[at] = a
    memory[at + B] = b
    memory[at + C] = c
    if stride == 4:
        memory[at + D] = d


@inner
def _begins_after(memory: Integers, row: Integer, stride: Integer, a: Integer, b: Integer) -> bool:
    return bool(memory[row + CHILD_A] > a or (stride == 4 and memory[row + CHILD_A] == a and memory[row + CHILD_B] > b))


@apart
def _child_for(memory: Integers, at: Integer, stride: Integer, a: Integer, b: Integer) -> Integer:
    """The last child that begins no later than (a, b), or the first. Events of a sum come in order of arrival, so
    that their time alone places them."""
    child = memory[at + N_COUNT] - 1
    row = at + BODY + child * CHILD_WIDTH
    while child > 0 and _begins_after(memory, row, stride, a, b):
        child -= 1
        row -= CHILD_WIDTH
    return child


@apart
def _is_full(memory: Integers, at: Integer, stride: Integer) -> bool:
    count = memory[at + N_COUNT]
    if memory[at + N_LEVEL] > 0:
        return bool(count == MOST_CHILDREN)
    return bool((count + 1) * stride > BODY_WORDS)


@apart
def _summarise(memory: Integers, row: Integer, node: Integer, stride: Integer) -> None:
    """Write the row that a parent keeps of the node."""
    at = node_at(memory, node)
    body = at + BODY
    inner_node = memory[at + N_LEVEL] > 0
    step = CHILD_WIDTH if inner_node else stride
    count, high, low, least, most = 0, 0, 0, 2**63 - 1, -(2**63)
    for i in range(memory[at + N_COUNT]):
        item = body + i * step
        if inner_node:
            count += memory[item + CHILD_COUNT]
            high += memory[item + CHILD_HIGH]
            low += memory[item + CHILD_LOW]
            least = min(least, memory[item + CHILD_MIN])
            most = max(most, memory[item + CHILD_MAX])
        elif stride == 4:
            count += 1
            high += memory[item + D] & 1
        else:
            value = memory[item + C]
            count += 1
            high += value >> 32
            low += value & LOW_HALF
            least = min(least, value)
            most = max(most, value)
    memory[row + CHILD_NODE] = node
    memory[row + CHILD_COUNT] = count
    memory[row + CHILD_A] = memory[body + (CHILD_A if inner_node else A)]
    memory[row + CHILD_HIGH] = high
    if stride == 4:
        memory[row + CHILD_B] = memory[body + (CHILD_B if inner_node else B)]
    else:
        memory[row + CHILD_LOW] = low
    memory[row + CHILD_MIN] = least
    memory[row + CHILD_MAX] = most


@apart
def _split_child(memory: Integers, at: Integer, child: Integer, stride: Integer, a: Integer, b: Integer) -> None:
    """Make two of a full child of a node that has room. What grows at its end keeps all but the last on the left."""
    row = at + BODY + child * CHILD_WIDTH
    left = memory[row + CHILD_NODE]
    left_at = node_at(memory, left)
    level, count = memory[left_at + N_LEVEL], memory[left_at + N_COUNT]
    step = CHILD_WIDTH if level > 0 else stride
    if level > 0:
        ends = _child_for(memory, left_at, stride, a, b) == count - 1
    else:
        last = left_at + BODY + (count - 1) * stride
        ends = memory[last] < a or (memory[last] == a and memory[last + B] < b)
    cut = count - 1 if ends else count // 2
    right = take_node(memory, level)
    right_at = node_at(memory, right)
    for word in range((count - cut) * step):
        memory[right_at + BODY + word] = memory[left_at + BODY + cut * step + word]
    memory[left_at + N_COUNT] = cut
    memory[right_at + N_COUNT] = count - cut
    word = at + BODY + memory[at + N_COUNT] * CHILD_WIDTH - 1
    while word >= row + CHILD_WIDTH:
        memory[word + CHILD_WIDTH] = memory[word]
        word -= 1
    memory[at + N_COUNT] += 1
    _summarise(memory, row, left, stride)
    _summarise(memory, row + CHILD_WIDTH, right, stride)


@apart
def insert(memory: Integers, root: Integer, stride: Integer, a: Integer, b: Integer, c: Integer, d: Integer) -> Integer:
    """Add to a tree; the root from now on. Full nodes are split on the way down. It goes to one half of what was split,
    and nowhere else: a child may begin later than its row says, once its first was removed, and the row is put right by
    a split; the child before it may be full."""
    at = node_at(memory, root)
    if _is_full(memory, at, stride):
        root_above = take_node(memory, memory[at + N_LEVEL] + 1)
        at = node_at(memory, root_above)
        memory[at + N_COUNT] = 1
        _summarise(memory, at + BODY, root, stride)
        root = root_above
    while memory[at + N_LEVEL] > 0:
        child = _child_for(memory, at, stride, a, b)
        if _is_full(memory, node_at(memory, memory[at + BODY + child * CHILD_WIDTH]), stride):
            _split_child(memory, at, child, stride, a, b)
            if not _begins_after(memory, at + BODY + (child + 1) * CHILD_WIDTH, stride, a, b):
                child += 1
        row = at + BODY + child * CHILD_WIDTH
        memory[row + CHILD_COUNT] += 1
        first = memory[row + CHILD_A]
        if stride == 4:
            memory[row + CHILD_LAST] += d & 1
            if a < first or (a == first and b < memory[row + CHILD_B]):
                memory[row + CHILD_A] = a
                memory[row + CHILD_B] = b
        else:
            memory[row + CHILD_A] = min(first, a)
            memory[row + CHILD_HIGH] += c >> 32
            memory[row + CHILD_LOW] += c & LOW_HALF
            memory[row + CHILD_MIN] = min(memory[row + CHILD_MIN], c)
            memory[row + CHILD_MAX] = max(memory[row + CHILD_MAX], c)
        at = node_at(memory, memory[row + CHILD_NODE])
    insert_event(memory, at + BODY, memory[at + N_COUNT], stride, a, b, c, d)
    memory[at + N_COUNT] += 1
    return root


@apart
def seek(memory: Integers, root: Integer, a: Integer, b: Integer, less: Integer) -> Integer:
    """Where (a, b) lies in a tree whose values are texts; 0 when it does not. `less` is taken from the number of last
    events all the way down."""
    if root == 0:
        return 0
    at = node_at(memory, root)
    while memory[at + N_LEVEL] > 0:
        row = at + BODY + _child_for(memory, at, 4, a, b) * CHILD_WIDTH
        memory[row + CHILD_LAST] -= less
        at = node_at(memory, memory[row + CHILD_NODE])
    for i in range(memory[at + N_COUNT]):
        event = at + BODY + 4 * i
        if memory[event + A] == a and memory[event + B] == b:
            return event
    return 0


@apart
def remove(memory: Integers, root: Integer, a: Integer, b: Integer) -> Integer:
    """Take (a, b), which is there, out of a tree of values; the root from now on, 0 when nothing is left."""
    path = memory[WORK] + PATH
    depth = 0
    node = root
    at = node_at(memory, node)
    while memory[at + N_LEVEL] > 0:
        child = _child_for(memory, at, 4, a, b)
        memory[path + 2 * depth] = node
        memory[path + 2 * depth + 1] = child
        depth += 1
        node = memory[at + BODY + child * CHILD_WIDTH + CHILD_NODE]
        at = node_at(memory, node)
    count = memory[at + N_COUNT]
    here = 0
    while memory[at + BODY + 4 * here + A] != a or memory[at + BODY + 4 * here + B] != b:
        here += 1
    for word in range(at + BODY + 4 * here, at + BODY + 4 * (count - 1)):
        memory[word] = memory[word + 4]
    memory[at + N_COUNT] = count - 1
    if count > 1:
        return root
    give_node(memory, node)
    return lift(memory, path, depth, root, 4)


@apart
def lift(memory: Integers, path: Integer, depth: Integer, root: Integer, stride: Integer) -> Integer:
    """The child at the end of the path has gone: take its row out, and what becomes empty above. Gives the root."""
    emptied = True
    while depth > 0:
        depth -= 1
        node = memory[path + 2 * depth]
        at = node_at(memory, node)
        row = at + BODY + memory[path + 2 * depth + 1] * CHILD_WIDTH
        if emptied:
            memory[at + N_COUNT] -= 1
            for word in range(row, at + BODY + memory[at + N_COUNT] * CHILD_WIDTH):
                memory[word] = memory[word + CHILD_WIDTH]
            emptied = memory[at + N_COUNT] == 0
            if emptied:
                give_node(memory, node)
        else:
            _summarise(memory, row, memory[row + CHILD_NODE], stride)
    if emptied:
        return 0
    at = node_at(memory, root)
    while memory[at + N_LEVEL] > 0 and memory[at + N_COUNT] == 1:
        only = memory[at + BODY + CHILD_NODE]
        give_node(memory, root)
        root = only
        at = node_at(memory, root)
    return root
