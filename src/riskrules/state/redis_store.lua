-- What all keys share: KEYS[1] is a hash with what the store knows about itself and its series (see redis.py).

local function server_time_us()
  local now = redis.call('TIME')
  return tonumber(now[1]) * 1000000 + tonumber(now[2])
end

-- From when on an absent key is known to have had no events, where the series' record is
-- {known, hold, former hold, newest event when the hold grew, server time when the series began}.
local function known_of_absent(known, hold, former_hold, former_newest, began, now)
  if now < began + math.min(hold, former_hold) then return known end
  return math.max(known, now - hold + 1, math.min(now - former_hold, former_newest) + 1)
end

local SERIES_FORM = '<dddddd'
