import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ConfigFault } from '../../kernel/fault.ts'
import { attributesText, clearedCookie, cookieText, readCookie } from './cookies.ts'

const N = '__Host-session'
const reads: readonly [what: string, header: string | undefined, value: string | undefined][] = [
  ['no field', undefined, undefined],
  ['an empty field', '', undefined],
  ['the only cookie', `${N}=abc`, 'abc'],
  ['the first of two', `${N}=abc; theme=dark`, 'abc'],
  ['the last of two', `theme=dark; ${N}=abc`, 'abc'],
  ['one without a space before it', `theme=dark;${N}=abc`, 'abc'],
  ['one with space after it', `${N}=abc ; theme=dark`, 'abc'],
  ['an empty value', `${N}=`, ''],
  ['a value that holds the sign', `${N}=a=b`, 'a=b'],
  ['the end of a longer name', `x${N}=abc`, undefined],
  ['the beginning of a longer name', `${N}2=abc`, undefined],
  ['the name inside a value', `theme=${N}=abc`, undefined],
  ['the name as a value', `theme=x ${N}=abc`, undefined],
  ['the name without a value', `${N}; theme=dark`, undefined],
  ['another case of the prefix', '__host-session=abc', undefined],
  ['another case of the name', '__Host-Session=abc', undefined],
  ['space inside the pair', `${N} =abc`, undefined],
]
for (const [what, header, value] of reads) {
  test(`reads ${what}`, () => assert.equal(readCookie(header, N), value))
}

test('refuses a cookie that a sibling subdomain planted beside ours', () => {
  assert.equal(readCookie('session=planted; session=ours', 'session'), undefined)
  assert.equal(readCookie('session=ours;session=ours', 'session'), undefined)
})

test('a second name inside a value is no second cookie', () => {
  assert.equal(readCookie('session=ours; theme=session=planted', 'session'), 'ours')
})

test('finds any cookie among any others', () => {
  const name = fc.constantFrom('a', 'aa', 'session', '__Host-session', 'sessio')
  const value = fc.stringMatching(/^[A-Za-z0-9_-]{0,12}$/)
  const jar = fc.uniqueArray(fc.tuple(name, value), { selector: ([key]) => key, maxLength: 5 })
  fc.assert(
    fc.property(jar, cookies => {
      const header = cookies.map(([key, text]) => `${key}=${text}`).join('; ')
      for (const [key, text] of cookies) assert.equal(readCookie(header, key), text)
    }),
  )
})

test('never throws, whatever a client sends', () => {
  fc.assert(fc.property(fc.string(), header => void readCookie(header, 'a')))
})

test('a cookie is bound to this host, https and the server unless told otherwise', () => {
  assert.equal(cookieText(N, 'abc'), `${N}=abc; Path=/; HttpOnly; Secure; SameSite=Lax`)
  assert.equal(
    cookieText(N, 'abc', { sameSite: 'Strict', maxAgeSeconds: 60 }),
    `${N}=abc; Max-Age=60; Path=/; HttpOnly; Secure; SameSite=Strict`,
  )
  assert.equal(clearedCookie(N), `${N}=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax`)
})

const faulty: readonly [what: string, make: () => unknown][] = [
  ['a value with a semicolon', () => cookieText(N, 'a; Domain=example.com')],
  ['a value with a line break', () => cookieText(N, 'a\r\nSet-Cookie: b=c')],
  ['a value with a comma', () => cookieText(N, 'a,b')],
  ['a name with a space', () => attributesText('a b')],
  ['an empty name', () => attributesText('')],
  ['more than 4096 bytes', () => cookieText(N, 'a'.repeat(4096))],
  ['more than 400 days', () => cookieText(N, 'a', { maxAgeSeconds: 34_560_001 })],
  ['half a second', () => cookieText(N, 'a', { maxAgeSeconds: 0.5 })],
  ['a prefix over http', () => attributesText('__Host-a', { dangerouslyAllowHttp: true })],
  [
    'a prefix in another case over http',
    () => attributesText('__secure-a', { dangerouslyAllowHttp: true }),
  ],
]
for (const [what, make] of faulty)
  test(`does not make ${what}`, () => assert.throws(make, ConfigFault))
