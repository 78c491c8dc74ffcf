import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { noChromium } from './testing/chromium.ts'
import { type IdentityProvider, identityProvider } from './testing/identity-provider.ts'
import { looksRight } from './testing/looks.ts'
import { type Reader, type Readers, readers } from './testing/reader.ts'
import { pkce } from './testing/relying.ts'
import { freePort } from './testing/running.ts'

const skip = noChromium
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const KEY = { ...privateKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig' }

let of: Readers
let provider: IdentityProvider
/** The client: another site, since 127.0.0.1 is another host than localhost. */
let client: Server
let callback: string
const folder = mkdtempSync(join(tmpdir(), 'bulwark-consent-'))

before(async () => {
  if (skip !== false) return
  const port = await freePort()
  provider = await identityProvider(`http://localhost:${port}/auth/social/idp/callback`, KEY)
  const file = join(folder, 'social.json')
  const known = { id: 'idp', name: 'Example ID', issuer: provider.issuer }
  const credentials = { clientId: 'bulwark', clientSecret: 'a secret between us two' }
  writeFileSync(file, JSON.stringify([{ ...known, ...credentials }]))
  of = await readers({ PORT: String(port), BULWARK_SOCIAL: file })
  client = createServer((request, response) => {
    response.setHeader('content-type', 'text/html')
    response.end(`<h1>The client</h1><p>${request.url?.includes('code=') ? 'code' : 'no code'}</p>`)
  })
  const clientPort = await freePort()
  await new Promise<void>(listening => client.listen(clientPort, '127.0.0.1', listening))
  callback = `http://127.0.0.1:${clientPort}/callback`
  const { oauth } = of.at.app.bulwark
  await oauth?.clients.add({
    clientId: 'shop',
    name: 'Example Shop',
    redirectUris: [callback],
    scopes: ['orders:read', 'orders:write'],
  })
})
after(async () => {
  await of?.stop()
  await provider?.stop()
  client?.close()
  rmSync(folder, { recursive: true, force: true })
})

function authorizePath(scope = 'orders:read'): string {
  const query = new URLSearchParams({
    client_id: 'shop',
    redirect_uri: callback,
    response_type: 'code',
    code_challenge: pkce().challenge,
    code_challenge_method: 'S256',
    scope,
    state: 'st',
  })
  return `/oauth/authorize?${query}`
}

async function atClient({ page, heard }: Reader, told: string): Promise<void> {
  await page.getByRole('heading', { name: 'The client' }).waitFor()
  await page.getByText(told, { exact: true }).waitFor()
  assert.deepEqual(heard, [], 'the policy let the answer through')
}

for (const script of [true, false]) {
  const how = script ? 'with script' : 'without script'

  test(`a person allows an app and is led to it, refuses it, and takes it back, ${how}`, {
    skip,
  }, async () => {
    const email = `consent-${script}@example.com`
    const who = await of.member(email, { script })
    const { page, press, visit } = who
    await visit(authorizePath())
    await page.getByRole('heading', { name: 'May Example Shop act for you?' }).waitFor()
    await page.getByText('see your orders').waitFor()
    if (script) await looksRight(page, 'member-consent')
    await press('Allow')
    await atClient(who, 'code')

    await visit(authorizePath('orders:write'))
    await press('Do not allow')
    await atClient(who, 'no code')

    await visit('/account')
    await page.getByText('One app may act for you.').waitFor()
    await page.getByRole('link', { name: 'Look at the apps' }).click()
    await page.getByText('May see your orders').waitFor()
    if (script) await looksRight(page, 'member-apps-full')
    await press('Take it back from Example Shop')
    await page.getByText('It may not act for you any more.').waitFor()
    await page.getByText('No app may act for you.').waitFor()
    const [event] =
      (await of.at.app.bulwark.audit?.read({ limit: 1, code: 'oauth.token_revoked' })) ?? []
    assert.equal(event?.detail['client'], 'shop')

    await visit(authorizePath())
    await page.getByRole('heading', { name: 'May Example Shop act for you?' }).waitFor()
    await page.context().close()
  })

  test(`a stranger signs in on the way to an app and is led on to it, ${how}`, {
    skip,
  }, async () => {
    const email = `on-the-way-${script}@example.com`
    await of.at.signedIn(email)
    const who = await of.reader({ script })
    await who.visit(authorizePath())
    await who.page.getByLabel('E-mail').fill(email)
    await who.page.getByLabel('Password').fill('four unlikely words here')
    await who.page.getByRole('button', { name: 'Sign in', exact: true }).click()
    await who.press('Allow')
    await atClient(who, 'code')
    await who.page.context().close()
  })

  test(`a person signs in by way of a provider, links it and cuts the link, ${how}`, {
    skip,
  }, async () => {
    provider.person = { sub: `sub-${script}`, email: `social-${script}@idp.example` }
    const who = await of.member(`social-${script}@example.com`, { script })
    const { page, press, visit, heard } = who
    await visit('/account')
    await press('Link Example ID')
    await page.getByText('Linked', { exact: true }).waitFor()
    if (script) await looksRight(page, 'member-account-linked')
    await page.getByRole('button', { name: 'Sign out', exact: true }).click()

    await visit('/login')
    if (script) await looksRight(page, 'stranger-login-providers')
    await page.getByRole('link', { name: 'Sign in with Example ID' }).click()
    await page.getByRole('heading', { name: 'Your orders' }).waitFor()
    await visit('/account')
    await press('Unlink Example ID')
    await page.getByText('The link is cut.').waitFor()
    await page.getByRole('button', { name: 'Link Example ID' }).waitFor()
    assert.deepEqual(heard, [])
    await page.context().close()
  })
}

test('a request that was answered already is over, and its page says so', { skip }, async () => {
  const { page, visit } = await of.member('over@example.com')
  assert.equal(await visit('/oauth/consent?request=nothing-like-it'), 400)
  await page.getByRole('heading', { name: 'This request is over' }).waitFor()
  await looksRight(page, 'member-consent-over')
  await page.context().close()
})
