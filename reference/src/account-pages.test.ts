import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { noChromium } from './testing/chromium.ts'
import { appCode } from './testing/factor.ts'
import { looksRight } from './testing/looks.ts'
import { mailedLink, type Readers, readers } from './testing/reader.ts'
import { PASSWORD } from './testing/running.ts'

const skip = noChromium
/** The clock stands still, so that no code is too old on a slow machine. */
const now = Date.now()
let of: Readers

before(async () => {
  if (skip === false) of = await readers({ BULWARK_OUTBOUND_ALLOW: '127.0.0.0/8' }, () => now)
})
after(() => of?.stop())

for (const script of [true, false]) {
  const how = script ? 'with script' : 'without script'

  test(`a person sets up the second step and signs in with it, ${how}`, { skip }, async () => {
    const email = `two-step-${script}@example.com`
    const who = await of.member(email, { script })
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

    await of.signIn(who, email)
    await page.getByRole('heading', { name: 'One more step' }).waitFor()
    await page.getByLabel('Code', { exact: false }).first().fill(appCode(secret, now))
    await press('Go on')
    await page.getByRole('heading', { name: 'Your orders' }).waitFor()
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()

    await of.signIn(who, email)
    await page.getByText('Use a backup code instead').click()
    await page.getByLabel('Backup code').fill(backup)
    await page.getByRole('button', { name: 'Go on' }).last().click()
    await page.getByRole('heading', { name: 'Your orders' }).waitFor()
    assert.deepEqual(who.heard, [])
    await page.context().close()
  })

  test(`a forgotten password is set anew by the mail's link, ${how}`, { skip }, async () => {
    const email = `forgot-${script}@example.com`
    await of.at.signedIn(email)
    const who = await of.reader({ script })
    const { page, press, visit } = who
    await visit('/forgot-password')
    await page.getByLabel('E-mail').fill(email)
    await press('Send the link')
    await page.getByRole('heading', { name: 'Look at your mail' }).waitFor()
    const link = await mailedLink(of.at, email, '/reset-password')
    await visit(script ? link.slice(of.at.origin.length) : '/reset-password')
    if (!script) await page.getByLabel('Code from the mail').fill(link)
    await page.getByLabel('New password').fill('short')
    await page.evaluate(`document.querySelector('[name=password]').removeAttribute('minlength')`)
    await press('Set the password')
    await page.getByText('The password is too short').waitFor()
    await page.getByLabel('Code from the mail').fill(link)
    await page.getByLabel('New password').fill('another few unlikely words')
    await press('Set the password')
    await page.getByText('Your new password is set').waitFor()
    await of.signIn(who, email, 'another few unlikely words')
    await page.getByRole('heading', { name: 'Your orders' }).waitFor()
    assert.deepEqual(who.heard, [])
    await page.context().close()
  })

  test(`a file is kept, lies about itself, and is removed, ${how}`, { skip }, async () => {
    const { page, press, visit, heard } = await of.member(`files-${script}@example.com`, { script })
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
    const { page, press, visit, heard } = await of.member(`hooks-${script}@example.com`, { script })
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
  const { page, press, visit } = await of.member('devices@example.com')
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
  const who = await of.member('keys@example.com')
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
  // The virtual authenticator answers the offer under the address field by itself.
  await page.getByRole('heading', { name: 'Your orders' }).waitFor()
  await visit('/account')
  await press('Remove Ann’s laptop')
  await page.getByText('The passkey is gone').waitFor()
  assert.deepEqual(heard, [])
  await page.context().close()
})

test('a person changes their name, and is told when it cannot be one', { skip }, async () => {
  const { page, press, visit } = await of.member('name@example.com', { script: false })
  await visit('/account')
  await page.getByRole('link', { name: 'Change name' }).click()
  await page.getByLabel('Name').fill('Ann <b>Ohm</b>')
  await press('Change it')
  await page.getByText('From now on you go by that name.').waitFor()
  await page.getByRole('heading', { name: 'Ann <b>Ohm</b>', level: 1 }).waitFor()
  await visit('/account/name')
  await page.getByLabel('Name').fill('Ann\u202eOhm')
  await press('Change it')
  await page.getByText('characters that no name has').waitFor()
  await page.context().close()
})

for (const script of [true, false]) {
  const how = script ? 'with script' : 'without script'

  test(`the links of mails lead where they say, once each, ${how}`, { skip }, async () => {
    const who = await of.reader({ script })
    const { page, press, visit } = who
    const first = `links-${script}@example.com`
    const second = `links-${script}-new@example.com`
    /** Follows a mail's link as people do: by its fragment, or by pasting it whole. */
    const follow = async (email: string, path: string, button: string): Promise<string> => {
      const link = await mailedLink(of.at, email, path)
      await visit(script ? link.slice(of.at.origin.length) : path)
      if (!script) await page.getByLabel('Code from the mail').fill(link)
      await press(button)
      return link
    }

    await visit('/register')
    await page.getByLabel('E-mail').fill(first)
    await page.getByLabel('Password').fill(PASSWORD)
    await press('Register')
    await page.getByRole('heading', { name: 'Look at your mail' }).waitFor()
    await visit('/resend-verification')
    await page.getByLabel('E-mail').fill(first)
    await press('Send it again')
    await page.getByText('a new mail is on its way').waitFor()
    const link = await follow(first, '/verify-email', 'Confirm')
    await page.getByText('Your address is confirmed').waitFor()
    await visit('/verify-email')
    await page.getByLabel('Code from the mail').fill(link)
    await press('Confirm')
    await page.getByText('This link has been used').waitFor()

    await of.signIn(who, first)
    await page.getByRole('heading', { name: 'Your orders' }).waitFor()
    await visit('/account/email')
    await page.getByLabel('New e-mail').fill(second)
    await press('Send the link')
    await page.getByText('Look at the mail of the new address').waitFor()
    await follow(second, '/confirm-email', 'Use this address')
    await page.getByText('The new address is yours').waitFor()
    await follow(first, '/undo-email', 'Undo the change')
    await page.getByText('Your old address is back').waitFor()

    await of.signIn(who, first)
    await page.getByRole('heading', { name: 'Your orders' }).waitFor()
    await visit('/account/delete')
    await press('Delete my account')
    await page.getByText('Your account will be deleted').waitFor()
    await follow(first, '/keep-account', 'Keep it')
    await page.getByText('Your account stays').waitFor()
    await of.signIn(who, first)
    await page.getByRole('heading', { name: 'Your orders' }).waitFor()
    assert.deepEqual(who.heard, [])
    await page.context().close()
  })
}

test('whose account others guessed at follows the mail and need not wait', { skip }, async () => {
  const email = 'guessed-at@example.com'
  await of.at.signedIn(email)
  for (let tries = 0; tries < 12; tries++) {
    await of.at.client().post('/auth/login', { email, password: 'certainly not this' })
  }
  const { page, press, visit } = await of.reader({ script: false })
  await visit('/unlock')
  await page.getByLabel('Code from the mail').fill(await mailedLink(of.at, email, '/unlock'))
  await press('Let me try again')
  await page.getByText('You can try again now.').waitFor()
  await page.context().close()
})

test('whose file is far too large meets a page that says so and leads back, without script', {
  skip,
}, async () => {
  const { page, press, visit } = await of.member('large@example.com', { script: false })
  await visit('/files')
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-large-'))
  const file = join(folder, 'large.txt')
  writeFileSync(file, Buffer.alloc(22 * 1024 * 1024, 'a'))
  await page.getByLabel('Choose a file').setInputFiles(file)
  await press('Keep it')
  await page.getByRole('heading', { name: 'That is too large' }).waitFor()
  await page.getByText('A file may have 20 MB').waitFor()
  await page.getByRole('link', { name: 'Back to your files' }).click()
  await page.getByText('Nothing yet.').waitFor()
  rmSync(folder, { recursive: true })
  await page.context().close()
})
