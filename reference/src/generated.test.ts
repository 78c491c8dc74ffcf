import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Generated, generator, type Identity } from './testing/generator.ts'
import { type Heard, Line } from './testing/line.ts'
import { running } from './testing/running.ts'

const REQUESTS = process.env['THOROUGH'] === '1' ? 1_000_000 : 4000
const LINES = 8
const PEOPLE = ['ann@example.com', 'bob@example.com']
/** So often those who were signed out on the way sign in again. */
const RENEWED_EVERY = 2000
/** Its answer is all that the others have left in the log: a thousand times that is another test. */
const WHOLE_LOG = '/admin/audit/export'

test(`${REQUESTS} generated requests meet no fault, no stack, no answer without its policy`, async t => {
  const at = await running('sqlite', { BULWARK_TRUSTED_PROXIES: '127.0.0.1/32' })
  const { bulwark } = at.app
  const port = Number(new URL(at.origin).port)
  for (const email of PEOPLE) await at.signedIn(email)
  const ids = await Promise.all(
    PEOPLE.map(async email => (await bulwark.stores.accounts.byEmail(email))?.id ?? ''),
  )
  let identities: readonly Identity[] = []
  const renew = async (): Promise<void> => {
    identities = await Promise.all(
      ids.map(async (id, index) => {
        const proof = {
          factors: [{ factor: 'pwd', at: Date.now() }],
          address: '127.0.0.1',
          device: 'test',
        }
        const role = index === 0 ? 'admin' : 'user'
        const started = await bulwark.sessions?.start({ id, role }, proof)
        const [cookie = ''] = started?.cookie.split(';') ?? []
        const answer = await fetch(`${at.origin}/csrf-token`, { headers: { cookie } })
        return { cookie, csrfToken: ((await answer.json()) as { csrfToken: string }).csrfToken }
      }),
    )
  }
  await renew()
  const { next, learn } = generator({
    seed: 1,
    host: `localhost:${port}`,
    routes: bulwark.facts().routes.routes.filter(({ pattern }) => pattern !== WHOLE_LOG),
    identities: () => identities,
  })
  const seen = new Map<number, number>()
  const wrong: string[] = []
  const lines = Array.from({ length: LINES }, () => new Line(port))
  let begun = 0
  const judge = (asked: Generated, { status, head, body }: Heard): void => {
    seen.set(status, (seen.get(status) ?? 0) + 1)
    // A fault is 500; 503 with a time to come back is a defence at work.
    const isDeliberate = status === 503 && /^retry-after: /im.test(head)
    const isFault = !(status >= 200) || (status >= 500 && !isDeliberate)
    const isBare = !/^x-content-type-options: nosniff/im.test(head)
    const isTalkative = /node_modules|\.ts:\d+|^(?:server|x-powered-by):/im.test(
      head + (status >= 400 ? body : ''),
    )
    if (isFault || isBare || isTalkative) {
      wrong.push(
        `${asked.bytes.toString('latin1').slice(0, 1500)}\n--> ${head}\n${body.slice(0, 500)}`,
      )
    }
    if (status === 400 || status === 422) {
      const wanted = [...body.matchAll(/"pointer":"#?\/(\w+)/g)].map(([, name = '']) => name)
      const missing = wanted.filter(name => !asked.names.includes(name) && name !== 'query')
      if (missing.length > 0) learn(asked.route, missing)
    }
  }
  await Promise.all(
    lines.map(async line => {
      while (begun < REQUESTS && wrong.length < 20) {
        begun++
        if (begun % RENEWED_EVERY === 0) await renew()
        const asked = next()
        judge(asked, await line.send(asked.bytes, asked))
      }
    }),
  )
  for (const line of lines) line.close()
  await at.stop()
  const counts = [...seen].sort(([one], [other]) => one - other)
  t.diagnostic(
    `answers by status: ${counts.map(([status, count]) => `${status}: ${count}`).join(', ')}`,
  )
  t.diagnostic(`connections: ${lines.reduce((sum, line) => sum + line.connections, 0)}`)
  assert.deepEqual(wrong, [])
})
