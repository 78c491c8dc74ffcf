import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Stores } from '../port/stores.ts'
import { assertChain } from './audit-log.ts'
import { BACKOFF, type Errand, RATE, type Race, type StoreAddress, type Won } from './child.ts'
import { account, fresh, NOW, refreshToken, session, token } from './examples.ts'

/** A process that a test started, and the lines it has said. */
export interface Child {
  readonly process: ChildProcess
  readonly lines: readonly string[]
  /** Resolves with the line when the child says its nth one (0 is "ready"). */
  line(index: number): Promise<string>
  exited: Promise<void>
}

export function startChild(errand: Errand): Child {
  const program = join(import.meta.dirname, 'child.ts')
  const flags = ['--conditions=bulwark:source', program, JSON.stringify(errand)]
  const child = spawn(process.execPath, flags, { stdio: ['pipe', 'pipe', 'inherit'] })
  const kill = (): void => {
    child.kill('SIGKILL')
  }
  process.once('exit', kill)
  const lines: string[] = []
  const waiting: {
    readonly index: number
    readonly resolve: (line: string) => void
    readonly reject: (error: Error) => void
  }[] = []
  const reader = createInterface({ input: child.stdout })
  reader.on('line', line => {
    lines.push(line)
    for (const one of waiting) if (one.index === lines.length - 1) one.resolve(line)
  })
  const exited = new Promise<void>(resolve => {
    // After `close` every line that was written has been read.
    reader.once('close', () => {
      process.off('exit', kill)
      resolve()
      for (const { index, reject } of waiting) {
        reject(new Error(`the child ended before its line ${index}`))
      }
    })
  })
  return {
    process: child,
    lines,
    line: index =>
      new Promise((resolve, reject) => {
        const said = lines[index]
        if (said !== undefined) resolve(said)
        else waiting.push({ index, resolve, reject })
      }),
    exited,
  }
}

/** Lets four processes want the same things at the same moment: each thing goes to one of them. */
export async function raceProcesses(stores: Stores, store: StoreAddress): Promise<void> {
  const owner = account()
  await stores.accounts.create(owner)
  const many = <T>(make: () => T): readonly T[] => Array.from({ length: 20 }, make)
  const tokens = many(() => fresh('token'))
  for (const hash of tokens) await stores.oneTimeTokens.issue(hash, token())
  const refresh = many(() => refreshToken())
  for (const record of refresh) await stores.refreshTokens.issue(record)
  const sessions = many(() => session())
  for (const record of sessions) await stores.sessions.create(record)
  const race: Race = {
    tokens,
    refresh: refresh.map(({ hash }) => hash),
    sessions: sessions.map(({ idHash }) => idHash),
    account: { id: owner.id, email: `${randomUUID()}@example.com` },
    key: fresh('key'),
  }
  const before = (await stores.auditLog.head())?.sequence ?? 0

  const children = Array.from({ length: 4 }, () => startChild({ store, task: 'race', race }))
  await Promise.all(children.map(child => child.line(0)))
  for (const child of children) child.process.stdin?.write('go\n')
  const won: readonly Won[] = await Promise.all(
    children.map(async child => JSON.parse(await child.line(1))),
  )
  await Promise.all(children.map(child => child.exited))

  const sum = (count: (one: Won) => number): number => won.reduce((all, one) => all + count(one), 0)
  assert.deepEqual(won.flatMap(one => one.revoked).toSorted(), race.sessions.toSorted())
  assert.equal(
    sum(one => one.allowed),
    RATE.limit,
  )
  assert.equal(
    sum(one => one.guesses),
    BACKOFF.free,
  )
  // Redis keeps the rest in its durable store, and these children share none.
  if (store.kind === 'redis') return
  assert.deepEqual(won.flatMap(one => one.redeemed).toSorted(), race.tokens.toSorted())
  assert.deepEqual(won.flatMap(one => one.rotated).toSorted(), race.refresh.toSorted())
  assert.equal(
    sum(one => one.updated),
    1,
  )
  assert.equal(
    sum(one => one.created),
    1,
  )
  const rows = await stores.auditLog.read({ limit: 1_000, oldestFirst: true, beyond: before })
  assert.equal(
    rows.length,
    sum(one => one.appended),
  )
  const [last] = await stores.auditLog.read({ limit: 1, beyond: before + 1 })
  assertChain(rows, before, last?.link ?? '')
}

/** Whether everything a killed child had said is there. Answers how much that was. */
export async function assertAcknowledged(
  stores: Stores,
  lines: readonly string[],
): Promise<number> {
  const events = new Set<string>()
  const from = stores.auditLog.read({ limit: 1, oldestFirst: true })
  let last = (await from)[0]
  if (last !== undefined) events.add(last.id)
  while (last !== undefined) {
    const { sequence: beyond, link } = last
    const rows = await stores.auditLog.read({ limit: 1_000, oldestFirst: true, beyond })
    for (const row of rows) events.add(row.id)
    assertChain(rows, beyond, link)
    last = rows.at(-1)
  }
  const redeemed = new Set(lines.flatMap(line => line.split('redeemed ')[1] ?? []))
  for (const line of lines) {
    const [word = '', name = ''] = line.split(' ')
    if (word === 'account') assert.ok(await stores.accounts.byId(name), line)
    if (word === 'session') assert.ok(await stores.sessions.find(name), line)
    if (word === 'event') assert.ok(events.has(name), line)
    if (word === 'rotated') assert.ok(await stores.refreshTokens.find(name, NOW), line)
    if (redeemed.has(name))
      assert.equal(await stores.oneTimeTokens.peek(name, NOW), undefined, line)
  }
  return lines.length
}
