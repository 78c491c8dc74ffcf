import { brotliCompressSync, gzipSync } from 'node:zlib'
import { absent, type Check, type Finding, fail, judged, pass, unclear } from '../../check.ts'
import { fill } from '../../people/step.ts'
import type { Scene } from '../../scene.ts'
import type { Reply } from '../../wire/reply.ts'
import { inputs, jsonRoute, sendRaw } from '../bodies.ts'
import { atOnce, isThrottled } from '../login.ts'
import { median } from '../statistics.ts'

const MIB = 1024 * 1024
const about = {
  asvs: '15.2.2',
  cwe: 770,
  top10: 'A10',
  level: 'safe' as const,
  severity: 'high' as const,
  alone: true,
}
const LIMITS =
  'Set a limit that counts bytes as they come, for each kind of body, and answer 413. Bulwark: limits.'

/** A route for bodies, with its health watched: a request that stalls the others counts. */
async function target(scene: Scene) {
  const found = await jsonRoute(scene).catch(() => undefined)
  if (found !== undefined) return found
  const who = scene.visitor()
  return { who, send: 'POST /', method: 'POST', path: '/', body: (marker: string) => ({ marker }) }
}

/** Milliseconds that the fastest known route takes right now. */
async function pulse(scene: Scene): Promise<number> {
  return (await scene.ask({ path: scene.run.line.healthPath, withinMs: 8000 })).ms
}

/** Sends something heavy; a finding when it is taken, breaks the service, or holds it up. */
async function heavy(
  scene: Scene,
  asks: Readonly<Record<string, () => Promise<Reply>>>,
  limitMs: number,
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const [variant, ask] of Object.entries(asks)) {
    const reply = await ask()
    const where = `${reply.sent.method} ${reply.sent.path.split('?')[0]}`
    const after = await pulse(scene)
    const add = (says: string) => findings.push({ where, variant, says, evidence: [reply] })
    if (reply.status >= 500 && reply.status !== 503)
      add(`${variant} makes the service fail with ${reply.status}`)
    else if (reply.failure === 'timeout') add(`${variant} is not answered in time`)
    else if (reply.ms > limitMs || after > limitMs)
      add(`${variant} takes ${Math.round(Math.max(reply.ms, after))} ms`)
  }
  return findings
}

/** What still fits into buffers on the way when the service has long stopped reading. */
const BUFFERED = 8 * MIB

/** Refused for its size, cut off, or answered before most of it had left. */
function stopped(reply: Reply, bytes: number): boolean {
  if (reply.status === 413) return true
  if (reply.failure === 'reset' || reply.failure === 'refused') return true
  return reply.status > 0 && reply.taken < bytes - BUFFERED
}

export const checks: readonly Check[] = [
  {
    ...about,
    id: 'dos.body-limit',
    tries: 'sends JSON of 2, 8 and 32 MiB, with its length and in chunks',
    why: 'A few connections fill the memory of the process.',
    fix: LIMITS,
    async run(scene) {
      const route = await target(scene)
      const findings: Finding[] = []
      for (const chunked of [false, true]) {
        let taken: Reply | undefined
        for (const mib of [2, 8, 32]) {
          const body = Buffer.concat([
            Buffer.from('{"x":"'),
            Buffer.alloc(mib * MIB, 'a'),
            Buffer.from('"}'),
          ])
          const reply = await sendRaw(route, body, { chunked, withinMs: 20_000 })
          // Nobody takes a body there: it is thrown away as it comes, and fills nothing.
          if (reply.status === 404 || reply.status === 405)
            throw absent('no route that takes a body is known')
          if (stopped(reply, body.length)) break
          taken = mib === 32 ? reply : undefined
        }
        if (taken !== undefined)
          findings.push({
            where: route.send,
            variant: chunked ? 'chunked' : 'with its length',
            says: `32 MiB were read to the end and answered ${taken.status || taken.failure}`,
            evidence: [taken],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'dos.gzip-body',
    cwe: 409,
    tries: 'sends 20 KiB that unpack to 20 MiB, by gzip, brotli and both',
    why: 'A thousandfold for the attacker: their line is slow, your memory is not endless.',
    fix: 'Refuse Content-Encoding on requests with 415, or limit what comes out. Bulwark: limits.',
    async run(scene) {
      const route = await target(scene)
      const plain = Buffer.concat([
        Buffer.from('{"x":"'),
        Buffer.alloc(20 * MIB, 'a'),
        Buffer.from('"}'),
      ])
      const small = Buffer.from(JSON.stringify(route.body(scene.marker())))
      const right = await sendRaw(route, small)
      const findings: Finding[] = []
      const forms: readonly [string, string, Buffer][] = [
        ['gzip', 'gzip', gzipSync(plain)],
        ['brotli', 'br', brotliCompressSync(plain)],
        ['gzip twice', 'gzip, gzip', gzipSync(gzipSync(plain))],
      ]
      for (const [variant, encoding, body] of forms) {
        const reply = await sendRaw(route, body, {
          headers: { 'Content-Encoding': encoding },
          withinMs: 15_000,
        })
        const slow = Math.max(reply.ms, await pulse(scene))
        const says =
          reply.status >= 500 && reply.status !== 503
            ? `it fails with ${reply.status}`
            : slow > 2000
              ? `it takes ${Math.round(slow)} ms`
              : reply.ok && right.ok && (await unpacks(route, encoding))
                ? `it is taken (${reply.status})`
                : undefined
        if (says !== undefined)
          findings.push({
            where: route.send,
            variant,
            says: `a body that unpacks to 20 MiB (${variant}): ${says}`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'dos.deep-json',
    cwe: 674,
    tries:
      'sends arrays and objects thousands deep, thousands of keys, and a number of 20,000 digits',
    why: 'Recursion ends the process or blocks it; one request each is enough.',
    fix: 'Limit depth, keys and digits in the parser. Bulwark: content.',
    async run(scene) {
      const route = await target(scene)
      const inner = JSON.stringify(route.body(scene.marker())).slice(1)
      const send = (extra: string) => () =>
        sendRaw(route, `{"x":${extra},${inner}`, { withinMs: 8000 })
      return judged(
        await heavy(
          scene,
          {
            'an array 20,000 deep': send('['.repeat(20_000) + ']'.repeat(20_000)),
            'an object 5,000 deep': send(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`),
            '20,000 keys': send(
              `{${Array.from({ length: 20_000 }, (_, at) => `"k${at}":1`).join(',')}}`,
            ),
            'a number of 20,000 digits': send('9'.repeat(20_000)),
          },
          1000,
        ),
      )
    },
  },
  {
    ...about,
    id: 'dos.query',
    severity: 'medium',
    tries: 'sends 5,000 query parameters, brackets 500 deep and an address of 15 KiB',
    why: 'Query parsers build what they are told to, before anybody is asked.',
    fix: 'Limit length, number and depth of parameters, or parse flat. Bulwark: limits.',
    async run(scene) {
      const paths = new Set([
        '/',
        ...inputs(scene)
          .slice(0, 2)
          .map(({ ask }) => ask('x').path.split('?')[0] ?? '/'),
      ])
      const findings: Finding[] = []
      for (const path of paths) {
        const get = (query: string) => () => scene.ask({ path: `${path}?${query}`, withinMs: 8000 })
        findings.push(
          ...(await heavy(
            scene,
            {
              '2,500 parameters': get(
                Array.from({ length: 2500 }, (_, at) => `a${at}=1`).join('&'),
              ),
              'brackets 500 deep': get(`a${'[b]'.repeat(500)}=1`),
              'one name 3,000 times': get('a=1&'.repeat(3000)),
              'an address of 15 KiB': get(`a=${'b'.repeat(15_000)}`),
            },
            1000,
          )),
        )
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'dos.headers',
    severity: 'medium',
    tries: 'sends 70 KiB of headers, 3,000 headers and one cookie of 64 KiB',
    why: 'Headers are read before anything is known of who asks.',
    fix: 'Keep maxHeaderSize at 16 KiB and maxHeadersCount at 100, answer 431. Bulwark: limits.',
    async run(scene) {
      const ask = (headers: Record<string, string>) =>
        scene.ask({ path: '/', headers, withinMs: 8000 })
      const many = Object.fromEntries(Array.from({ length: 3000 }, (_, at) => [`X-H${at}`, '1']))
      const forms: Readonly<Record<string, Record<string, string>>> = {
        '70 KiB of headers': { 'X-Long': 'a'.repeat(70 * 1024) },
        '3,000 headers': many,
        'a cookie of 64 KiB': { Cookie: `a=${'b'.repeat(64 * 1024)}` },
        '250 short headers': Object.fromEntries(Object.entries(many).slice(0, 250)),
      }
      const findings: Finding[] = []
      for (const [variant, headers] of Object.entries(forms)) {
        const reply = await ask(headers)
        const refused = reply.failure !== undefined || reply.status >= 400
        const low = variant.startsWith('250')
        if (!refused || (reply.status >= 500 && reply.status !== 503))
          findings.push({
            where: 'GET /',
            variant,
            ...(low ? { severity: 'info' as const } : {}),
            says: `${variant} ${reply.status >= 500 ? `make the service fail with ${reply.status}` : 'are read and answered'}`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'dos.slow-headers',
    cwe: 400,
    level: 'full',
    tries: 'opens 50 connections that send a header every second',
    why: 'One small machine holds every connection of the service (slowloris).',
    fix: 'Set headersTimeout to 10 s and check it every second: connectionsCheckingInterval. Bulwark: limits.',
    async run(scene) {
      const { host } = scene.place
      return slow(scene, [`GET / HTTP/1.1\r\nHost: ${host}\r\n`], at => `X-${at}: 1\r\n`)
    },
  },
  {
    ...about,
    id: 'dos.slow-body',
    cwe: 400,
    level: 'full',
    tries: 'opens 50 connections that promise 8 KiB and send a byte every second',
    why: 'Each holds a connection, a buffer and often a handler.',
    fix: 'Set requestTimeout to 30 s and a least rate for bodies. Bulwark: limits.',
    async run(scene) {
      const { host } = scene.place
      return slow(
        scene,
        [
          `POST ${(await target(scene)).path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: 8192\r\n\r\n`,
        ],
        () => 'a',
      )
    },
  },
  {
    ...about,
    id: 'dos.page-size',
    severity: 'medium',
    needs: ['account', 'objects'],
    tries: 'asks lists for a billion, for minus one and for no rows',
    why: 'One request reads the whole table.',
    fix: 'Bound the page size in the schema. Bulwark: content.',
    async run(scene) {
      const routes = scene.config.objects?.find(({ list }) => list !== undefined)
      if (routes?.list === undefined) throw absent('no list is known')
      const alice = await scene.signIn('alice')
      const { path } = fill(routes.list, {})
      for (let i = 0; i < 25; i++) await alice.send(routes.create, { marker: scene.marker() })
      const rows = (reply: Reply) => {
        const list = [reply.json, ...Object.values((reply.json as object | null) ?? {})].find(
          Array.isArray,
        )
        return list?.length ?? 0
      }
      const plain = await alice.bare({ path })
      const findings: Finding[] = []
      for (const name of ['limit', 'page_size', 'per_page', 'pageSize', 'first', 'size', 'take'])
        for (const value of ['1000000000', '-1', 'NaN']) {
          const reply = await alice.bare({ path: `${path}?${name}=${value}` })
          if (reply.status >= 500)
            findings.push({
              where: routes.list,
              parameter: name,
              variant: value,
              says: `${name}=${value} makes the service fail with ${reply.status}`,
              evidence: [reply],
            })
          else if (
            rows(reply) > rows(plain) * 20 ||
            (value === '1000000000' &&
              rows(plain) > 0 &&
              rows(reply) > rows(plain) &&
              rows(reply) >= 1000)
          )
            findings.push({
              where: routes.list,
              parameter: name,
              variant: value,
              says: `${name}=${value} answers ${rows(reply)} rows`,
              evidence: [reply],
            })
        }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'dos.redos',
    asvs: '1.3.12',
    cwe: 1333,
    tries:
      'gives each parameter 5, 10 and 20 thousand characters of patterns that make regular expressions go back',
    why: 'A pattern with nested repetition takes hours for one line of text, and Node has one thread.',
    fix: 'Bound the length first, and write patterns without nested or overlapping repetition.',
    async run(scene) {
      const all = inputs(scene)
      if (all.length === 0) throw absent('no public route takes a parameter')
      const patterns: Readonly<Record<string, (n: number) => string>> = {
        letters: n => `${'a'.repeat(n)}!`,
        spaces: n => `${' '.repeat(n)}!`,
        mails: n => `${'a@'.repeat(n / 2)}!`,
        digits: n => `${'1'.repeat(n)}x`,
      }
      const findings: Finding[] = []
      for (const input of all.slice(0, 8))
        for (const [variant, make] of Object.entries(patterns)) {
          const times: number[] = []
          let last: Reply | undefined
          for (const length of [3000, 6000, 12_000]) {
            last = await scene.ask({ ...input.ask(make(length)), withinMs: 8000 })
            if (last.refused) break
            times.push(last.ms)
          }
          const [a = 0, b = 0, c = 0] = times
          if (times.length === 3 && last && c > 250 && b > a * 2.5 && c > b * 2.5)
            findings.push({
              where: input.where,
              parameter: input.name,
              variant,
              says: `twice the length takes ${(c / b).toFixed(1)} times as long, up to ${Math.round(c)} ms`,
              evidence: [last],
            })
        }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'dos.password-length',
    severity: 'medium',
    throttled: true,
    needs: ['login'],
    tries: 'signs in with a password of one MiB',
    why: 'Hashing takes time by the byte: a few long passwords keep all cores busy.',
    fix: 'Refuse passwords over a few hundred bytes before they are hashed. Bulwark: password.',
    async run(scene) {
      const { user } = scene.run.people.stranger()
      const short = await scene.run.people.enter(scene.visitor(), user, 'x'.repeat(20))
      const reply = await scene.run.people.enter(scene.visitor(), user, 'x'.repeat(MIB))
      const where = scene.run.people.recipe.send
      if (reply.status >= 500 && reply.status !== 503)
        return fail({
          where,
          variant: 'fails',
          says: `a long password makes the service fail with ${reply.status}`,
          evidence: [reply],
        })
      return judged(
        reply.ms > 1000 && reply.ms > short.ms * 3
          ? [
              {
                where,
                variant: 'slow',
                says: `a password of one MiB takes ${Math.round(reply.ms)} ms`,
                evidence: [reply, short],
              },
            ]
          : [],
      )
    },
  },
  {
    ...about,
    id: 'dos.rate-limit',
    asvs: '2.4.1',
    severity: 'low',
    throttled: true,
    tries: 'sends 200 requests, twenty at a time',
    why: 'Nothing slows a machine that scrapes, guesses or just leans on the service.',
    fix: 'Limit requests for each address, and more tightly for what mails, hashes or fetches. Bulwark: throttle.',
    async run(scene) {
      const visitor = scene.visitor()
      const { path } = fill(scene.config.session?.probe ?? 'GET /', {})
      const replies: Reply[] = []
      for (let at = 0; at < 200; at += 20)
        replies.push(
          ...(await Promise.all(Array.from({ length: 20 }, () => visitor.bare({ path }, true)))),
        )
      const limited = replies.filter(isThrottled).length
      const told = replies.map(left).filter(Number.isInteger)
      const counted = Math.max(...told) - Math.min(...told)
      // Decision: a limit that counts these requests where everybody can see it is a limit, also
      // when 200 do not reach it. Cost: one that is announced and never enforced passes.
      if (counted > 0) return pass(`a limit that is told counted ${counted} of them`)
      const last = replies.at(-1)
      return judged(
        limited > 0 || last === undefined
          ? []
          : [
              {
                where: `GET ${path}`,
                says: '200 requests from one address were all answered, and no limit was told',
                evidence: [last],
              },
            ],
        `${limited} of 200 refused`,
      )
    },
  },
  {
    ...about,
    id: 'dos.range',
    cwe: 400,
    severity: 'low',
    tries: 'asks for 500 overlapping ranges of a file',
    why: 'A small request makes a reply many times the file.',
    fix: 'Merge overlapping ranges or ignore the header beyond a few. Bulwark: uploads.',
    async run(scene) {
      const files = [
        ...scene.site.scripts,
        ...scene.site.replies.filter(reply => /image|font|css/.test(reply.type)),
        scene.site.home,
      ].filter(reply => reply.ok && reply.body.length > 0)
      const [file] = files
      if (file === undefined) throw unclear('no file was found to ask for ranges of')
      const ranges = Array.from({ length: 500 }, (_, at) => `0-${at}`).join(',')
      const reply = await scene.ask({ path: file.sent.path, headers: { Range: `bytes=${ranges}` } })
      return judged(
        reply.status === 206 && reply.body.length > file.body.length * 10
          ? [
              {
                where: `GET ${file.sent.path}`,
                says: `500 ranges of ${file.body.length} bytes are answered with ${reply.body.length}`,
                evidence: [reply],
              },
            ]
          : [],
      )
    },
  },
  {
    ...about,
    id: 'dos.hash-starvation',
    cwe: 400,
    level: 'full',
    severity: 'medium',
    throttled: true,
    needs: ['login'],
    tries: 'signs in 20 times at once and watches how other routes answer',
    why: 'Password hashing takes the cores that every other user waits for.',
    fix: 'Queue the hashing, and refuse with 503 when the queue is full. Bulwark: password, admission.',
    async run(scene) {
      const before = [await pulse(scene), await pulse(scene), await pulse(scene)]
      const storm = atOnce(scene, scene.run.people.stranger().user, 20)
      let over = false
      void storm.finally(() => {
        over = true
      })
      const during: number[] = []
      while (!over) during.push(await pulse(scene))
      const replies = await storm
      const slowest = during.sort((a, b) => a - b).at(-1) ?? 0
      const where = scene.run.people.recipe.send
      return judged(
        slowest > 1000
          ? [
              {
                where,
                says: `during 20 sign-ins other routes take up to ${Math.round(slowest)} ms instead of ${Math.round(median(before))}`,
                evidence: replies.slice(0, 1),
              },
            ]
          : [],
      )
    },
  },
]

const SLOW_SOCKETS = 50
const SLOW_STEPS = 30

/** Fifty connections that trickle; they must be closed by the service, and others be served. */
async function slow(scene: Scene, opening: readonly string[], trickle: (at: number) => string) {
  const totalMs = Math.min(30_000, Math.max(3000, scene.patienceMs * 20))
  const pieces: (string | number)[] = [...opening]
  for (let at = 0; at < SLOW_STEPS; at++) pieces.push(totalMs / SLOW_STEPS, trickle(at))
  const say = () => scene.talk(pieces, { untilMs: totalMs + 500, quietMs: 100 }, true)
  const talks = Promise.all(Array.from({ length: SLOW_SOCKETS }, say))
  const healthy = await pulse(scene)
  const open = (await talks).filter(({ closedByPeer }) => !closedByPeer).length
  const evidence = [await scene.ask({ path: '/' })]
  if (healthy > 5000)
    return fail({
      where: '/',
      variant: 'stalled',
      says: `with ${SLOW_SOCKETS} slow connections a route takes ${Math.round(healthy)} ms`,
      evidence,
    })
  if (open === 0) return pass()
  const says = `${open} of ${SLOW_SOCKETS} slow connections are still open after ${Math.round(totalMs / 1000)} s`
  return fail({ where: '/', variant: 'open', says, evidence })
}

/** Whether the coding is undone at all: what only says that it is packed is then refused. */
async function unpacks(
  route: Awaited<ReturnType<typeof target>>,
  coding: string,
): Promise<boolean> {
  const reply = await sendRaw(route, 'not packed at all', {
    headers: { 'Content-Encoding': coding },
  })
  return !reply.ok
}

/** Requests that the service says are left; NaN when it does not. */
function left(reply: Reply): number {
  const field = reply.header('ratelimit')
  const told =
    /(?:^|;)\s*r=(\d+)/.exec(field ?? '')?.[1] ?? /remaining=(\d+)/.exec(field ?? '')?.[1]
  return Number.parseInt(
    told ?? reply.header('ratelimit-remaining') ?? reply.header('x-ratelimit-remaining') ?? '',
    10,
  )
}
