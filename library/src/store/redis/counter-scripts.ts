import { type Script, script } from './wire.ts'

/**
 * A key's state outlives its meaning by this: a node whose clock is behind must still find it.
 * Time to live is counted in real time and only tidies up; judging is by the caller's clock.
 */
export const GRACE_MS = 300_000

/**
 * The rules of `store/rules/rates.ts` for one hit, which is what most requests ask. KEYS: the bucket,
 * two doubles: its level and its moment. ARGV: now, limit, window, cost. Answers whether it is
 * allowed, what remains, and in how many milliseconds it resets. (Locals and operators, since
 * library calls are what costs.)
 */
export const HIT_ONE: Script = script(`
local now, limit, window, cost = ARGV[1] + 0, ARGV[2] + 0, ARGV[3] + 0, ARGV[4] + 0
local value, level, at = redis.call('GET', KEYS[1]), 0, now
if value then level, at = struct.unpack('dd', value) end
if now > at then
  level = level - ((now - at) * limit) / window
  at = now
end
if level < 0 then level = 0 end
local filled, allowed, waits = level + cost, 1
if filled < 0 then filled = 0 end
if cost > 0 and filled > limit + 1e-9 then
  allowed, waits = 0, cost < limit and filled - limit or level
else level, waits = filled, filled end
local left, drain = limit - level + 1e-9, (waits * window) / limit - 1e-9
left = left > 0 and left - left % 1 or 0
drain = drain > 0 and drain - drain % 1 + (drain % 1 > 0 and 1 or 0) or 0
if allowed == 1 then
  redis.call('SET', KEYS[1], struct.pack('dd', level, at), 'PX', at - now + drain + ${GRACE_MS})
end
return { allowed, left, drain }
`)

/**
 * The same for several hits, all or nothing. KEYS: a bucket for each. ARGV: now, then of each hit its
 * limit, window, cost, and the place of the first hit with the same key. Answers as above, of each.
 * When one is refused, a second pass tells how the others stand uncharged.
 */
export const HIT: Script = script(`
local call, pack, unpack = redis.call, struct.pack, struct.unpack
local now, count, charged = ARGV[1] + 0, #KEYS, 1
local answer, levels, ats, lives = {}, {}, {}, {}
for pass = 1, 2 do
  for i = 1, count do
    local to, from = i * 3 - 2, i * 4 - 2
    if pass == 1 or answer[to] == 1 then
      local limit, window, cost, own = ARGV[from] + 0, ARGV[from + 1] + 0, 0, ARGV[from + 3] + 0
      local level, at = levels[own], ats[own]
      if pass == 1 then cost = ARGV[from + 2] + 0 end
      if pass == 2 or not level then
        local value = call('GET', KEYS[i])
        if value then level, at = unpack('dd', value) else level, at = 0, now end
      end
      if now > at then
        level = level - ((now - at) * limit) / window
        at = now
      end
      if level < 0 then level = 0 end
      local filled, waits = level + cost, level
      if filled < 0 then filled = 0 end
      if cost <= 0 or filled <= limit + 1e-9 then
        answer[to], waits, level = 1, filled, filled
      else
        charged, answer[to] = 0, 0
        if cost < limit then waits = level + cost - limit end
      end
      local left = limit - level + 1e-9
      answer[to + 1] = left > 0 and left - left % 1 or 0
      local drain = (waits * window) / limit - 1e-9
      if drain > 0 then drain = drain - drain % 1 + (drain % 1 > 0 and 1 or 0) else drain = 0 end
      answer[to + 2] = drain
      if pass == 1 then levels[own], ats[own], lives[own] = level, at, at - now + drain end
    end
  end
  if charged == 1 then break end
end
if charged == 1 then
  for i = 1, count do
    if lives[i] then call('SET', KEYS[i], pack('dd', levels[i], ats[i]), 'PX', lives[i] + ${GRACE_MS}) end
  end
end
return answer
`)

/**
 * A key's failures are seven doubles: how many, the last one's moment, and the backoff's free,
 * base, cap, forget and shut (-1 for never). `ready_at` is that of `store/rules/backoffs.ts`.
 */
const FAILURES = `
local call, pack, unpack = redis.call, struct.pack, struct.unpack
local function ready_at(failures, at, free, base, cap, forget, shut)
  if shut >= 0 and failures >= shut then return at + forget end
  if failures < free then return at end
  local delay = base * 2 ^ (failures - free)
  return at + (delay < cap and delay or cap)
end
local function save(key, name, failures, at, free, base, cap, forget, shut, now)
  local value = pack('ddddddd', failures, at, free, base, cap, forget, shut)
  call('SET', key, value, 'PX', (at > now and at - now or 0) + forget + ${GRACE_MS})
  local ready = ready_at(failures, at, free, base, cap, forget, shut)
  if ready > at then
    call('ZADD', KEYS[1], ready, name)
    call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ${GRACE_MS})
  elseif failures == 1 then call('ZREM', KEYS[1], name) end
end
`

/**
 * KEYS: the delayed, then a state for each reservation. ARGV: now, then of each its name, backoff,
 * time to live, and the place of the first reservation with the same key. Answers whether all was
 * charged, then of each the failures known before and their moment. (Most charges delay nobody yet:
 * they are written in place, with a time to live that need not be made into text here.)
 */
export const RESERVE: Script = script(`${FAILURES}
local now, count = ARGV[1] + 0, #KEYS - 1
local answer, failures, ats = { 1 }, {}, {}
for i = 1, count do
  local value = call('GET', KEYS[i + 1])
  failures[i], ats[i] = 0, 0
  if value then failures[i], ats[i] = unpack('dd', value) end
  answer[i * 2], answer[i * 2 + 1] = failures[i], ats[i]
end
for i = 1, count do
  local from, own = i * 8 - 6, ARGV[i * 8 + 1] + 0
  local failed, at = failures[own], ats[own]
  if failed > 0 and now < at + ARGV[from + 4] then
    local free, shut = ARGV[from + 1] + 0, ARGV[from + 5] + 0
    if (failed >= free or shut >= 0 or at > now) and ready_at(failed, at, free, ARGV[from + 2] + 0,
        ARGV[from + 3] + 0, ARGV[from + 4] + 0, shut) > now then
      answer[1] = 0
      return answer
    end
    failures[own] = failed + 1
    if at < now then ats[own] = now end
  else
    failures[own], ats[own] = 1, now
  end
end
for i = 1, count do
  local from, own = i * 8 - 6, ARGV[i * 8 + 1] + 0
  local failed, at, free, shut = failures[own], ats[own], ARGV[from + 1] + 0, ARGV[from + 5] + 0
  if failed < free and at <= now and (shut < 0 or failed < shut) then
    call('SET', KEYS[i + 1], pack('ddddddd', failed, at, free, ARGV[from + 2],
      ARGV[from + 3], ARGV[from + 4], shut), 'PX', ARGV[from + 6])
    if failed == 1 then call('ZREM', KEYS[1], ARGV[from]) end
  else
    save(KEYS[i + 1], ARGV[from], failed, at, free, ARGV[from + 2] + 0, ARGV[from + 3] + 0,
      ARGV[from + 4] + 0, shut, now)
  end
end
return answer
`)

/** KEYS: a state for each key. Answers of each its failures and their moment. */
export const PEEK: Script = script(`
local answer = {}
for i, key in ipairs(KEYS) do
  local value = redis.call('GET', key)
  answer[i * 2 - 1], answer[i * 2] = 0, 0
  if value then answer[i * 2 - 1], answer[i * 2] = struct.unpack('dd', value) end
end
return answer
`)

/** KEYS: the delayed, then a state for each key. ARGV: how, then the name of each. */
export const FORGIVE: Script = script(`${FAILURES}
for i = 2, #KEYS do
  local value = call('GET', KEYS[i])
  local failures, at, free, base, cap, forget, shut = 0
  if value then failures, at, free, base, cap, forget, shut = unpack('ddddddd', value) end
  call('ZREM', KEYS[1], ARGV[i])
  if ARGV[1] == 'all' or failures <= 1 then call('DEL', KEYS[i])
  else
    save(KEYS[i], ARGV[i], failures - 1, at, free, base, cap, forget, shut, at)
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
      if value then
        answer[#answer + 1] = name
        answer[#answer + 1] = struct.unpack('d', value)
        answer[#answer + 1] = tonumber(page[i + 1])
      end
    end
  end
  from = from + 1000
end
return answer
`)
