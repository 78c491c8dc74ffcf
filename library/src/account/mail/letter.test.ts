import assert from 'node:assert/strict'
import { test } from 'node:test'
import { english } from './english.ts'
import { htmlText, type Letter, type MailCode, plainText, subjectLine } from './letter.ts'

const EVIL = '<script>alert(1)</script>"\'&\r\nBcc: evil@e.example\u202e'
const values = {
  service: EVIL,
  link: 'https://shop.example/x#token=abc&d',
  loginLink: 'https://shop.example/login',
  hours: '24',
  minutes: '15',
  device: EVIL,
  address: EVIL,
  at: '2026-01-01 00:00 UTC',
}
const codes = Object.keys(english) as MailCode[]

for (const code of codes) {
  test(`${code}: nothing a person typed becomes markup, a header or a line`, () => {
    const letter = (english[code] as (given: object) => Letter)(values)
    assert.doesNotMatch(htmlText(letter), /<script|alert\(1\)<\/|"'&[^a#]/)
    assert.doesNotMatch(subjectLine(letter), /[\r\n\u202e]/)
    const text = plainText(letter)
    assert.doesNotMatch(text, /[\r\u202e]/)
    for (const line of text.split('\n')) assert.doesNotMatch(line, /^Bcc:/)
  })
}

test('a letter shows its link alone on a line, and the same in HTML', () => {
  const letter = english['reset.link'](values)
  assert.match(plainText(letter), /:\nhttps:\/\/shop\.example\/x#token=abc&d\n\n/)
  assert.match(htmlText(letter), /<a href="https:\/\/shop\.example\/x#token=abc&amp;d">/)
})
