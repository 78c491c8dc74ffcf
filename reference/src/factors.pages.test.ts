import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { browser, noChromium } from './testing/chromium.ts'
import { appCode } from './testing/factor.ts'
import { PASSWORD, type Running, running } from './testing/running.ts'

// The pages of second factors, as somebody without script meets them.
const skip = noChromium
let now = Date.now()
let at: Running
let chromium: Browser

before(async () => {
  if (skip !== false) return
  at = await running('memory', {}, () => now)
  chromium = await browser()
})
after(async () => {
  await chromium?.close()
  await at?.stop()
})

async function page(): Promise<Page> {
  const context = await chromium.newContext({ javaScriptEnabled: false })
  const made = await context.newPage()
  made.setDefaultTimeout(15_000)
  return made
}

async function signIn(reader: Page, email: string): Promise<void> {
  await reader.goto(`${at.origin}/login`)
  await reader.getByLabel('E-mail').fill(email)
  await reader.getByLabel('Password').fill(PASSWORD)
  await reader.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** Registers and sets an app up; answers its secret. */
async function withApp(email: string): Promise<string> {
  const person = await at.signedIn(email)
  const { secret } = (await person.post('/auth/mfa/setup')).json
  const set = await person.post('/auth/mfa/verify-setup', { code: appCode(secret, now) })
  assert.equal(set.status, 200, set.text)
  now += 30_000
  return secret
}

async function lastLink(email: string, path: string): Promise<string> {
  for (let turn = 0; turn < 200; turn++) {
    const mails = (await at.client().get('/dev/outbox')).json as { to: string; text: string }[]
    const mail = mails.findLast(({ to, text }) => to === email && text.includes(`${path}#token=`))
    const token = mail && new RegExp(`${path}#token=([\\w-]+)`).exec(mail.text)?.[1]
    if (token !== undefined) return token
  }
  throw new Error(`no link to ${path} for ${email}`)
}

test('who lost everything asks, waits, follows the mail and begins anew, without script', {
  skip,
}, async () => {
  await withApp('ann@example.com')
  const reader = await page()
  await signIn(reader, 'ann@example.com')
  await reader.getByRole('heading', { name: 'One more step' }).waitFor()
  await reader.getByText('Everything is lost').click()
  await reader.getByRole('button', { name: 'Begin anew' }).click()
  await reader.getByRole('heading', { name: 'Now wait' }).waitFor()
  now += 72 * 3_600_000
  await at.app.bulwark.factors?.recovery.sweep()
  await reader.goto(`${at.origin}/recover`)
  await reader.getByLabel('Code from the mail').fill(await lastLink('ann@example.com', '/recover'))
  await reader.getByRole('button', { name: 'Take them away' }).click()
  await reader.getByText('The second step is gone').waitFor()
  await signIn(reader, 'ann@example.com')
  await reader.getByRole('heading', { name: 'Your orders' }).waitFor()
})

test('its owner sees a recovery on the account page and stops it there', { skip }, async () => {
  const secret = await withApp('bob@example.com')
  const owner = await page()
  await signIn(owner, 'bob@example.com')
  await owner.getByLabel('Code', { exact: false }).first().fill(appCode(secret, now))
  await owner.getByRole('button', { name: 'Go on' }).first().click()
  await owner.getByRole('heading', { name: 'Your orders' }).waitFor()
  const thief = await page()
  await signIn(thief, 'bob@example.com')
  await thief.getByText('Everything is lost').click()
  await thief.getByRole('button', { name: 'Begin anew' }).click()
  await thief.getByRole('heading', { name: 'Now wait' }).waitFor()
  await owner.goto(`${at.origin}/account`)
  await owner.getByRole('alert').getByText('asked to take your second step away').waitFor()
  await owner.getByRole('button', { name: 'Stop it' }).click()
  await owner.getByText('Nothing is taken away').waitFor()
})

test('an administrator is told for two weeks, and then led to the setup and nowhere else', {
  skip,
}, async () => {
  const person = await at.signedIn('root@example.com')
  const { user } = (await person.get('/auth/me')).json
  const request = { id: 'r', method: 'POST', route: '/', address: '127.0.0.1', device: 'x' }
  const by = { visit: { request, cookies: undefined }, actorId: undefined }
  assert.ok((await at.app.bulwark.account?.setRole(by, user.id, 'admin'))?.ok)
  const reader = await page()
  await signIn(reader, 'root@example.com')
  await reader.goto(`${at.origin}/account`)
  await reader.getByText('Your role needs a second step by').waitFor()
  now += 14 * 86_400_000
  await signIn(reader, 'root@example.com')
  for (const path of ['/orders', '/account', '/files', '/login']) {
    await reader.goto(at.origin + path)
    await reader.getByText('the time to set it up is over').waitFor()
  }
  await reader.getByRole('button', { name: 'Show the code to scan' }).click()
  const secret = (await reader.locator('code.secret').innerText()).replaceAll(' ', '')
  await reader.getByLabel('Code that the app shows').fill(appCode(secret, now))
  await reader.getByRole('button', { name: 'Switch it on' }).click()
  await reader.getByRole('heading', { name: 'Your backup codes' }).waitFor()
  await reader.goto(`${at.origin}/orders`)
  await reader.getByRole('heading', { name: 'Your orders' }).waitFor()
})
