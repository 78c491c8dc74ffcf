import assert from 'node:assert/strict'
import { createHmac, generateKeyPairSync, type KeyObject, randomUUID, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, mock, test } from 'node:test'
import type { Client } from './testing/browserless.ts'
import { type IdentityProvider, identityProvider } from './testing/identity-provider.ts'
import { freePort, type Running, running } from './testing/running.ts'

type Claims = Record<string, unknown>
type Head = Record<string, unknown>

const ours = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const theirs = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const KEY = { ...ours.privateKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256', use: 'sig' }

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const read = (text: string | undefined): Claims =>
  JSON.parse(Buffer.from(text ?? '', 'base64url').toString())

function signed(head: Head, claims: Claims, key: KeyObject = ours.privateKey): string {
  const text = `${part(head)}.${part(claims)}`
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })
  return `${text}.${signature.toString('base64url')}`
}

describe('sign-in through an identity provider', () => {
  let of: Running
  let provider: IdentityProvider
  let second: IdentityProvider
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-social-'))
  before(async () => {
    const port = await freePort()
    const origin = `http://localhost:${port}`
    provider = await identityProvider(`${origin}/auth/social/idp/callback`, KEY)
    second = await identityProvider(`${origin}/auth/social/second/callback`, KEY)
    const client = { clientId: 'bulwark', clientSecret: 'a secret between us two' }
    const file = join(folder, 'social.json')
    const own = {
      ...client,
      id: 'idp',
      issuer: provider.issuer,
      authoritativeFor: ['corp.example'],
      keepTokens: true,
    }
    const other = { ...client, id: 'second', issuer: second.issuer }
    // Never asked for its discovery but by the test that turns it round.
    const third = { ...other, id: 'third' }
    writeFileSync(file, JSON.stringify([own, other, third]))
    of = await running('memory', { PORT: String(port), BULWARK_SOCIAL: file })
  })
  afterEach(() => {
    for (const idp of [provider, second]) {
      for (const name of ['token', 'discovery', 'down'] as const) delete idp.tampering[name]
    }
  })
  after(async () => {
    await of.stop()
    await provider.stop()
    await second.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const start = async (person: Client, id = 'idp', next = ''): Promise<string> => {
    const { status, headers, text } = await person.get(`/auth/social/${id}/start${next}`)
    assert.equal(status, 303, text)
    return headers.get('location') ?? ''
  }
  const finish = async (person: Client, back: URL): Promise<string> => {
    const { status, headers, text } = await person.get(back.pathname + back.search)
    assert.equal(status, 303, text)
    return headers.get('location') ?? ''
  }
  const through = async (person: Client, next = ''): Promise<string> =>
    finish(person, await provider.visit(await start(person, 'idp', next)))
  const me = async (person: Client) => (await person.get('/auth/me')).json
  const somebody = (more: object = {}) => {
    provider.person = { sub: randomUUID(), ...more }
    return provider.person
  }

  test('somebody new gets an account, and the same one the next time', async () => {
    somebody({ email: 'new@corp.example', email_verified: true, name: 'New' })
    const person = of.client()
    assert.equal(await through(person, '?next=/orders'), '/orders')
    const first = await me(person)
    assert.equal(first.user.email, 'new@corp.example')
    assert.equal(first.user.emailVerified, true)
    assert.deepEqual(first.session.amr, ['fed'])
    const again = of.client()
    await through(again)
    assert.equal((await me(again)).user.id, first.user.id)
  })

  test('an address that the provider does not hand out is not taken as proven', async () => {
    somebody({ email: 'ceo@elsewhere.example', email_verified: true })
    const person = of.client()
    await through(person)
    const { user } = await me(person)
    assert.equal(user.emailVerified, false)
    assert.match(user.email, /@social\.invalid$/)
  })

  test('nobody gets into an account by its address, and its owner links after signing in', async () => {
    const owner = await of.signedIn('victim@corp.example')
    const { user } = await me(owner)
    for (const verified of [true, false]) {
      somebody({ email: 'victim@corp.example', email_verified: verified })
      const stranger = of.client()
      await through(stranger)
      const seen = await stranger.get('/auth/me')
      assert.notEqual(seen.json.user?.id, user.id)
    }
    somebody({ email: 'victim@corp.example', email_verified: true })
    const browser = of.client()
    assert.match(await through(browser), /^\/login\?problem=social\.sign_in_first$/)
    const body = { email: 'victim@corp.example', password: 'four unlikely words here' }
    assert.equal((await browser.post('/auth/login', body)).status, 200)
    const linked = await browser.post('/auth/social/idp/link')
    assert.deepEqual(linked.json, { location: '/account' })
    const later = of.client()
    assert.equal(await through(later), '/account')
    assert.equal((await me(later)).user.id, user.id)
  })

  test('a signed-in person links an identity, and nobody else can then link the same', async () => {
    const ann = await of.signedIn('ann@example.com')
    const bob = await of.signedIn('bob@example.com')
    somebody()
    const link = async (person: Client): Promise<string> => {
      const { json } = await person.post('/auth/social/idp/link')
      return finish(person, await provider.visit(json.location))
    }
    assert.equal(await link(ann), '/account')
    assert.equal(await link(ann), '/account')
    assert.equal(await link(bob), '/account?problem=social.taken')
    assert.equal((await ann.send('DELETE', '/auth/social/idp')).status, 204)
    assert.equal(await link(bob), '/account')
  })

  test('the last way in cannot be taken away', async () => {
    somebody()
    const person = of.client()
    await through(person)
    assert.equal((await person.send('DELETE', '/auth/social/idp')).status, 409)
  })

  test('of the last two links, cut at once, one stays', async () => {
    somebody()
    second.person = { sub: randomUUID() }
    const person = of.client()
    await through(person)
    const { json } = await person.post('/auth/social/second/link')
    assert.equal(await finish(person, await second.visit(json.location)), '/account')
    const { user } = await me(person)
    const { credentials } = of.app.bulwark.stores
    // Both have looked before either cuts.
    const both = Promise.withResolvers<void>()
    let looked = 0
    const look = credentials.ofAccount.bind(credentials)
    const meeting = mock.method(credentials, 'ofAccount', async (id: string, kind?: string) => {
      const found = await look(id, kind)
      if (kind === 'identity' && ++looked === 2) both.resolve()
      if (kind === 'identity') await both.promise
      return found
    })
    const cut = (id: string) => person.send('DELETE', `/auth/social/${id}`)
    const all = await Promise.all([cut('idp'), cut('second')])
    meeting.mock.restore()
    assert.deepEqual(all.map(({ status }) => status).toSorted(), [204, 409])
    assert.equal((await credentials.ofAccount(user.id, 'identity')).length, 1)
  })

  test('a provider’s tokens are sealed for their row, and those of the last sign-in', async () => {
    somebody()
    const given: string[] = []
    provider.tampering.token = async body => {
      given.push(String(body['access_token']))
      // As many do: a refresh token comes the first time only.
      return given.length === 1 ? { ...body, refresh_token: 'a refresh token of theirs' } : body
    }
    const person = of.client()
    const { stores, fields } = of.app.bulwark
    const column = fields.field('credentials', 'identity')
    for (let time = 0; time < 2; time++) {
      await through(time === 0 ? person : of.client())
      const { user } = await me(person)
      const [row] = await stores.credentials.ofAccount(user.id, 'identity')
      assert.ok(row)
      assert.ok(given.every(token => token.length > 20 && !row.data.includes(token)))
      assert.ok(!row.data.includes('a refresh token of theirs'))
      const opened = column.open(row.id, JSON.parse(row.data).tokens)
      assert.ok(opened.ok)
      const kept = { access: given[time], refresh: 'a refresh token of theirs' }
      assert.deepEqual(JSON.parse(opened.value), kept)
      assert.equal(column.open(randomUUID(), JSON.parse(row.data).tokens).ok, false)
    }
  })

  test('a link that was begun for one account ends in no other', async () => {
    const ann = await of.signedIn('link-ann@example.com')
    somebody()
    const { json } = await ann.post('/auth/social/idp/link')
    const back = await provider.visit(json.location)
    await ann.post('/auth/logout')
    assert.match(await finish(ann, back), /problem=social\.refused/)
  })

  test('going on leads nowhere but here', async () => {
    for (const next of ['https://evil.example', '//evil.example', '/\\evil.example']) {
      somebody()
      assert.equal(await through(of.client(), `?next=${encodeURIComponent(next)}`), '/account')
    }
  })

  test('a provider that is down is told kindly', async () => {
    somebody()
    const person = of.client()
    const back = await provider.visit(await start(person))
    provider.tampering.down = 503
    assert.equal(await finish(person, back), '/login?problem=social.unavailable')
  })

  test('a person who declines is told so', async () => {
    const person = of.client()
    const state = new URL(await start(person)).searchParams.get('state')
    const query = `error=access_denied&state=${state}&iss=${encodeURIComponent(provider.issuer)}`
    const back = new URL(`${of.origin}/auth/social/idp/callback?${query}`)
    assert.equal(await finish(person, back), '/login?problem=social.declined')
  })

  /** Answers of which each one thing is wrong. The control is every other test here. */
  const claims: [string, (claims: Claims) => Claims][] = [
    ['another nonce', of => ({ ...of, nonce: 'x'.repeat(43) })],
    ['no nonce', ({ nonce: _, ...of }) => of],
    ['another issuer', of => ({ ...of, iss: 'https://evil.example' })],
    ['an issuer with a slash more', of => ({ ...of, iss: `${of['iss']}/` })],
    ['another audience', of => ({ ...of, aud: 'somebody-else' })],
    ['a second audience and no azp', of => ({ ...of, aud: ['bulwark', 'other'] })],
    ['an azp of somebody else', of => ({ ...of, aud: ['bulwark', 'other'], azp: 'other' })],
    ['an end in the past', of => ({ ...of, exp: Math.floor(Date.now() / 1000) - 3600 })],
    ['no end', ({ exp: _, ...of }) => of],
    ['no subject', ({ sub: _, ...of }) => of],
    ['no time of issue', ({ iat: _, ...of }) => of],
    ['a time of use in the future', of => ({ ...of, nbf: Math.floor(Date.now() / 1000) + 3600 })],
  ]
  const tokens: [string, (token: string) => string | undefined][] = [
    ...claims.map(([what, change]): [string, (token: string) => string] => [
      `an id token with ${what}`,
      token => {
        const [head, body] = token.split('.')
        return signed(read(head), change(read(body)))
      },
    ]),
    [
      'an id token signed by nobody (alg none)',
      token => `${part({ alg: 'none', typ: 'JWT' })}.${token.split('.')[1]}.`,
    ],
    [
      'an id token signed by another key',
      token => {
        const [head, body] = token.split('.')
        return signed(read(head), read(body), theirs.privateKey)
      },
    ],
    [
      'an id token with a key of its own',
      token => {
        const jwk = theirs.publicKey.export({ format: 'jwk' })
        return signed({ alg: 'ES256', jwk }, read(token.split('.')[1]), theirs.privateKey)
      },
    ],
    [
      'an id token signed with the client secret',
      token => {
        const text = `${part({ alg: 'HS256' })}.${token.split('.')[1]}`
        const mac = createHmac('sha256', 'a secret between us two').update(text)
        return `${text}.${mac.digest('base64url')}`
      },
    ],
    [
      'an id token whose claims were changed after signing',
      token => {
        const [head, body, signature] = token.split('.')
        return `${head}.${part({ ...read(body), sub: 'admin' })}.${signature}`
      },
    ],
    ['an id token without its signature', token => `${token.split('.').slice(0, 2).join('.')}.`],
    [
      'an id token of an unknown key id',
      token => signed({ alg: 'ES256', kid: 'k9' }, read(token.split('.')[1]), theirs.privateKey),
    ],
    ['no id token', () => undefined],
    ['a text in place of the id token', () => 'hello'],
  ]
  for (const [what, change] of tokens) {
    test(`refuses ${what}`, async () => {
      somebody({ email: 'x@corp.example', email_verified: true })
      const person = of.client()
      const location = await start(person)
      const back = await provider.visit(location)
      provider.tampering.token = async body => {
        const { id_token: token, ...rest } = body
        const changed = change(String(token))
        return changed === undefined ? rest : { ...rest, id_token: changed }
      }
      assert.equal(await finish(person, back), '/login?problem=social.refused')
      assert.equal((await person.get('/auth/me')).status, 401)
    })
  }

  test('lets in with the same token signed anew by the right key', async () => {
    somebody()
    const person = of.client()
    const back = await provider.visit(await start(person))
    provider.tampering.token = async body => {
      const [head, claimed] = String(body['id_token']).split('.')
      return { ...body, id_token: signed(read(head), read(claimed)) }
    }
    assert.equal(await finish(person, back), '/account')
  })

  const callbacks: [string, (back: URL) => URL][] = [
    ['another state', back => set(back, 'state', 'x'.repeat(43))],
    ['no state', back => set(back, 'state', undefined)],
    ['another issuer in the answer', back => set(back, 'iss', 'https://evil.example')],
    ['no issuer in the answer', back => set(back, 'iss', undefined)],
    ['another code', back => set(back, 'code', 'x'.repeat(43))],
    ['no code', back => set(back, 'code', undefined)],
    [
      'the address of another provider',
      back => {
        back.pathname = '/auth/social/second/callback'
        return back
      },
    ],
  ]
  function set(url: URL, name: string, value: string | undefined): URL {
    if (value === undefined) url.searchParams.delete(name)
    else url.searchParams.set(name, value)
    return url
  }
  for (const [what, change] of callbacks) {
    test(`refuses ${what}`, async () => {
      somebody()
      const person = of.client()
      const back = change(await provider.visit(await start(person)))
      assert.equal(await finish(person, back), '/login?problem=social.refused')
      assert.equal((await person.get('/auth/me')).status, 401)
    })
  }

  test('refuses the answer that another browser asked for (login CSRF)', async () => {
    somebody()
    const attacker = of.client()
    const back = await provider.visit(await start(attacker))
    const victim = of.client()
    assert.equal(await finish(victim, back), '/login?problem=social.refused')
    await start(victim)
    assert.equal(await finish(victim, back), '/login?problem=social.refused')
    assert.equal((await victim.get('/auth/me')).status, 401)
  })

  test('refuses an answer that was used before, and of ten at once takes one', async () => {
    somebody()
    const person = of.client()
    const back = await provider.visit(await start(person))
    const cookie = person.cookies
    const all = await Promise.all(
      Array.from({ length: 10 }, () =>
        fetch(back, { redirect: 'manual', headers: { cookie, connection: 'close' } }),
      ),
    )
    const places = all.map(({ headers }) => headers.get('location'))
    assert.equal(places.filter(place => place === '/account').length, 1)
    const again = await fetch(back, { redirect: 'manual', headers: { cookie } })
    assert.match(again.headers.get('location') ?? '', /social\.refused/)
  })

  test('refuses a discovery document of another issuer', async () => {
    second.tampering.discovery = body => ({ ...body, issuer: 'https://evil.example' })
    const { headers } = await of.client().get('/auth/social/third/start')
    assert.equal(headers.get('location'), '/login?problem=social.refused')
  })

  test('a provider that nobody knows is not found', async () => {
    assert.equal((await of.client().get('/auth/social/nobody/start')).status, 404)
  })
})
