import { createHash } from 'node:crypto'
import { StoreFault } from '../../kernel/fault.ts'
import { deadlines, type Watched } from './deadlines.ts'

/** A client of one server, as `createClient()` of the package `redis` makes it. */
export interface RedisSingle {
  readonly isReady: boolean
  sendCommand(args: string[]): Promise<unknown>
}

/** A client of a cluster, as `createCluster()` makes it. */
export interface RedisCluster {
  readonly isReady: boolean
  readonly masters: readonly unknown[]
  sendCommand(
    firstKey: string | undefined,
    isReadonly: boolean | undefined,
    args: string[],
  ): Promise<unknown>
}

export type RedisClient = RedisSingle | RedisCluster

/** A script and the name by which the server knows it. All its keys share one hash tag. */
export interface Script {
  readonly text: string
  readonly sha: string
}

export function script(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') }
}

/** Commands with a deadline. Every answer is one round trip, a script's first one on a server two. */
export interface Wire {
  send(verb: string, args: [string, string, ...string[]]): Promise<unknown>
  /** As `send`, and reads the reply in the same step. */
  ask<T>(verb: string, args: [string, string, ...string[]], read: (reply: unknown) => T): Promise<T>
  run(
    verb: string,
    script: Script,
    keys: readonly [string, ...string[]],
    args: readonly (string | number)[],
  ): Promise<unknown>
  /** As `run`, and reads the reply in the same step. */
  judge<T>(
    verb: string,
    script: Script,
    keys: readonly [string, ...string[]],
    args: readonly (string | number)[],
    read: (reply: unknown) => T,
  ): Promise<T>
}

interface Waiting extends Watched {
  readonly verb: string
  readonly reject: (error: unknown) => void
}

export interface WireOptions {
  readonly deadlineMs: number
  /** Commands that may wait for an answer at once; more fail without being sent. */
  readonly maxPending: number
}

/**
 * Puts a deadline and a limit on what waits for the server, so that one that hangs costs a request
 * `deadlineMs` and this process no more than `maxPending` commands.
 */
export function redisWire(client: RedisClient, { deadlineMs, maxPending }: WireOptions): Wire {
  let pending = 0
  const { watch } = deadlines<Waiting>(deadlineMs, ({ verb, reject }) =>
    reject(new StoreFault(verb, new Error(`no answer within ${deadlineMs} ms`))),
  )
  const dispatch = (key: string, args: string[]): Promise<unknown> =>
    'masters' in client ? client.sendCommand(key, false, args) : client.sendCommand(args)

  /** `taught` is sent instead when the server does not know the script by its name. */
  const send = <T>(
    verb: string,
    key: string,
    args: string[],
    read: (reply: unknown) => T,
    taught?: () => string[],
  ): Promise<T> => {
    if (!client.isReady) return Promise.reject(new StoreFault(verb, new Error('not connected')))
    if (pending >= maxPending) {
      return Promise.reject(new StoreFault(verb, new Error(`${pending} commands wait already`)))
    }
    pending += 1
    return new Promise((resolve, reject) => {
      const waiting = { settled: false, due: 0, verb, reject }
      watch(waiting)
      dispatch(key, args).then(
        reply => {
          pending -= 1
          waiting.settled = true
          try {
            resolve(read(reply))
          } catch (error) {
            reject(new StoreFault(verb, error))
          }
        },
        (error: unknown) => {
          pending -= 1
          waiting.settled = true
          if (taught !== undefined && isNoScript(error)) resolve(send(verb, key, taught(), read))
          else reject(new StoreFault(verb, error))
        },
      )
    })
  }

  const judge: Wire['judge'] = (verb, { text, sha }, keys, args, read) => {
    const sent = (name: string, script: string): string[] => {
      const all = [name, script, String(keys.length), ...keys]
      for (const arg of args) all.push(String(arg))
      return all
    }
    // A server that was restarted has forgotten its scripts; EVAL teaches it again.
    return send(verb, keys[0], sent('EVALSHA', sha), read, () => sent('EVAL', text))
  }

  return {
    send: (verb, args) => send(verb, args[1], args, asIs),
    ask: (verb, args, read) => send(verb, args[1], args, read),
    run: (verb, script, keys, args) => judge(verb, script, keys, args, asIs),
    judge,
  }
}

function isNoScript(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('NOSCRIPT')
}

function asIs(reply: unknown): unknown {
  return reply
}
