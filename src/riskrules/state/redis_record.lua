-- KEYS: the store, the event's id, then the key of each entry. ARGV: the store's name, the event's kind, the series of that
-- kind that the caller knows, the time, what is kept under the id (content, time, entries), how long in microseconds;
-- then an entry: series, n or t, and high and low of a number, or a text's digest and the id's.
-- Gives 1 recorded, 0 recorded before, -1 another store than was bound, -2 recorded before with other content.

local time = tonumber(ARGV[4])
local roster_field = 'roster:' .. ARGV[2]
local wanted = {'name', 'newest', roster_field}
for i = 7, #ARGV, 4 do wanted[#wanted + 1] = ARGV[i] end
local held = redis.call('HMGET', KEYS[1], unpack(wanted))
if held[1] ~= ARGV[1] then return -1 end
local before = redis.call('GET', KEYS[2])
if before then return string.sub(before, 1, 16) == string.sub(ARGV[5], 1, 16) and 0 or -2 end
for i = 4, #wanted do
  if not held[i] then return -1 end
end

-- From here on all is written: nothing below can fail but for want of memory, which a server refuses at the first write.
local now = server_time_us()
local latest = math.max(time, now)
local CLOCK_STEP_US = 3600000000
redis.call('SET', KEYS[2], ARGV[5], 'PXAT', math.ceil((latest + tonumber(ARGV[6]) + CLOCK_STEP_US) / 1000))

local fields = {}
if time > tonumber(held[2] or LOWEST) then fields = {'newest', time} end
local roster = held[3] or ''
if roster ~= ARGV[3] then
  -- Series that another version of the ruleset keeps and the caller does not know: they lack this event.
  local mine = {}
  for at = 1, #ARGV[3], 16 do mine[string.sub(ARGV[3], at, at + 15)] = true end
  for at = 1, #roster, 16 do
    local id = string.sub(roster, at, at + 15)
    if not mine[id] then
      local known, hold, retain, former_hold, former_newest, began = unpack_from(SERIES_FORM, redis.call('HGET', KEYS[1], id))
      if time >= known then
        fields[#fields + 1] = id
        fields[#fields + 1] = pack(SERIES_FORM, time + 1, hold, retain, former_hold, former_newest, began)
      end
    end
  end
end
if #fields > 0 then redis.call('HSET', KEYS[1], unpack(fields)) end

for i = 3, #KEYS do
  local at = 7 + 4 * (i - 3)
  local known, hold, retain, former_hold, former_newest, began = unpack_from(SERIES_FORM, held[i + 1])
  local t = open_key(KEYS[i])
  local texts = ARGV[at + 1] == 't'
  if not t then
    t = new_key(KEYS[i], known_of_absent(known, hold, former_hold, former_newest, began, now))
    if texts then redis.call('DEL', KEYS[i] .. ':v', KEYS[i] .. ':e') end
  end
  -- An event from before all is known can be covered by no reading that is answered.
  if time >= t.known then
    t.expires_ms = math.max(t.expires_ms, math.ceil((latest + hold + CLOCK_STEP_US) / 1000))
    if texts then
      insert_text(t, time, ARGV[at + 2], ARGV[at + 3])
      trim_texts(t, ARGV[at + 2], t.newest - retain)
      redis.call('PEXPIREAT', KEYS[i] .. ':v', t.expires_ms)
      redis.call('PEXPIREAT', KEYS[i] .. ':e', t.expires_ms)
    else
      insert(t, time, tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]))
      trim(t, t.newest - retain)
    end
    save_key(t)
  end
end
return 1
