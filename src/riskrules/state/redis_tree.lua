-- The events of one key, in one Redis hash, so that a reading costs the logarithm of their number.
--
-- A B+-tree by time. A leaf is a string of records (time, value), an inner node a string of entries, each the summary of
-- a child: count, sum, smallest, largest, first and last time. Nodes are split when full and never merged: events
-- leave at the old end only, a leaf at a time. Order among equal times does not matter to any reading.
--
-- A number of Lua is a double, exact up to 2^53. So a value is two halves, high * 2^32 + low, a sum is kept the same way
-- with its carry, and with at most 2^22 events a key and values up to 2^62 the high half stays within 2^52.

local LEAF_RECORDS, INNER_ENTRIES = 32, 16
local RECORD, ENTRY = 16, 52
local MOST_EVENTS = 4194304
local LOWEST = -9007199254740992
local CARRY = 4294967296
local RECORD_FORM, ENTRY_FORM = '<di4I4', '<I4ddI4dI4i4I4i4I4'
local HEAD_FORM = '<ddddI4I4I4'
local pack, unpack_from = struct.pack, struct.unpack

local function less(a_high, a_low, b_high, b_low)
  return a_high < b_high or (a_high == b_high and a_low < b_low)
end

local function nothing()
  return {count = 0, high = 0, low = 0}
end

-- One record or summary into a summary.
local function add(into, first, last, count, high, low, min_high, min_low, max_high, max_low)
  if into.count == 0 then
    into.first, into.last = first, last
    into.min_high, into.min_low, into.max_high, into.max_low = min_high, min_low, max_high, max_low
  else
    if first < into.first then into.first = first end
    if last > into.last then into.last = last end
    if less(min_high, min_low, into.min_high, into.min_low) then into.min_high, into.min_low = min_high, min_low end
    if less(into.max_high, into.max_low, max_high, max_low) then into.max_high, into.max_low = max_high, max_low end
  end
  local sum_low = into.low + low
  local carry = math.floor(sum_low / CARRY)
  into.count, into.high, into.low = into.count + count, into.high + high + carry, sum_low - carry * CARRY
end

local function entry_of(id, s)
  return pack(ENTRY_FORM, id, s.first, s.last, s.count, s.high, s.low, s.min_high, s.min_low, s.max_high, s.max_low)
end

local function leaf_entry(id, node)
  local s = nothing()
  for at = 1, #node, RECORD do
    local time, high, low = unpack_from(RECORD_FORM, node, at)
    add(s, time, time, 1, high, low, high, low, high, low)
  end
  return entry_of(id, s)
end

local function inner_entry(id, node)
  local s = nothing()
  for at = 1, #node, ENTRY do
    local _, first, last, count, high, low, a, b, c, d = unpack_from(ENTRY_FORM, node, at)
    add(s, first, last, count, high, low, a, b, c, d)
  end
  return entry_of(id, s)
end

-- What a key has: nil when it is absent. `known`: all its events from this time on are here.
local function open_key(key)
  local head = redis.call('HGET', key, 'head')
  if not head then return nil end
  local t = {key = key, nodes = {}, changed = {}, gone = {}}
  t.newest, t.known, t.expires_ms, t.count, t.root, t.height, t.next = unpack_from(HEAD_FORM, head)
  return t
end

local function new_key(key, known)
  return {key = key, nodes = {}, changed = {}, gone = {},
          newest = LOWEST, known = known, expires_ms = 0, count = 0, root = 0, height = 0, next = 1}
end

local function node_of(t, id)
  local node = t.nodes[id]
  if not node then
    node = redis.call('HGET', t.key, id)
    t.nodes[id] = node
  end
  return node
end

local function set_node(t, id, node)
  t.nodes[id], t.changed[id] = node, true
end

local function remove_node(t, id)
  t.nodes[id], t.changed[id] = nil, nil
  t.gone[#t.gone + 1] = id
end

-- Writes what changed, in one command that is refused as a whole where the server is full, then what makes room.
local function save_key(t)
  local fields = {'head', pack(HEAD_FORM, t.newest, t.known, t.expires_ms, t.count, t.root, t.height, t.next)}
  for id in pairs(t.changed) do
    fields[#fields + 1] = id
    fields[#fields + 1] = t.nodes[id]
  end
  redis.call('HSET', t.key, unpack(fields))
  if #t.gone > 0 then redis.call('HDEL', t.key, unpack(t.gone)) end
  redis.call('PEXPIREAT', t.key, t.expires_ms)
end

-- The first index (from 0) whose double at `offset` is at least `bound`, or above it when `above`.
local function search(node, width, offset, bound, above)
  local from, to = 0, #node / width
  while from < to do
    local middle = math.floor((from + to) / 2)
    local found = unpack_from('<d', node, middle * width + offset + 1)
    if found > bound or (found == bound and not above) then to = middle else from = middle + 1 end
  end
  return from
end

-- The records of a leaf from `at` on, up to the time `untill`, into `into`.
local function cover_leaf(node, at, untill, into, own)
  local count, sum_high, sum_low, first, last, a, b, c, d = 0, 0, 0
  for from = at, #node, RECORD do
    local time, high, low = unpack_from(RECORD_FORM, node, from)
    if time > untill then break end
    if own and not own.done and time == own.time and high == own.high and low == own.low then
      own.done = true
    else
      if count == 0 then
        first, a, b, c, d = time, high, low, high, low
      elseif high < a or (high == a and low < b) then
        a, b = high, low
      elseif high > c or (high == c and low > d) then
        c, d = high, low
      end
      count, sum_high, sum_low, last = count + 1, sum_high + high, sum_low + low, time
    end
  end
  if count > 0 then add(into, first, last, count, sum_high, sum_low, a, b, c, d) end
end

-- Adds the events with since <= time <= untill to `into`. `own`: a record {time, high, low} to leave out once.
local function cover(t, id, height, since, untill, into, own)
  local node = node_of(t, id)
  if height == 0 then
    cover_leaf(node, search(node, RECORD, 0, since, false) * RECORD + 1, untill, into, own)
    return
  end
  for at = search(node, ENTRY, 12, since, false) * ENTRY + 1, #node, ENTRY do
    local child, first, last, count, high, low, a, b, c, d = unpack_from(ENTRY_FORM, node, at)
    if first > untill then return end
    local holds_own = own and not own.done and first <= own.time and own.time <= last
      and not less(own.high, own.low, a, b) and not less(c, d, own.high, own.low)
    if since <= first and last <= untill and not holds_own then
      add(into, first, last, count, high, low, a, b, c, d)
    else
      cover(t, child, height - 1, since, untill, into, own)
    end
  end
end

-- Cuts a full node in two; at its end only the new last piece goes over, so that events in order fill their nodes.
local function cut(node, width, most, at_end)
  if #node <= most * width then return node, nil end
  local left = (at_end and most or math.floor(most / 2)) * width
  return string.sub(node, 1, left), string.sub(node, left + 1)
end

local function take_id(t)
  local id = t.next
  t.next = id + 1
  return id
end

local function insert(t, time, high, low)
  local record = pack(RECORD_FORM, time, high, low)
  t.count = t.count + 1
  if time > t.newest then t.newest = time end
  if t.root == 0 then
    t.root = take_id(t)
    set_node(t, t.root, record)
    return
  end
  local path, id = {}, t.root
  for height = t.height, 1, -1 do
    local node = node_of(t, id)
    local at = math.max(search(node, ENTRY, 4, time, true) - 1, 0)
    path[height] = {id = id, at = at}
    id = unpack_from('<I4', node, at * ENTRY + 1)
  end
  local node = node_of(t, id)
  local at = search(node, RECORD, 0, time, true) * RECORD
  local whole = string.sub(node, 1, at) .. record .. string.sub(node, at + 1)
  local left, right = cut(whole, RECORD, LEAF_RECORDS, at == #node)
  local right_id = right and take_id(t)
  set_node(t, id, left)
  if right then set_node(t, right_id, right) end
  local summary = leaf_entry
  for height = 1, t.height do
    local step = path[height]
    local parent = node_of(t, step.id)
    local from = step.at * ENTRY
    local entry
    if right then
      entry = summary(id, left) .. summary(right_id, right)
    else
      local s = nothing()
      local _, first, last, count, sum_high, sum_low, a, b, c, d = unpack_from(ENTRY_FORM, parent, from + 1)
      add(s, first, last, count, sum_high, sum_low, a, b, c, d)
      add(s, time, time, 1, high, low, high, low, high, low)
      entry = entry_of(id, s)
    end
    whole = string.sub(parent, 1, from) .. entry .. string.sub(parent, from + ENTRY + 1)
    left, right = cut(whole, ENTRY, INNER_ENTRIES, from + ENTRY == #parent)
    id, summary = step.id, inner_entry
    right_id = right and take_id(t)
    set_node(t, id, left)
    if right then set_node(t, right_id, right) end
  end
  if right then
    local entry = t.height == 0 and leaf_entry or inner_entry
    local root = take_id(t)
    set_node(t, root, entry(id, left) .. entry(right_id, right))
    t.root, t.height = root, t.height + 1
  end
end

-- Lets go of the oldest leaf when all of it is older than `before`, and says from when on all is known now.
local function drop_oldest(t, before)
  if t.height == 0 then return false end
  local path, id = {}, t.root
  for height = t.height, 1, -1 do
    path[height] = id
    id = unpack_from('<I4', node_of(t, id), 1)
  end
  local _, _, last, count = unpack_from(ENTRY_FORM, node_of(t, path[1]), 1)
  if last >= before then return false end
  remove_node(t, id)
  t.count, t.known = t.count - count, math.max(t.known, last + 1)
  local emptied = true
  for height = 1, t.height do
    local node = string.sub(node_of(t, path[height]), ENTRY + 1)
    if not emptied then node = inner_entry(id, node_of(t, id)) .. node end
    id, emptied = path[height], #node == 0
    if emptied then remove_node(t, id) else set_node(t, id, node) end
  end
  while t.height > 0 and #node_of(t, t.root) == ENTRY do
    local only = unpack_from('<I4', node_of(t, t.root), 1)
    remove_node(t, t.root)
    t.root, t.height = only, t.height - 1
  end
  return true
end

-- At most two leaves a record: one event comes in, so this keeps up.
local function trim(t, before)
  for _ = 1, 2 do
    if not drop_oldest(t, t.count > MOST_EVENTS and t.newest or before) then return end
  end
end
