-- Which different texts a key saw, beside its hash: KEY:v has each value at the latest time it was seen, KEY:e every event
-- as value, time, id in the order of bytes, so that "was this value seen between two times" costs a logarithm.
-- A reading at or after the key's newest event counts values by their latest time. An earlier one counts so the
-- values last seen within it, and asks for each value that was seen again later.

local MOST_ASKED = 4096
local MOST_DROPPED = 16
local HALF = 2147483648

-- Eight bytes in the order of times, also before 1970.
local function placed(time)
  local high = math.floor(time / CARRY)
  return pack('>I4I4', high + HALF, time - high * CARRY)
end

local function seen(key, value, since, untill)
  return redis.call('ZLEXCOUNT', key .. ':e', '[' .. value .. placed(since), '(' .. value .. placed(untill + 1))
end

local function different(t, since, untill, own)
  local latest, count = t.key .. ':v', 0
  if untill >= t.newest then
    count = redis.call('ZCOUNT', latest, since, '+inf')
  else
    count = redis.call('ZCOUNT', latest, since, untill)
    local later = redis.call('ZRANGEBYSCORE', latest, '(' .. string.format('%.0f', untill), '+inf',
                             'LIMIT', 0, MOST_ASKED + 1)
    if #later > MOST_ASKED then return nil end
    for _, value in ipairs(later) do
      if seen(t.key, value, since, untill) > 0 then count = count + 1 end
    end
  end
  if own and since <= own.time and own.time <= untill and seen(t.key, own.value, since, untill) == 1 then
    count = count - 1
  end
  return count
end

-- Both sets are written before anything is removed. A value's own old events go first, then values not seen for long.
local function insert_text(t, time, value, id)
  redis.call('ZADD', t.key .. ':e', 0, value .. placed(time) .. id)
  redis.call('ZADD', t.key .. ':v', 'GT', time, value)
  t.count = t.count + 1
  if time > t.newest then t.newest = time end
end

local function drop_texts(t, value, before)
  local events = t.key .. ':e'
  local old = redis.call('ZRANGEBYLEX', events, '[' .. value, '(' .. value .. placed(before), 'LIMIT', 0, MOST_DROPPED)
  if #old > 0 then
    local high, low = unpack_from('>I4I4', old[#old], #value + 1)
    t.known = math.max(t.known, (high - HALF) * CARRY + low + 1)
    t.count = t.count - #old
    redis.call('ZREM', events, unpack(old))
  end
end

local function trim_texts(t, value, before)
  if t.count > MOST_EVENTS then before = t.newest end
  drop_texts(t, value, before)
  local oldest = redis.call('ZRANGEBYSCORE', t.key .. ':v', '-inf', '(' .. string.format('%.0f', before), 'LIMIT', 0, 2)
  for _, text in ipairs(oldest) do
    drop_texts(t, text, before)
    if redis.call('ZLEXCOUNT', t.key .. ':e', '[' .. text, '(' .. text .. placed(before)) == 0 then
      redis.call('ZREM', t.key .. ':v', text)
    end
  end
end
