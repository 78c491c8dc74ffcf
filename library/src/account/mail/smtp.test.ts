import assert from 'node:assert/strict'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { SMTPServer } from 'smtp-server'
import { ConfigFault } from '../../kernel/fault.ts'
import { smtpMailer } from './mail.ts'

interface Received {
  readonly to: readonly string[]
  readonly from: string
  readonly text: string
}

async function receiving(): Promise<{ port: number; got: Received[]; close: () => Promise<void> }> {
  const got: Received[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, done) {
      const chunks: Buffer[] = []
      stream.on('data', chunk => chunks.push(chunk))
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope
        got.push({
          to: rcptTo.map(one => one.address),
          from: mailFrom === false ? '' : mailFrom.address,
          text: Buffer.concat(chunks).toString(),
        })
        done()
      })
    },
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', () => resolve()))
  const { port } = server.server.address() as AddressInfo
  return { port, got, close: () => new Promise(resolve => server.close(() => resolve())) }
}

const MAIL = {
  to: 'ann@example.com',
  subject: 'Hello – with a dash',
  text: 'plain\n',
  html: '<p>rich</p>',
  id: 'f0e1',
}
const HERE = { host: '127.0.0.1', from: 'shop@shop.example', tls: 'dangerouslyNone' } as const

test('a mail reaches the one it is for, in both forms', async () => {
  const { port, got, close } = await receiving()
  const mailer = await smtpMailer({ ...HERE, port, fromName: 'Otter Shop' })
  await mailer.send(MAIL)
  await close()
  assert.equal(got.length, 1)
  assert.deepEqual(got[0]?.to, ['ann@example.com'])
  assert.equal(got[0]?.from, 'shop@shop.example')
  assert.match(got[0]?.text ?? '', /Message-ID: <f0e1@shop\.example>/i)
  assert.match(got[0]?.text ?? '', /Auto-Submitted: auto-generated/i)
  assert.match(got[0]?.text ?? '', /text\/plain[\s\S]*text\/html/)
})

for (const to of [
  'x@y.example\r\nBcc: evil@e.example',
  '"x@y.example" <evil@e.example>',
  'a@b.example,evil@e.example',
  'Ann@example.com',
]) {
  test(`nothing is sent to ${JSON.stringify(to)}`, async () => {
    const { port, got, close } = await receiving()
    const mailer = await smtpMailer({ ...HERE, port })
    await assert.rejects(mailer.send({ ...MAIL, to }))
    await close()
    assert.deepEqual(got, [])
  })
}

test('a server without TLS gets nothing unless it is told so', async () => {
  const { port, got, close } = await receiving()
  const mailer = await smtpMailer({ host: '127.0.0.1', from: 'shop@shop.example', port })
  await assert.rejects(mailer.send(MAIL))
  await close()
  assert.deepEqual(got, [])
})

test('a subject with a line break is no header', async () => {
  const { port, got, close } = await receiving()
  const mailer = await smtpMailer({ ...HERE, port })
  await mailer.send({ ...MAIL, subject: 'Hi\r\nBcc: evil@e.example' })
  await close()
  assert.deepEqual(got[0]?.to, ['ann@example.com'])
  assert.doesNotMatch(got[0]?.text ?? '', /^Bcc:/m)
})

test('stops the start for a sender that is no plain address', async () => {
  await assert.rejects(smtpMailer({ ...HERE, from: 'Shop <shop@shop.example>' }), ConfigFault)
})
