import { type Script, script } from './wire.ts'

/**
 * Moves a session forward. KEYS: the session. ARGV: last use, idle end, grace.
 * Answers the moment at which it now ends, or 0 when it has gone or ended.
 */
export const TOUCH: Script = script(`
local value = redis.call('GET', KEYS[1])
if not value then return '0' end
local seen, idle, ends, rest = string.match(value, '^(%-?%d+)|(%-?%d+)|(%-?%d+)|(.*)$')
local now = tonumber(ARGV[1])
if math.min(tonumber(idle), tonumber(ends)) <= now then return '0' end
seen = math.max(tonumber(seen), now)
idle = math.max(tonumber(idle), tonumber(ARGV[2]))
local over = math.min(idle, tonumber(ends))
value = string.format('%.0f|%.0f|%s|', seen, idle, ends) .. rest
redis.call('SET', KEYS[1], value, 'PX', string.format('%.0f', over - now + tonumber(ARGV[3])))
return string.format('%.0f', over)
`)

/**
 * Puts a session on its account's list. KEYS: the list, the gate. ARGV: session, absolute end, time
 * to live, and the version of the account under which it begins (-1 for any). Answers 0 when the
 * account ended its sessions under a later version.
 */
export const ENLIST: Script = script(`
local closed = tonumber(redis.call('HGET', KEYS[2], 'closed') or '-1')
local version = tonumber(ARGV[4])
if version >= 0 and closed > version then return 0 end
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[3]) then
  redis.call('PEXPIRE', KEYS[1], ARGV[3])
end
return 1
`)

/**
 * Begins to end an account's sessions, and from now on refuses those that begin under an older
 * version. KEYS: the list, the gate. ARGV: version, time to live. Answers the sessions to end, or
 * nil when this ending was carried out before.
 */
export const CLOSE: Script = script(`
if tonumber(redis.call('HGET', KEYS[2], 'done') or '-1') >= tonumber(ARGV[1]) then return false end
local closed = tonumber(redis.call('HGET', KEYS[2], 'closed') or '-1')
if closed < tonumber(ARGV[1]) then redis.call('HSET', KEYS[2], 'closed', ARGV[1]) end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
return redis.call('ZRANGE', KEYS[1], 0, -1)
`)

/** Notes that an ending was carried out. KEYS: the gate. ARGV: version. */
export const DONE: Script = script(`
local done = tonumber(redis.call('HGET', KEYS[1], 'done') or '-1')
if done < tonumber(ARGV[1]) then redis.call('HSET', KEYS[1], 'done', ARGV[1]) end
return 1
`)
