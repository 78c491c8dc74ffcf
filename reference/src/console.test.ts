import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import type { Browser, Page } from 'playwright-core'
import { browser, noChromium } from './testing/chromium.ts'
import { complaints, looksRight } from './testing/looks.ts'
import { PASSWORD, type Running, running } from './testing/running.ts'
import { STAMP, sourcesHash } from './web/console-build.ts'

const skip = noChromium
const EVENTS = process.env['THOROUGH'] === '1' ? 100_000 : 3000
const FIRST_VIEW_BYTES = 60_000

let at: Running
let chromium: Browser
let page: Page
let heard: readonly string[]

before(async () => {
  if (skip !== false) return
  // The clock stands still, so that who waits after failures goes on waiting.
  const now = Date.now()
  at = await running('memory', {}, () => now)
  const { audit, account } = at.app.bulwark
  const request = {
    id: 'x',
    method: 'POST',
    route: '/auth/login',
    address: '203.0.113.9',
    device: 'x',
  }
  const visit = { request, cookies: undefined }
  await account?.createAccount(
    { visit, actorId: undefined },
    { email: 'root@example.com', password: PASSWORD, role: 'admin', verified: true, name: 'Root' },
  )
  await at.signedIn('ann@example.com')
  await at.signedIn('guessed@example.com')
  for (let tries = 0; tries < 12; tries++) await guess('guessed@example.com')

  for (let count = 0; count < EVENTS; count++) {
    audit?.record({ code: 'csrf.refused', outcome: 'failure', reason: 'csrf.cross_site', request })
    if (count % 1000 !== 999) continue
    await audit?.flush()
    // A store in memory never lets anybody else in by itself.
    await setImmediate()
  }
  // So much at once makes the service turn people away for a moment.
  const turnedAway = async () => (await at.client().get('/login')).status !== 200
  while (await turnedAway().catch(() => true)) await audit?.flush()

  chromium = await browser()
  page = await (await chromium.newContext()).newPage()
  page.setDefaultTimeout(10_000)
  heard = complaints(page)
  await page.goto(`${at.origin}/login?next=/console`)
  await page.getByLabel('E-mail').fill('root@example.com')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('heading', { name: 'The last day' }).waitFor()
})
after(async () => {
  await chromium?.close()
  await at?.stop()
})

async function guess(email: string): Promise<void> {
  await at.client().post('/auth/login', { email, password: 'certainly not this' })
}

/** Whether the administrator's deed stands in the log. */
async function isLogged(code: string): Promise<boolean> {
  const { audit, stores } = at.app.bulwark
  const root = await stores.accounts.byEmail('root@example.com')
  const events = (await audit?.read({ limit: 5, code })) ?? []
  return events.some(({ actorId }) => actorId === root?.id)
}

async function open(name: string, heading = name): Promise<void> {
  await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name }).click()
  await page.getByRole('heading', { name: heading, level: 1 }).waitFor()
}

test('the built console is that of its sources', () => {
  const { sources } = JSON.parse(readFileSync(STAMP, 'utf8')) as { sources: string }
  assert.equal(sources, sourcesHash(), 'run `npx vite build reference/console` and commit')
})

test('the first view weighs less than 60 kB of script', () => {
  const folder = new URL('../assets/built/', import.meta.url)
  const bytes = gzipSync(readFileSync(new URL('console.js', folder))).length
  assert.ok(bytes < FIRST_VIEW_BYTES, `${bytes} bytes`)
})

test('a member is led away from the console, a stranger to the sign-in', { skip }, async () => {
  const ann = at.client()
  await ann.post('/auth/login', { email: 'ann@example.com', password: PASSWORD })
  assert.equal((await ann.get('/console')).headers.get('location'), '/account')
  const stranger = await at.client().get('/console')
  assert.equal(stranger.headers.get('location'), '/login?next=%2Fconsole')
})

test('the overview counts, draws and tells what happens while it happens', { skip }, async () => {
  await page.getByText('Live', { exact: true }).waitFor()
  await page.locator('.uplot canvas').waitFor()
  await page.getByRole('link', { name: 'csrf', exact: true }).waitFor()
  await guess('somebody@example.com')
  await page.locator('.feed').getByText('login.refused').first().waitFor()
  await page.getByRole('button', { name: '6 h' }).click()
  await looksRight(page, 'console-overview')
})

test('the log is scrolled to its end, searched, opened and pivoted', { skip }, async () => {
  await open('Audit log')
  const grid = page.getByRole('grid', { name: 'Events, newest first' })
  await grid.getByText('csrf.refused').first().waitFor()
  const rows = await page.locator('.space .line').count()
  assert.ok(rows > 10 && rows < 80, `${rows} rows stand in the document`)
  await grid.focus()
  await page.keyboard.press('End')
  await grid.getByText('account.created').last().waitFor()
  await page.keyboard.press('Enter')
  const detail = page.getByRole('complementary', { name: 'Event 1', exact: true })
  await detail.getByText('Sequence').waitFor()
  await page.keyboard.press('Home')

  await page.getByLabel('Event', { exact: true }).fill('session.started')
  await page.getByRole('button', { name: 'Find' }).click()
  await grid.getByText('session.started').first().waitFor()
  await page.locator('.space .line').first().click()
  await page.getByRole('link', { name: 'all of theirs' }).waitFor()
  await looksRight(page, 'console-audit')
  await page.getByRole('link', { name: 'all of theirs' }).click()
  await page.waitForURL(/#audit\?actor=/)
  await grid.getByText('login.succeeded').first().waitFor()

  await page.getByLabel('Text').fill('nothing is like this')
  await page.getByRole('button', { name: 'Find' }).click()
  await page.locator('.empty', { hasText: 'No event is like that' }).waitFor()
  await looksRight(page, 'console-audit-empty')
})

test('the chain is checked and the log exported', { skip }, async () => {
  await page.goto(`${at.origin}/console#audit?code=login.`)
  await page.getByRole('button', { name: 'Check the chain' }).click()
  await page.getByText(/^Chain whole/).waitFor()
  for (const [name, file] of [
    ['Export as CSV', 'audit.csv'],
    ['Export as JSON lines', 'audit.jsonl'],
  ] as const) {
    const coming = page.waitForEvent('download')
    await page.getByRole('link', { name }).click()
    assert.equal((await coming).suggestedFilename(), file)
  }
  assert.ok(await isLogged('audit.exported'))
})

test('somebody is found, signed out, disabled and enabled, each after a question', {
  skip,
}, async () => {
  await open('Users')
  await page.getByLabel('Address or name').fill('ann@')
  await page.getByRole('button', { name: 'Find' }).click()
  await page.getByRole('link', { name: 'ann@example.com' }).click()
  const detail = page.getByRole('complementary', { name: 'Account' })
  await detail.getByText('may sign in').waitFor()
  await looksRight(page, 'console-users')
  const perform = async (button: string, deed: string): Promise<void> => {
    await detail.getByRole('button', { name: button, exact: true }).click()
    const dialog = page.getByRole('dialog')
    await dialog.waitFor()
    // The word of the deed before may still stand there: it is this one's answer that counts.
    const answered = page.waitForResponse(answer => answer.request().method() !== 'GET')
    await dialog.getByRole('button', { name: deed, exact: true }).click()
    await answered
    await dialog.waitFor({ state: 'detached' })
    await detail.getByText('Done. It stands in the log.').waitFor()
  }
  await perform('Sign out everywhere', 'Sign out')
  await detail.getByText('Not signed in.').waitFor()
  await perform('Disable', 'Disable')
  await detail.getByText(/disabled since/).waitFor()
  await perform('Enable', 'Enable')
  await detail.getByText('may sign in').waitFor()
  await perform('Unlock', 'Unlock')
  for (const code of [
    'session.revoked_all',
    'account.disabled',
    'account.enabled',
    'lockout.unlocked',
  ]) {
    assert.ok(await isLogged(code), `${code} is not in the log`)
  }

  await page.getByLabel('Address or name').fill('root@')
  await page.getByRole('button', { name: 'Find' }).click()
  await page.getByRole('link', { name: 'root@example.com' }).click()
  await detail.getByRole('button', { name: 'Disable' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
  await detail.getByText('That is your own account').waitFor()
})

test('who waits after failures is released', { skip }, async () => {
  await open('Lockouts')
  await page.getByRole('link', { name: 'guessed@example.com' }).waitFor()
  await looksRight(page, 'console-lockouts')
  await page.getByRole('button', { name: 'Release guessed@example.com' }).click()
  await page.getByRole('link', { name: 'guessed@example.com' }).waitFor({ state: 'detached' })
  assert.ok(await isLogged('lockout.unlocked'))
})

test('an address and a name that nobody has are released as well', { skip }, async () => {
  for (let tries = 0; tries < 12; tries++) await guess('nobody-has-this@example.com')
  await page.getByRole('button', { name: 'Look again' }).click()
  const nobody = page.getByRole('button', { name: 'Release a name that nobody has' })
  await nobody.click()
  await nobody.waitFor({ state: 'detached' })
  const [event] = (await at.app.bulwark.audit?.read({ limit: 1, code: 'lockout.unlocked' })) ?? []
  assert.equal(event?.detail['kind'], 'name')
})

test('who asked too often is shown with the rate, and may ask again', { skip }, async () => {
  await open('Lockouts')
  const ann = at.client()
  await ann.post('/auth/login', { email: 'ann@example.com', password: PASSWORD })
  const ask = () => ann.post('/api/webhooks/test', { url: 'http://192.168.0.1/' })
  let status = 0
  for (let asked = 0; asked < 40 && status !== 429; asked++) ({ status } = await ask())
  assert.equal(status, 429)
  await page.getByRole('button', { name: 'Look again' }).click()
  const again = page.getByRole('button', { name: 'Let ask again ann@example.com' })
  await again.waitFor()
  await looksRight(page, 'console-throttles')
  await again.click()
  await again.waitFor({ state: 'detached' })
  assert.ok(await isLogged('throttle.released'))
  assert.notEqual((await ask()).status, 429)
})

test('what browsers complain about is grouped by cause', { skip }, async () => {
  await open('Policy reports')
  await page.getByText('No browser has complained').waitFor()
  const body = {
    'csp-report': {
      'document-uri': `${at.origin}/login`,
      'blocked-uri': 'https://evil.example/<b>.js',
      'effective-directive': 'script-src-elem',
    },
  }
  for (const _ of [1, 2]) {
    await fetch(`${at.origin}/reports/csp`, {
      method: 'POST',
      headers: { 'content-type': 'application/csp-report' },
      body: JSON.stringify(body),
    })
  }
  await page.getByRole('button', { name: 'Look again' }).click()
  await page.getByText('2 times').waitFor()
  await looksRight(page, 'console-reports')
})

test('the posture names what stands open and what to do about it', { skip }, async () => {
  await open('Posture')
  await page.getByText(/The doctor asked \d+ questions/).waitFor()
  assert.ok((await page.locator('.rows li').count()) > 0)
  await looksRight(page, 'console-posture')
  await page.getByLabel('Held to').selectOption('development')
  await page.waitForURL(/tier=development/)
})

test('the list is gone through by keyboard alone, and every look is in the log', {
  skip,
}, async () => {
  await page.goto(`${at.origin}/console#overview`)
  await page.getByRole('heading', { name: 'The last day' }).waitFor()
  const tab = page
    .getByRole('navigation', { name: 'Console' })
    .getByRole('link', { name: 'Audit log' })
  await tab.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Audit log', level: 1 }).waitFor()
  await page.locator('.space .line').nth(3).waitFor()
  // From the beginning of the view: the filter's fields, its buttons, the chain, the list.
  const names: string[] = []
  for (let pressed = 0; pressed < 40; pressed++) {
    await page.keyboard.press('Tab')
    const name = (await page.evaluate(
      `document.activeElement.getAttribute('aria-label') ?? document.activeElement.name ?? ''`,
    )) as string
    if (name !== '') names.push(name)
    if (name === 'Events, newest first') break
  }
  assert.deepEqual(
    [...new Set(names)],
    ['words', 'code', 'actor', 'target', 'since', 'until', 'Events, newest first'],
  )
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('complementary').getByText('Sequence').waitFor()
  assert.ok(await isLogged('admin.viewed'))
})

test('a line that is lost is said, what is shown stays, and all is read again when it is back', {
  skip,
}, async () => {
  await page.goto(`${at.origin}/console#lockouts`)
  await page.getByText('Live', { exact: true }).waitFor()
  await page.getByText('Nobody was turned away').or(page.locator('.rows').last()).first().waitFor()
  await page.context().setOffline(true)
  await page.getByText('The line to the service is lost.').waitFor()
  await page.getByText('Not connected').waitFor()
  await page.getByRole('button', { name: 'Look again' }).click()
  await page.getByText('The service cannot be reached.').first().waitFor()
  await looksRight(page, 'console-offline')
  await page.context().setOffline(false)
  await page.getByText('Live', { exact: true }).waitFor()
  await page.getByText('The service cannot be reached.').first().waitFor({ state: 'detached' })
})

for (const [view, path] of [
  ['overview', '/admin/overview'],
  ['audit', '/admin/audit/head'],
  ['users', '/admin/users'],
  ['lockouts', '/admin/lockouts'],
  ['reports', '/admin/csp-reports'],
  ['posture', '/admin/posture'],
] as const) {
  test(`the view ${view} shows that it reads, that it could not, and tries again`, {
    skip,
  }, async () => {
    const fresh = await page.context().newPage()
    fresh.setDefaultTimeout(10_000)
    const held = Promise.withResolvers<void>()
    let failing = true
    await fresh.route(`**${path}*`, async route => {
      await held.promise
      return failing
        ? route.fulfill({ status: 503, json: { code: 'limits.busy' } })
        : route.continue()
    })
    await fresh.goto(`${at.origin}/console#${view}`)
    await fresh.locator('.loading').first().waitFor()
    await looksRight(fresh, `console-${view}-loading`)
    held.resolve()
    await fresh.getByText('The service has its hands full.').waitFor()
    await looksRight(fresh, `console-${view}-error`)
    failing = false
    await fresh.getByRole('button', { name: 'Try again' }).first().click()
    await fresh.getByText('The service has its hands full.').waitFor({ state: 'detached' })
    await fresh.locator('.loading').waitFor({ state: 'detached' })
    await fresh.close()
  })
}

test('the first view on a processor four times slower is counted and printed', {
  skip,
}, async context => {
  const storageState = await page.context().storageState()
  const views: { readonly paint: number; readonly figures: number }[] = []
  for (let look = 0; look < 3; look++) {
    const fresh = await (await chromium.newContext({ storageState })).newPage()
    const devtools = await fresh.context().newCDPSession(fresh)
    await devtools.send('Emulation.setCPUThrottlingRate', { rate: 4 })
    await fresh.goto(`${at.origin}/console`, { waitUntil: 'commit' })
    await fresh.locator('.figure strong').first().waitFor()
    views.push(
      (await fresh.evaluate(
        `new Promise(tell => requestAnimationFrame(() => setTimeout(() => tell({
          figures: performance.now(),
          paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0,
        }))))`,
      )) as (typeof views)[number],
    )
    await fresh.context().close()
  }
  // Other tests run beside this one, so the figure is printed and not judged.
  for (const { paint, figures } of views) {
    context.diagnostic(`first paint ${Math.round(paint)} ms, figures by ${Math.round(figures)} ms`)
    assert.ok(paint > 0 && figures >= paint)
  }
})

test('without script the console says where the same is to be had', { skip }, async () => {
  const context = await chromium.newContext({ javaScriptEnabled: false })
  const plain = await context.newPage()
  await plain.goto(`${at.origin}/login?next=/console`)
  await plain.getByLabel('E-mail').fill('root@example.com')
  await plain.getByLabel('Password').fill(PASSWORD)
  await plain.getByRole('button', { name: 'Sign in', exact: true }).click()
  await plain.locator('noscript p').waitFor()
  await context.close()
})

test('all of it ran under a policy without inline script and without trusted types', {
  skip,
}, async () => {
  const response = await page.request.get(`${at.origin}/console`)
  const policy = response.headers()['content-security-policy'] ?? ''
  assert.match(policy, /trusted-types 'none'/)
  assert.doesNotMatch(policy, /unsafe-/)
  assert.deepEqual(heard, [])
})
