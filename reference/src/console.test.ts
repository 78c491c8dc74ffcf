import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
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
    if (count % 1000 === 999) await audit?.flush()
  }
  // So much at once makes the service turn people away for a moment.
  while ((await at.client().get('/login')).status !== 200) await audit?.flush()

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
  await page.locator('p.empty', { hasText: 'No event is like that.' }).waitFor()
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
    await dialog.getByRole('button', { name: deed, exact: true }).click()
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
})

test('what browsers complain about is grouped by cause', { skip }, async () => {
  await open('Policy reports')
  await page.getByText('No browser has complained.').waitFor()
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
