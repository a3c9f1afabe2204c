-- KEYS: the store, the payment's own id, then the key of each lookup. ARGV: the store's name, the payment's time, how
-- many lookups; a lookup: series, n (numbers) or t (texts); a reading: lookup (from 1), aggregate, since.
-- Gives -1 where the store is another than was bound, -2 where the payment is older than the ids remembered, else a reading:
-- {0} nothing, {1, high, low}, {2, known from}, {3} too much to count.

local time, lookups = tonumber(ARGV[2]), tonumber(ARGV[3])
local wanted = {'name', 'floor', 'remember', 'began'}
for i = 1, lookups do wanted[4 + i] = ARGV[2 + 2 * i] end
local held = redis.call('HMGET', KEYS[1], unpack(wanted))
if held[1] ~= ARGV[1] then return -1 end
local now = server_time_us()
local floor = tonumber(held[2] or LOWEST)
local own = redis.call('GET', KEYS[2])
local remember = tonumber(held[3])
if not own and time < now - remember and now >= tonumber(held[4]) + remember then return -2 end

-- What the payment itself put under a key, when it was recorded already.
local function own_of(place, numbers)
  if not own then return nil end
  for at = 25, #own, 32 do
    if string.sub(own, at, at + 15) == place then
      local o = {time = unpack_from('<d', own, 17)}
      if numbers then o.high, o.low = unpack_from('<i4I4', own, at + 16) else o.value = string.sub(own, at + 16, at + 31) end
      return o
    end
  end
  return nil
end

local opened = {}
local function lookup_of(i)
  local found = opened[i]
  if found then return found end
  local record = held[4 + i]
  if not record then return nil end
  local known, hold, _, former_hold, former_newest, began = unpack_from(SERIES_FORM, record)
  known = math.max(known, floor)
  local numbers = ARGV[3 + 2 * i] == 'n'
  local t = open_key(KEYS[2 + i])
  if t then known = math.max(known, t.known)
  else known = known_of_absent(known, hold, former_hold, former_newest, began, now) end
  found = {key = t, known = known, numbers = numbers, own = t and own_of(string.sub(KEYS[2 + i], -16), numbers)}
  opened[i] = found
  return found
end

local function told(aggregate, s)
  if aggregate == 'count' then return {1, 0, s.count} end
  if aggregate == 'sum' then return {1, s.high, s.low} end
  if s.count == 0 then return {0} end
  if aggregate == 'min' then return {1, s.min_high, s.min_low} end
  if aggregate == 'max' then return {1, s.max_high, s.max_low} end
  return {1, 0, time - s.last}
end

-- All readings of a key end at the same time, so they are taken from the shortest on, and each adds to the one before
-- it what it covers more.
local answers, waiting = {}, {}
for i = 4 + 2 * lookups, #ARGV, 3 do
  local number = tonumber(ARGV[i])
  local reading = {at = #answers + 1, aggregate = ARGV[i + 1], since = tonumber(ARGV[i + 2])}
  local found = lookup_of(number)
  if not found then return -1 end
  answers[reading.at] = false
  if reading.since < found.known then
    answers[reading.at] = {2, found.known}
  elseif reading.aggregate == 'distinct' then
    local count = found.key and different(found.key, reading.since, time, found.own) or (found.key and -1 or 0)
    answers[reading.at] = count < 0 and {3} or {1, 0, count}
  else
    waiting[number] = waiting[number] or {}
    table.insert(waiting[number], reading)
  end
end
for number, readings in pairs(waiting) do
  local found = opened[number]
  local t, s, covered_since = found.key, nothing(), time + 1
  table.sort(readings, function(x, y) return x.since > y.since end)
  for _, reading in ipairs(readings) do
    if t and t.root ~= 0 and reading.since < covered_since then
      cover(t, t.root, t.height, reading.since, covered_since - 1, s, found.own)
      covered_since = reading.since
    end
    answers[reading.at] = told(reading.aggregate, s)
  end
end
return answers
