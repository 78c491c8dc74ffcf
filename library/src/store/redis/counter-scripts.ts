import { type Script, script } from './wire.ts'

/**
 * What a key's state outlives its meaning: a node whose clock is behind must still find it.
 * Time to live is counted in real time and only tidies up; judging is by the caller's clock.
 */
const GRACE_MS = 300_000

/** KEYS: a bucket for each hit. ARGV: now, then limit, window and cost of each hit. */
export const HIT: Script = script(`
local now = tonumber(ARGV[1])
local known, answer, working = {}, { '1' }, {}
for i, key in ipairs(KEYS) do
  if known[key] == nil then
    known[key] = redis.call('GET', key) or ''
    local level, at = string.match(known[key], '^(.+)|(.+)$')
    working[key] = { level = tonumber(level or 0), at = tonumber(at or now) }
  end
  answer[i + 1] = known[key]
end
for i, key in ipairs(KEYS) do
  local limit, window, cost =
    tonumber(ARGV[i * 3 - 1]), tonumber(ARGV[i * 3]), tonumber(ARGV[i * 3 + 1])
  local bucket = working[key]
  local elapsed = math.max(0, now - bucket.at)
  local level = math.max(0, bucket.level - (elapsed * limit) / window)
  level = math.max(0, level + cost)
  if cost > 0 and level > limit + 1e-9 then
    answer[1] = '0'
    return answer
  end
  bucket.level = level
  bucket.at = math.max(bucket.at, now)
  bucket.ttl = bucket.at - now + math.max(0, math.ceil((level * window) / limit))
end
for key, bucket in pairs(working) do
  local value = string.format('%.17g|%.0f', bucket.level, bucket.at)
  redis.call('SET', key, value, 'PX', string.format('%.0f', bucket.ttl + ${GRACE_MS}))
end
return answer
`)

/** When a key may be tried again; the same words as \`readyAt\` in \`store/rules\`. */
const READY_AT = `
local function ready_at(s)
  if s.shut >= 0 and s.failures >= s.shut then return s.at + s.forget end
  if s.failures == 0 or s.failures < s.free then return s.at end
  return s.at + math.min(s.cap, s.base * 2 ^ (s.failures - s.free))
end
local function save(key, name, s, now)
  local value = string.format('%.0f|%.0f|%.0f|%.17g|%.17g|%.0f|%.0f',
    s.failures, s.at, s.free, s.base, s.cap, s.forget, s.shut)
  local ttl = math.max(0, s.at - now) + s.forget + ${GRACE_MS}
  redis.call('SET', key, value, 'PX', string.format('%.0f', ttl))
  local ready = ready_at(s)
  if ready > s.at then redis.call('ZADD', KEYS[1], string.format('%.0f', ready), name)
  else redis.call('ZREM', KEYS[1], name) end
end
`

/** KEYS: the delayed, then a state for each reservation. ARGV: now, then name and rule of each. */
export const RESERVE: Script = script(`${READY_AT}
local now = tonumber(ARGV[1])
local known, answer, working = {}, { '1' }, {}
for i = 2, #KEYS do
  local key = KEYS[i]
  if known[key] == nil then
    known[key] = redis.call('GET', key) or ''
    local failures, at = string.match(known[key], '^(%d+)|(%d+)|')
    working[key] = { failures = tonumber(failures or 0), at = tonumber(at or now) }
  end
  answer[i] = known[key]
end
for i = 2, #KEYS do
  local s, from = working[KEYS[i]], i * 6 - 10
  s.name, s.free, s.base = ARGV[from], tonumber(ARGV[from + 1]), tonumber(ARGV[from + 2])
  s.cap, s.forget = tonumber(ARGV[from + 3]), tonumber(ARGV[from + 4])
  s.shut = tonumber(ARGV[from + 5])
  if s.failures > 0 and now < s.at + s.forget then
    if ready_at(s) > now then
      answer[1] = '0'
      return answer
    end
    s.failures, s.at = s.failures + 1, math.max(s.at, now)
  else
    s.failures, s.at = 1, now
  end
end
for key, s in pairs(working) do save(key, s.name, s, now) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ${GRACE_MS}))
return answer
`)

/** KEYS: the delayed, then a state for each key. ARGV: how, then the name of each. */
export const FORGIVE: Script = script(`${READY_AT}
for i = 2, #KEYS do
  local value = redis.call('GET', KEYS[i])
  if value then
    local part = {}
    for word in string.gmatch(value, '[^|]+') do part[#part + 1] = tonumber(word) end
    if ARGV[1] == 'all' or part[1] <= 1 then
      redis.call('DEL', KEYS[i])
      redis.call('ZREM', KEYS[1], ARGV[i])
    else
      save(KEYS[i], ARGV[i], { failures = part[1] - 1, at = part[2], free = part[3],
        base = part[4], cap = part[5], forget = part[6], shut = part[7] }, part[2])
    end
  end
end
return 1
`)

/** KEYS: the delayed. ARGV: now, prefix of names, limit, prefix of state keys (same hash tag). */
export const DELAYED: Script = script(`
local answer, from = {}, 0
while #answer < tonumber(ARGV[3]) * 3 do
  local page = redis.call('ZREVRANGEBYSCORE', KEYS[1], '+inf', '(' .. ARGV[1],
    'WITHSCORES', 'LIMIT', from, 1000)
  if #page == 0 then break end
  for i = 1, #page, 2 do
    local name = page[i]
    if string.sub(name, 1, #ARGV[2]) == ARGV[2] and #answer < tonumber(ARGV[3]) * 3 then
      local value = redis.call('GET', ARGV[4] .. name)
      local failures = value and string.match(value, '^(%d+)|')
      if failures then
        answer[#answer + 1] = name
        answer[#answer + 1] = failures
        answer[#answer + 1] = string.format('%.0f', tonumber(page[i + 1]))
      end
    end
  end
  from = from + 1000
end
return answer
`)
