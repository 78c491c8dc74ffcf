import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { freePort } from '../testing/running.ts'
import { Browser, closeConnections } from './browser.ts'
import { engines, ownCertificate } from './engines.ts'
import { faults } from './faults.ts'
import { Ledger } from './ledger.ts'
import { mailbox } from './mailbox.ts'
import { node } from './nodes.ts'
import { PASSWORD, people } from './people.ts'
import { proof, refusedSignIns, verifiedLog } from './proof.ts'
import { Tally } from './tally.ts'

const SHOPPERS = 16
const APPLICATIONS = 3
const LANES_OF_NEWCOMERS = 1
const RECOVERY_MS = 60_000

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    every: { type: 'string', default: '20' },
  },
})
const seconds = Number(values.minutes) * 60
const everyMs = Number(values.every) * 1000
const say = (text: string): void => void process.stdout.write(`${text}\n`)

/** What the two cores did: the share of their time that they were not idle. */
function busy(): { readonly idle: number; readonly all: number } {
  const times = cpus().map(({ times: of }) => of)
  const idle = times.reduce((sum, of) => sum + of.idle, 0)
  const all = times.reduce((sum, of) => sum + of.idle + of.user + of.nice + of.sys + of.irq, 0)
  return { idle, all }
}

/**
 * The reference service on two nodes of two workers, on PostgreSQL and Redis, under as much as two
 * cores can do, with something broken every twenty seconds; then it is held to its word.
 */
async function soak(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-soak-'))
  const { postgres, redis } = await engines()
  const certificate = await ownCertificate()
  const mails = await mailbox(certificate)
  const shoppers = names('shopper', SHOPPERS)
  const applications = names('application', APPLICATIONS)
  const prober = 'prober@example.com'
  const users = [...shoppers, ...applications, prober].map(email => ({ email, password: PASSWORD }))
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const environment = {
    WORKERS: '2',
    BULWARK_DATA: folder,
    DATABASE_URL: postgres.url,
    REDIS_URL: redis.url,
    BULWARK_ROOT_KEY: randomBytes(32).toString('base64url'),
    BULWARK_TRUSTED_PROXIES: '127.0.0.1,::1',
    BULWARK_SMTP_URL: `smtps://localhost:${mails.port}?from=no-reply@app.example`,
    NODE_EXTRA_CA_CERTS: file('ca.pem', certificate.cert),
    BULWARK_SEED: file('seed.json', JSON.stringify({ users })),
  }
  const ports = [await freePort(), await freePort()] as const
  // One origin for both: people know the balancer, not the nodes.
  const at = { ...environment, BULWARK_ORIGIN: `http://localhost:${ports[0]}` }
  const nodes = [node(ports[0], at), node(ports[1], at)] as const
  const letGo = (): void => {
    for (const one of nodes) one.kill()
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', letGo)
  await nodes[0].start()
  await nodes[1].start()
  const origins = nodes.map(({ origin }) => origin)
  const reversed = origins.toReversed()
  await seeded(origins, shoppers.concat(applications, prober))

  const ledger = new Ledger()
  const tally = new Tally()
  const end = performance.now() + seconds * 1000
  const over = (): boolean => performance.now() > end
  const crowd = people({ origins, ledger, tally, mails, over })
  const began = performance.now()
  const before = busy()
  const lanes = [
    ...shoppers.map(email => crowd.shopper(email)),
    ...applications.map(email => crowd.application(email)),
    ...Array.from({ length: LANES_OF_NEWCOMERS }, (_, lane) => crowd.newcomers(lane)),
    crowd.revenant(),
    crowd.passerBy(),
  ]

  /** Signs in at one node, is known at the other and orders there: all that a visitor needs. */
  let turn = 0
  const probe = new Browser(origins, 9_000_000)
  const probeBack = new Browser(reversed, 9_000_001)
  const works = async (): Promise<boolean> => {
    const who = turn++ % 2 === 0 ? probe : probeBack
    try {
      const credentials = { email: prober, password: PASSWORD }
      if ((await who.send('POST', '/auth/login', credentials)).status !== 200) return false
      if ((await who.send('GET', '/auth/me')).status !== 200) return false
      return (await who.send('POST', '/api/orders', { item: 'x', quantity: 1 })).status === 201
    } catch {
      return false
    }
  }
  const recoveries = new Map<string, number[]>()
  const all = faults(postgres.server, redis.server, nodes)
  for (let number = 0; began + (number + 1) * everyMs < end; number++) {
    await pause(Math.max(0, began + (number + 0.5) * everyMs - performance.now()))
    const fault = all[number % all.length]
    if (fault === undefined) break
    tally.troubled = true
    await fault.inject()
    const since = performance.now()
    while (!(await works()) && performance.now() - since < RECOVERY_MS) await pause(25)
    const took = performance.now() - since
    tally.troubled = false
    if (took >= RECOVERY_MS) ledger.broken.push(`no recovery from: ${fault.name}`)
    recoveries.set(fault.name, [...(recoveries.get(fault.name) ?? []), took])
    say(`${((since - began) / 1000).toFixed(0)} s  ${fault.name}: good after ${took.toFixed(0)} ms`)
  }
  await Promise.all(lanes)
  const lasted = (performance.now() - began) / 1000
  const after = busy()
  const share = 1 - (after.idle - before.idle) / (after.all - before.all)
  say(`\n${lasted.toFixed(0)} s, ${tally.total} good answers, ${mails.received} mails.`)
  say(`${cpus().length} cores, ${(share * 100).toFixed(0)} % busy (with the load itself).\n`)
  say(tally.table(lasted))
  say('\n| fault | times | good again after, ms |\n| --- | ---: | --- |')
  for (const [name, took] of recoveries) {
    say(`| ${name} | ${took.length} | ${took.map(ms => ms.toFixed(0)).join(', ')} |`)
  }

  // Sessions that ended last may be believed elsewhere for a second.
  await pause(1_500)
  const refused = await refusedSignIns(postgres.url)
  say(`\nSign-ins refused, by the log: ${refused.join(', ') || 'none'}`)
  const proven = await proof(ledger, origins, postgres.url)
  say('\n| promise | looked at | broken |\n| --- | ---: | ---: |')
  for (const [what, of, wrong] of proven) say(`| ${what} | ${of} | ${wrong} |`)
  for (const one of new Set(ledger.broken)) say(`broken: ${one}`)
  await Promise.all(nodes.map(one => one.stop()))
  const log = verifiedLog(environment)
  say(`\n${log.said}`)
  const clean = log.whole && proven.every(([, , wrong]) => wrong === 0)
  if (!clean) for (const one of nodes) say(one.printed())
  closeConnections()
  mails.close()
  await redis.stop()
  await postgres.stop()
  process.off('exit', letGo)
  letGo()
  return clean
}

function names(word: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, number) => `${word}-${number}@example.com`)
}

/** The seed is sown while the service already listens. */
async function seeded(origins: readonly string[], emails: readonly string[]): Promise<void> {
  for (const [number, email] of emails.entries()) {
    const who = new Browser(origins, 4_000_000 + number)
    const end = performance.now() + 60_000
    while ((await who.send('POST', '/auth/login', { email, password: PASSWORD })).status !== 200) {
      if (performance.now() > end) throw new Error(`${email} cannot sign in`)
      await pause(2_000)
    }
  }
}

process.exit((await soak()) ? 0 : 1)
