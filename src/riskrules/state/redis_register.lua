-- Makes the series of a plan known to the store. Once a process, and again when the server has lost what it held.
-- ARGV: a name for a store that is begun now, the name that this process knew before ('' for none), the newest event time
-- that it knew, how long ids are remembered, a check of the digest key; then a series: id, event, hold, retain.

local now = server_time_us()
local fresh, mine, mine_newest = ARGV[1], ARGV[2], tonumber(ARGV[3])
local held = redis.call('HMGET', KEYS[1], 'name', 'newest', 'begun_after_loss', 'remember', 'check', 'floor')
local name, newest, after_loss = held[1], tonumber(held[2] or LOWEST), held[3] == '1'
local floor = tonumber(held[6] or LOWEST)
local fields = {}
local function set(field, value)
  fields[#fields + 1] = field
  fields[#fields + 1] = value
end

if name and held[5] ~= ARGV[5] then return {0, ''} end
local lost = mine ~= '' and name ~= mine and not after_loss
if not name then
  name = fresh
  set('name', name)
  set('check', ARGV[5])
  set('began', now)
end
if lost then
  newest = math.max(newest, mine_newest)
  floor = math.max(now, newest) + 1
  set('begun_after_loss', '1')
  set('floor', floor)
  if newest > LOWEST then set('newest', newest) end
end
set('remember', math.min(tonumber(held[4] or ARGV[4]), tonumber(ARGV[4])))

local rosters = {}
for i = 6, #ARGV, 4 do
  local id, event, hold, retain = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), tonumber(ARGV[i + 3])
  local record = redis.call('HGET', KEYS[1], id)
  local known, former_hold, former_newest, began = newest > LOWEST and newest + 1 or LOWEST, hold, LOWEST, now
  if record then
    local old_hold, old_retain
    known, old_hold, old_retain, former_hold, former_newest, began = unpack_from(SERIES_FORM, record)
    if hold > old_hold then
      if former_newest < now - old_hold then former_hold = old_hold end
      former_newest = newest
    end
    hold, retain = math.max(hold, old_hold), math.max(retain, old_retain)
  end
  set(id, pack(SERIES_FORM, known, hold, retain, former_hold, former_newest, began))
  rosters[event] = rosters[event] or {}
  rosters[event][id] = true
end
-- A roster is the sorted ids of all series that count an event, so that a process with the same ones sends the same text.
-- A series that others kept and that knows nothing up to the newest event is forgotten: to begin it anew says the same.
local forgotten = {}
for event, ids in pairs(rosters) do
  local held_roster = redis.call('HGET', KEYS[1], 'roster:' .. event) or ''
  for at = 1, #held_roster, 16 do
    local id = string.sub(held_roster, at, at + 15)
    if not ids[id] then
      if unpack_from('<d', redis.call('HGET', KEYS[1], id)) > newest then forgotten[#forgotten + 1] = id
      else ids[id] = true end
    end
  end
  local sorted = {}
  for id in pairs(ids) do sorted[#sorted + 1] = id end
  table.sort(sorted)
  set('roster:' .. event, table.concat(sorted))
end
redis.call('HSET', KEYS[1], unpack(fields))
if #forgotten > 0 then redis.call('HDEL', KEYS[1], unpack(forgotten)) end
return {1, name}
