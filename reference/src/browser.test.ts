import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { browser, noChromium } from './testing/chromium.ts'
import { PASSWORD, type Running, running } from './testing/running.ts'

const skip = noChromium
let at: Running
let chromium: Browser

before(async () => {
  if (skip !== false) return
  at = await running('sqlite')
  chromium = await browser()
})
after(async () => {
  await chromium?.close()
  await at?.stop()
})

/** A person with a browser of their own. Complaints of the content security policy are failures. */
async function person(options: { readonly script?: boolean } = {}): Promise<Page> {
  const context = await chromium.newContext({ javaScriptEnabled: options.script !== false })
  const page = await context.newPage()
  page.on('console', message => {
    assert.ok(!/Content.Security.Policy|Trusted/i.test(message.text()), message.text())
  })
  return page
}

async function register(page: Page, email: string): Promise<void> {
  await page.goto(`${at.origin}/register`)
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Register' }).click()
  await page.getByRole('heading', { name: 'Look at your mail' }).waitFor()
}

async function signIn(page: Page, email: string): Promise<void> {
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Your orders' }).waitFor()
}

async function order(page: Page, item: string): Promise<void> {
  await page.getByLabel('What would you like?').fill(item)
  await page.getByRole('button', { name: 'Order' }).click()
  await page.getByText('Ordered.').waitFor()
}

test('a person follows the mail, signs in, orders, and signs out', { skip }, async () => {
  const page = await person()
  await register(page, 'ann@example.com')
  await page.goto(`${at.origin}/verify-email#token=${await at.mailedToken('ann@example.com')}`)
  await page.getByRole('button', { name: 'Confirm' }).click()
  await page.getByText('Your address is confirmed').waitFor()
  await signIn(page, 'ann@example.com')
  await order(page, 'a lighthouse')
  await page.getByRole('cell', { name: 'a lighthouse', exact: true }).waitFor()
  await page.getByRole('link', { name: 'Account' }).click()
  await page.getByRole('heading', { name: 'Where you are signed in' }).waitFor()
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.goto(`${at.origin}/orders`)
  assert.match(page.url(), /\/login\?next=%2Forders$/)
})

test('the same without script, the code pasted by hand', { skip }, async () => {
  const page = await person({ script: false })
  await register(page, 'bob@example.com')
  await page.goto(`${at.origin}/verify-email`)
  await page.getByLabel('Code from the mail').fill(await at.mailedToken('bob@example.com'))
  await page.getByRole('button', { name: 'Confirm' }).click()
  await signIn(page, 'bob@example.com')
  await order(page, 'a candle')
})

test('a second person meets 404 on the first one’s order', { skip }, async () => {
  const first = await at.signedIn('first@example.com')
  const { id } = (await first.post('/api/orders', { item: 'mine', quantity: 1 })).json
  await at.signedIn('second@example.com')
  const page = await person()
  await page.goto(`${at.origin}/login`)
  await signIn(page, 'second@example.com')
  const response = await page.goto(`${at.origin}/api/orders/${id}`)
  assert.equal(response?.status(), 404)
})

test('a form on another site changes nothing', { skip }, async () => {
  await at.signedIn('victim@example.com')
  const page = await person()
  await page.goto(`${at.origin}/login`)
  await signIn(page, 'victim@example.com')
  const evil = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(
      `<form method="post" action="${at.origin}/orders"><input name="item" value="forged"><input name="quantity" value="1"></form><script>document.forms[0].submit()</script>`,
    )
  })
  await new Promise<void>(listening => evil.listen(0, '127.0.0.1', listening))
  const { port } = evil.address() as { port: number }
  // 127.0.0.1 is another site than localhost, so this is what a stranger's page does.
  const answer = page.waitForResponse(response => response.url() === `${at.origin}/orders`)
  await page.goto(`http://127.0.0.1:${port}/`, { waitUntil: 'commit' })
  assert.equal((await answer).status(), 403)
  await page.waitForURL(`${at.origin}/orders`)
  await page.waitForLoadState()
  evil.close()
  await page.goto(`${at.origin}/orders`)
  await page.getByText('Nothing yet.').waitFor()
  const [refusal] = (await at.app.bulwark.audit?.read({ limit: 1, code: 'csrf.refused' })) ?? []
  assert.equal(refusal?.reason, 'csrf.cross_site')
})
