import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, before, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { browser, noChromium } from './testing/chromium.ts'
import { complaints, looksRight } from './testing/looks.ts'
import { PASSWORD, type Running, running } from './testing/running.ts'

const skip = noChromium
/** The clock stands still, so that no code is too old on a slow machine. */
const now = Date.now()
let at: Running
let chromium: Browser

before(async () => {
  if (skip !== false) return
  at = await running('memory', { BULWARK_OUTBOUND_ALLOW: '127.0.0.0/8' }, () => now)
  chromium = await browser()
})
after(async () => {
  await chromium?.close()
  await at?.stop()
})

/** One stranger and one member look at all pages; signing in anew each time would show nothing more. */
let stranger: Reader | undefined
let regular: Reader | undefined

interface Reader {
  readonly page: Page
  readonly heard: readonly string[]
  /** Goes there and answers the status. */
  visit(path: string): Promise<number>
  press(name: string | RegExp): Promise<void>
}

async function reader(options: { readonly script?: boolean } = {}): Promise<Reader> {
  const context = await chromium.newContext({ javaScriptEnabled: options.script !== false })
  const page = await context.newPage()
  page.setDefaultTimeout(10_000)
  return {
    page,
    heard: complaints(page),
    visit: async path => (await page.goto(at.origin + path))?.status() ?? 0,
    press: name => page.getByRole('button', { name }).first().click(),
  }
}

/** Signed in by the form, as a person would. */
async function member(email: string, options: { readonly script?: boolean } = {}): Promise<Reader> {
  await at.signedIn(email)
  const who = await reader(options)
  await signIn(who, email)
  await who.page.getByRole('heading', { name: 'Your orders' }).waitFor()
  return who
}

async function signIn({ page, visit }: Reader, email: string, password = PASSWORD): Promise<void> {
  await visit('/login')
  await page.getByLabel('E-mail').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

/** An authenticator app of the test's own. */
function appCode(secret: string, when: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...secret].map(one => alphabet.indexOf(one).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from((bits.match(/.{8}/g) ?? []).map(byte => Number.parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(when / 30_000)))
  const digest = createHmac('sha1', key).update(counter).digest()
  const offset = (digest.at(-1) ?? 0) & 15
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

for (const path of [
  '/',
  '/login',
  '/login/factor',
  '/register',
  '/forgot-password',
  '/reset-password',
  '/verify-email',
  '/confirm-email',
  '/undo-email',
  '/keep-account',
  '/unlock',
  '/resend-verification',
  '/setup',
]) {
  test(`a stranger at ${path} sees it whole at every width, in both schemes`, {
    skip,
  }, async () => {
    stranger ??= await reader()
    const { page, heard, visit } = stranger
    assert.equal(await visit(path), 200)
    await looksRight(page, `stranger${path.replaceAll('/', '-')}`)
    assert.deepEqual(heard, [])
  })
}

for (const path of [
  '/orders',
  '/files',
  '/webhooks',
  '/account',
  '/account/password',
  '/account/email',
  '/account/two-step',
  '/account/delete',
  '/step-up',
]) {
  test(`a member at ${path} sees it whole at every width, in both schemes`, { skip }, async () => {
    regular ??= await member('a-rather-long-address-of-somebody@mail.example.com')
    const { page, heard, visit } = regular
    assert.equal(await visit(path), 200)
    await looksRight(page, `member${path.replaceAll('/', '-')}`)
    assert.deepEqual(heard, [])
  })
}

for (const script of [true, false]) {
  const how = script ? 'with script' : 'without script'

  test(`a person sets up the second step and signs in with it, ${how}`, { skip }, async () => {
    const email = `two-step-${script}@example.com`
    const who = await member(email, { script })
    const { page, press, visit } = who
    await visit('/account/two-step')
    await press('Show the code to scan')
    const secret = ((await page.locator('code.secret').textContent()) ?? '').replaceAll(' ', '')
    if (script) await looksRight(page, 'member-two-step-scan')
    await page.getByLabel('Code that the app shows').fill('000000')
    await press('Switch it on')
    await page.getByText('That code is not right').waitFor()
    await page.getByLabel('Code that the app shows').fill(appCode(secret, now - 30_000))
    await press('Switch it on')
    await page.getByRole('heading', { name: 'Your backup codes' }).waitFor()
    assert.equal(await page.locator('.codes li').count(), 10)
    const backup = (await page.locator('.codes code').first().textContent()) ?? ''
    if (script) await looksRight(page, 'member-backup-codes')
    await visit('/account')
    await page.getByText('10 backup codes are left').waitFor()
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()

    await signIn(who, email)
    await page.getByRole('heading', { name: 'One more step' }).waitFor()
    await page.getByLabel('Code', { exact: false }).first().fill(appCode(secret, now))
    await press('Go on')
    await page.getByRole('heading', { name: 'Your orders' }).waitFor()
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()

    await signIn(who, email)
    await page.getByText('Use a backup code instead').click()
    await page.getByLabel('Backup code').fill(backup)
    await page.getByRole('button', { name: 'Go on' }).last().click()
    await page.getByRole('heading', { name: 'Your orders' }).waitFor()
    assert.deepEqual(who.heard, [])
    await page.context().close()
  })

  test(`a forgotten password is set anew by the mail's link, ${how}`, { skip }, async () => {
    const email = `forgot-${script}@example.com`
    await at.signedIn(email)
    const who = await reader({ script })
    const { page, press, visit } = who
    await visit('/forgot-password')
    await page.getByLabel('E-mail').fill(email)
    await press('Send the link')
    await page.getByRole('heading', { name: 'Look at your mail' }).waitFor()
    const link = await resetLink(email)
    await visit(script ? link.slice(at.origin.length) : '/reset-password')
    if (!script) await page.getByLabel('Code from the mail').fill(link)
    await page.getByLabel('New password').fill('short')
    await page.evaluate(`document.querySelector('[name=password]').removeAttribute('minlength')`)
    await press('Set the password')
    await page.getByText('The password is too short').waitFor()
    await page.getByLabel('Code from the mail').fill(link)
    await page.getByLabel('New password').fill('another few unlikely words')
    await press('Set the password')
    await page.getByText('Your new password is set').waitFor()
    await signIn(who, email, 'another few unlikely words')
    await page.getByRole('heading', { name: 'Your orders' }).waitFor()
    assert.deepEqual(who.heard, [])
    await page.context().close()
  })

  test(`a file is kept, lies about itself, and is removed, ${how}`, { skip }, async () => {
    const { page, press, visit, heard } = await member(`files-${script}@example.com`, { script })
    await visit('/files')
    const choose = (name: string, mimeType: string, text: string) =>
      page.getByLabel('Choose a file').setInputFiles({ name, mimeType, buffer: Buffer.from(text) })
    await choose('notes.txt', 'text/plain', 'milk, bread')
    await press('Keep it')
    await page.getByText('Your file is kept.').waitFor()
    await page.getByRole('link', { name: 'notes.txt' }).waitFor()
    if (script) await looksRight(page, 'member-files-full')
    await choose('picture.png', 'image/png', '<script>alert(1)</script>')
    await press('Keep it')
    await page.getByRole('alert').waitFor()
    await press('Remove notes.txt')
    await page.getByText('Nothing yet.').waitFor()
    assert.deepEqual(heard, [])
    await page.context().close()
  })

  test(`a webhook shows its secret once, and is removed, ${how}`, { skip }, async () => {
    const { page, press, visit, heard } = await member(`hooks-${script}@example.com`, { script })
    await visit('/webhooks')
    await page.getByLabel('Address').fill('http://192.168.0.1/hook')
    await press('Only try it')
    await page.getByText('No message can be sent to that address').waitFor()
    await page.getByLabel('Address').fill('https://hooks.example.com/a/long/path/that/does/not/end')
    await press('Add it')
    await page.getByText('shown only now').waitFor()
    if (script) await looksRight(page, 'member-webhooks-full')
    await visit('/webhooks')
    assert.equal(await page.getByText('shown only now').count(), 0)
    await page.getByRole('link', { name: /hooks\.example\.com/ }).click()
    await page.getByText('Nothing was sent yet.').waitFor()
    if (script) await looksRight(page, 'member-deliveries')
    await press(/^Remove/)
    await page.getByText('Nobody yet.').waitFor()
    assert.deepEqual(heard, [])
    await page.context().close()
  })
}

test('a person with two devices sees both by name, and ends the other', { skip }, async () => {
  const { page, press, visit } = await member('devices@example.com')
  await visit('/account')
  await page.getByText('This one').waitFor()
  await page
    .getByText(/^Chrome on Linux$/)
    .first()
    .waitFor()
  await press('Sign out all others')
  await page.getByText('Every other device is signed out.').waitFor()
  assert.equal(await page.getByRole('button', { name: 'Sign out all others' }).count(), 0)
  await page.context().close()
})

test('a passkey is added, signs in, and is removed', { skip }, async () => {
  const who = await member('keys@example.com')
  const { page, press, visit, heard } = who
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('WebAuthn.enable')
  await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await visit('/account')
  await page.getByLabel('Name of this device').fill('Ann’s laptop')
  await press('Add a passkey')
  await page.getByText('The passkey is ready').waitFor()
  await page.locator('strong', { hasText: 'Ann’s laptop' }).waitFor()
  await looksRight(page, 'member-account-full')
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await visit('/login')
  await page
    .getByRole('heading', { name: 'Your orders' })
    .or(page.getByRole('button', { name: 'Use a passkey' }))
    .waitFor()
  // The virtual authenticator answers the offer under the address field by itself.
  if (page.url().endsWith('/login')) await press('Use a passkey').catch(() => undefined)
  await page.getByRole('heading', { name: 'Your orders' }).waitFor()
  await visit('/account')
  await press('Remove Ann’s laptop')
  await page.getByText('The passkey is gone').waitFor()
  assert.deepEqual(heard, [])
  await page.context().close()
})

test('what strangers put into the address of a page is never shown', { skip }, async () => {
  const { page, visit } = await reader()
  await visit('/login?problem=call-me-at-evil.example&told=constructor')
  assert.equal((await page.content()).includes('evil.example'), false)
  await page.getByText('That did not work. Try again.').waitFor()
  await page.context().close()
})

async function resetLink(email: string): Promise<string> {
  for (let turn = 0; turn < 200; turn++) {
    const mails = (await at.client().get('/dev/outbox')).json as { to: string; text: string }[]
    const mail = mails.findLast(({ to, text }) => to === email && text.includes('/reset-password#'))
    const link = mail && /https?:\S+\/reset-password#token=[\w-]+/.exec(mail.text)?.[0]
    if (link !== undefined) return link
  }
  throw new Error(`no link for ${email}`)
}
