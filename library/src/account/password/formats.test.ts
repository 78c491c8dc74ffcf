import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { nativeArgon2, nodeArgon2 } from './argon2.ts'
import { CEILINGS, foreignFormats } from './formats.ts'
import { parsePhc, phcText } from './phc.ts'

const argon2 = (await nativeArgon2()) ?? nodeArgon2()
const formats = foreignFormats(argon2)

function read(stored: string) {
  for (const format of formats) {
    const readable = format.read(stored)
    if (readable !== undefined) return { name: format.name, readable }
  }
  return undefined
}

const b64 = (text: string): string => Buffer.from(text).toString('base64').replace(/=+$/, '')
const hex = (text: string): string => Buffer.from(text, 'hex').toString('base64').replace(/=+$/, '')
const RFC7914_SCRYPT =
  '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887'
const RFC7914_PBKDF2 =
  '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783'
const LONG =
  '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored'

/** Published: the argon2 reference code, RFC 7914, passlib, Django and crypt_blowfish. */
const vectors: readonly [format: string, password: string, stored: string][] = [
  [
    'argon2',
    'password',
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
  [
    'scrypt',
    'pleaseletmein',
    `$scrypt$ln=14,r=8,p=1$${b64('SodiumChloride')}$${hex(RFC7914_SCRYPT)}`,
  ],
  ['pbkdf2', 'passwd', `$pbkdf2-sha256$i=1$${b64('salt')}$${hex(RFC7914_PBKDF2)}`],
  [
    'pbkdf2',
    'toomanysecrets',
    '$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk',
  ],
  [
    'pbkdf2',
    'password',
    '$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44',
  ],
  [
    'django',
    'lètmein',
    'pbkdf2_sha256$260000$seasalt$YlZ2Vggtqdc61YjArZuoApoBh9JNGYoDRBUGu6tcJQo=',
  ],
  ['bcrypt', 'U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['bcrypt', 'U*U*', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK'],
  ['bcrypt', 'U*U*U', '$2b$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a'],
  ['bcrypt', '', '$2y$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy'],
  ['bcrypt', LONG, '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui'],
]
for (const [format, password, stored] of vectors) {
  test(`${format}: the published hash of ${JSON.stringify(password.slice(0, 14))} is known again`, async () => {
    const found = read(stored)
    assert.equal(found?.name, format)
    assert.equal(await found?.readable.matches(Buffer.from(password)), true)
    assert.equal(await found?.readable.matches(Buffer.from(`x${password}`)), false)
  })
}

const hostile: readonly [what: string, stored: string][] = [
  [
    'argon2 with 1 GiB',
    '$argon2id$v=19$m=1048576,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
  [
    'argon2 with a thousand passes',
    '$argon2id$v=19$m=65536,t=1000,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
  [
    'argon2 with 200 lanes',
    '$argon2id$v=19$m=65536,t=2,p=200$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
  [
    'argon2 of version 1.0',
    '$argon2id$v=16$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
  [
    'argon2 with a key that nobody has',
    '$argon2id$v=19$m=65536,t=2,p=1,keyid=AAAA$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
  ['argon2 with a hash of one byte', '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$AA'],
  [
    'argon2 with parameters twice',
    '$argon2id$v=19$m=65536,m=8,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
  [
    'argon2 with a parameter in octal',
    '$argon2id$v=19$m=065536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
  ],
  ['scrypt with 16 GiB', `$scrypt$ln=24,r=8,p=1$${b64('SodiumChloride')}$${hex(RFC7914_SCRYPT)}`],
  [
    'scrypt with many lanes',
    `$scrypt$ln=17,r=8,p=16$${b64('SodiumChloride')}$${hex(RFC7914_SCRYPT)}`,
  ],
  [
    'pbkdf2 with a billion rounds',
    `$pbkdf2-sha256$i=1000000000$${b64('salt')}$${hex(RFC7914_PBKDF2)}`,
  ],
  ['pbkdf2 with SHA-1', `$pbkdf2-sha1$i=1000$${b64('salt')}$${hex(RFC7914_PBKDF2)}`],
  [
    'django with nine million rounds',
    'pbkdf2_sha256$9000000$seasalt$YlZ2Vggtqdc61YjArZuoApoBh9JNGYoDRBUGu6tcJQo=',
  ],
  ['bcrypt of cost 31', '$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['bcrypt of cost 3', '$2b$03$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['the broken bcrypt of 2011', '$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['a bare MD5', '5f4dcc3b5aa765d61d8327deb882cf99'],
  ['an empty string', ''],
]
for (const [what, stored] of hostile) {
  test(`refuses to spend anything on ${what}`, () => assert.equal(read(stored), undefined))
}

test('bcrypt of the highest cost that is read leaves the event loop free', async () => {
  assert.ok(CEILINGS.bcryptCost <= 14)
  let turns = 0
  const turning = setInterval(() => turns++, 1)
  const found = read('$2b$10$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW')
  await found?.readable.matches(Buffer.from('x'))
  clearInterval(turning)
  assert.ok(turns >= 5, `${turns} turns`)
})

test('no text makes a format throw', () => {
  const alphabet = fc.constantFrom(...'$,=.+/0123456789abcimprtvxyz2argon2id-sha256')
  const texts = fc.oneof(fc.string(), fc.string({ unit: alphabet, maxLength: 120 }))
  fc.assert(fc.property(texts, text => void read(text)))
})

test('a PHC string read and written is the same', () => {
  const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 }).map(one => Buffer.from(one))
  const params = fc.dictionary(
    fc.stringMatching(/^[a-z][a-z0-9-]{0,5}$/),
    fc.stringMatching(/^[a-zA-Z0-9/+.-]{1,8}$/),
    {
      minKeys: 1,
      maxKeys: 4,
      noNullPrototype: false,
    },
  )
  fc.assert(
    fc.property(
      fc.stringMatching(/^[a-z0-9-]{1,12}$/),
      params,
      bytes,
      bytes,
      (id, given, salt, hash) => {
        const text = phcText({ id, version: 19, params: given, salt, hash })
        const phc = parsePhc(text)
        assert.ok(phc)
        assert.equal(phcText(phc), text)
        assert.deepEqual({ ...phc.params }, { ...given })
      },
    ),
  )
})
