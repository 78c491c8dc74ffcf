import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Client } from './testing/browserless.ts'
import { appCode } from './testing/factor.ts'
import { PASSWORD, running } from './testing/running.ts'

for (const store of ['memory', 'sqlite'] as const) {
  const at = await running(store)
  after(() => at.stop())

  const enrolled = async (
    email: string,
  ): Promise<{ person: Client; secret: string; codes: string[] }> => {
    const person = await at.signedIn(email)
    const { secret } = (await person.post('/auth/mfa/setup')).json
    // The step before now, so that the code of now is still unused.
    const set = await person.post('/auth/mfa/verify-setup', {
      code: appCode(secret, Date.now() - 30_000),
    })
    assert.equal(set.status, 200, set.text)
    return { person, secret, codes: set.json.backupCodes }
  }

  const half = async (email: string): Promise<Client> => {
    const person = at.client()
    const answer = await person.post('/auth/login', { email, password: PASSWORD })
    assert.equal(answer.json.mfaRequired, true, answer.text)
    assert.deepEqual(answer.json.factors, ['totp', 'backup-code'])
    assert.equal((await person.get('/auth/me')).status, 401, 'half a sign-in is none')
    return person
  }

  test(`${store}: who has an app needs it to sign in, and each code works once`, async () => {
    const { secret } = await enrolled('ann@example.com')
    const code = appCode(secret, Date.now())
    const flows = await Promise.all(Array.from({ length: 4 }, () => half('ann@example.com')))
    const answers = await Promise.all(
      flows.map(person => person.post('/auth/mfa/verify', { factor: 'totp', code })),
    )
    assert.equal(answers.filter(({ status }) => status === 200).length, 1, 'one code, one session')
    const [in_] = flows.filter((_, index) => answers[index]?.status === 200)
    const me = await in_?.get('/auth/me')
    assert.deepEqual(me?.json.session.amr, ['pwd', 'otp'])
  })

  test(`${store}: a backup code works once, and a wrong one never`, async () => {
    const { codes } = await enrolled('bob@example.com')
    assert.equal(codes.length, 10)
    const [code = ''] = codes
    const first = await half('bob@example.com')
    const proof = { factor: 'backup-code', code: code.toLowerCase().replaceAll('-', ' ') }
    assert.equal((await first.post('/auth/mfa/verify', proof)).status, 200)
    const second = await half('bob@example.com')
    assert.equal((await second.post('/auth/mfa/verify', proof)).status, 401)
    const wrong = { factor: 'backup-code', code: 'AAAA-AAAA-AAAA-AAAA-AAAA-AAAA' }
    assert.equal((await second.post('/auth/mfa/verify', wrong)).status, 401)
  })

  test(`${store}: a flow ends after five tries, and an hour's tries are counted over all flows`, async () => {
    await enrolled('cat@example.com')
    const person = await half('cat@example.com')
    const guess = { factor: 'totp', code: '000000' }
    for (let tried = 0; tried < 5; tried++) {
      assert.equal((await person.post('/auth/mfa/verify', guess)).json.code, 'factor.refused')
    }
    assert.equal((await person.post('/auth/mfa/verify', guess)).json.code, 'factor.flow_over')
    const statuses: number[] = []
    for (let flow = 0; flow < 2; flow++) {
      const again = await half('cat@example.com')
      for (let tried = 0; tried < 4; tried++) {
        statuses.push((await again.post('/auth/mfa/verify', guess)).status)
      }
    }
    assert.ok(statuses.includes(429), statuses.join(' '))
  })

  test(`${store}: taking the app away needs a fresh proof and ends other sessions`, async () => {
    const { person } = await enrolled('dan@example.com')
    assert.equal((await person.send('DELETE', '/auth/mfa/totp')).status, 204)
    const again = at.client()
    const answer = await again.post('/auth/login', { email: 'dan@example.com', password: PASSWORD })
    assert.equal(answer.json.user.email, 'dan@example.com')
  })
}
