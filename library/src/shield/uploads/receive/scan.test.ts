import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { ConfigFault } from '../../../kernel/fault.ts'
import { page, stream, zip } from '../judge/documents.test.kit.ts'
import { filePart, form } from '../multipart/form.test.kit.ts'
import { clamav } from './clamav.ts'
import type { Scanner } from './scan.ts'
import { allFiles, world } from './world.test.kit.ts'

/** The anti-virus test file, which stands nowhere in one piece. */
const EICAR = [
  'X5O!P%@AP[4\\PZX54(P^)7CC)7}$',
  'EICAR-STANDARD-',
  'ANTIVIRUS-TEST-FILE!$H+H*',
].join('')

const servers: Server[] = []
const sockets = new Set<Socket>()
after(() => {
  for (const socket of sockets) socket.destroy()
  for (const server of servers) server.close()
})

/** As much of clamd as INSTREAM needs. `answer` may decline by answering `undefined`. */
async function clamd(
  answer: (bytes: Buffer) => string | undefined,
  maxBytes = 1 << 20,
): Promise<{ socket: string }> {
  const path = join(tmpdir(), `clamd-${process.pid}-${servers.length}.sock`)
  const server = createServer(socket => {
    sockets.add(socket)
    let held: Buffer = Buffer.alloc(0)
    let body: Buffer = Buffer.alloc(0)
    let greeted = false
    socket.on('error', () => undefined)
    socket.on('data', piece => {
      held = Buffer.concat([held, piece])
      if (!greeted && held.length >= 10) {
        assert.equal(held.toString('latin1', 0, 10), 'zINSTREAM\0')
        held = held.subarray(10)
        greeted = true
      }
      while (greeted && held.length >= 4) {
        const length = held.readUInt32BE(0)
        if (length === 0) {
          const told = answer(body)
          if (told === undefined) socket.destroy()
          else socket.end(`${told}\0`)
          return
        }
        if (held.length < 4 + length) break
        body = Buffer.concat([body, held.subarray(4, 4 + length)])
        held = held.subarray(4 + length)
        if (body.length > maxBytes) socket.end('INSTREAM size limit exceeded. ERROR\0')
      }
    })
  })
  servers.push(server)
  await once(server.listen(path), 'listening')
  return { socket: path }
}

const eicar = (bytes: Buffer): string =>
  bytes.includes('EICAR-STANDARD-ANTIVIRUS') ? 'stream: Eicar-Signature FOUND' : 'stream: OK'

for (const [what, bytes, name] of [
  ['words', Buffer.from(EICAR), 'a.txt'],
  ['an archive', zip([{ name: 'a.txt', data: EICAR }]), 'a.zip'],
  ['a document', page({ more: [stream(EICAR)] }), 'a.pdf'],
] as const) {
  test(`malware in ${what} is refused, named for the operator, and gone from the disk`, async () => {
    const at = world({ scan: clamav(await clamd(eicar)) })
    const outcome = await at.receive([form(filePart('file', name, bytes, ''))])
    assert.ok(!outcome.ok)
    assert.equal(outcome.refusal.code, 'uploads.malware')
    assert.equal(outcome.refusal.why, 'Eicar-Signature')
    await at.files.settled()
    assert.deepEqual(allFiles(at.folder), [])
  })
}

test('what clamd finds clean comes in, of any size, byte for byte', async () => {
  const seen: number[] = []
  const scan = clamav(
    await clamd(bytes => {
      seen.push(bytes.length)
      return eicar(bytes)
    }),
  )
  const at = world({ scan })
  for (const size of [1, 65_536, 200_001]) {
    const outcome = await at.receive([
      form(filePart('file', 'a.txt', Buffer.alloc(size, 'words\n'), '')),
    ])
    assert.ok(outcome.ok, JSON.stringify(outcome))
  }
  assert.deepEqual(seen, [1, 65_536, 200_001])
})

for (const [what, answer, why] of [
  ['ends the connection', () => undefined, /ended the connection|ECONNRESET/],
  ['reports an error', () => 'INSTREAM: Can not allocate memory ERROR', /clamd answered/],
  ['says something else', () => 'hello', /clamd answered/],
  ['says nothing', () => '', /clamd answered/],
  ['says OK of something else', () => 'other: OK', /clamd answered/],
] as const) {
  test(`when clamd ${what}, nobody is let in and everybody may come back`, async () => {
    const at = world({ scan: clamav(await clamd(answer)) })
    const outcome = await at.receive([form(filePart('file', 'a.txt', 'x', ''))])
    assert.ok(!outcome.ok)
    assert.equal(outcome.refusal.code, 'uploads.scanner_down')
    assert.equal(outcome.refusal.status, 503)
    assert.equal(outcome.refusal.retryAfterSeconds, 60)
    assert.match(outcome.refusal.why ?? '', why)
    await at.files.settled()
    assert.deepEqual(allFiles(at.folder), [])
  })
}

test('a file larger than clamd takes is no clean file', async () => {
  const at = world({ scan: clamav(await clamd(eicar, 100_000)) })
  const outcome = await at.receive([
    form(filePart('file', 'a.txt', Buffer.alloc(400_000, 'w'), '')),
  ])
  assert.equal(outcome.ok ? '' : outcome.refusal.code, 'uploads.scanner_down')
})

test('when nobody listens where clamd should, nobody is let in', async () => {
  for (const scan of [
    clamav({ socket: '/nowhere/clamd.sock' }),
    clamav({ host: '127.0.0.1', port: 1 }),
  ]) {
    const at = world({ scan })
    const outcome = await at.receive([form(filePart('file', 'a.txt', 'x', ''))])
    assert.equal(outcome.ok ? '' : outcome.refusal.code, 'uploads.scanner_down')
  }
})

test('a port that is none does not start', () => {
  assert.throws(() => clamav({ host: 'localhost', port: 0 }), ConfigFault)
})

test('a scanner that never answers is given up, and told so', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  let aborted = false
  let asked: () => void = () => undefined
  const waits = new Promise<void>(resolve => {
    asked = resolve
  })
  const scan: Scanner = ({ signal }) => {
    asked()
    signal.addEventListener('abort', () => {
      aborted = true
    })
    return new Promise(() => undefined)
  }
  const at = world({ scan, scanSeconds: 5 })
  const outcome = at.receive([form(filePart('file', 'a.txt', 'x', ''))])
  await waits
  t.mock.timers.tick(5000)
  const told = await outcome
  assert.equal(told.ok ? '' : told.refusal.code, 'uploads.scanner_down')
  assert.ok(aborted)
})

test('nobody can read a file before its scanner has answered', async () => {
  let answer: () => void = () => undefined
  let asked: () => void = () => undefined
  const waits = new Promise<void>(resolve => {
    asked = resolve
  })
  const scan: Scanner = () => {
    asked()
    return new Promise(resolve => {
      answer = () => resolve({ clean: true })
    })
  }
  const at = world({ scan })
  const outcome = at.receive([form(filePart('file', 'a.txt', 'x', ''))])
  await waits
  assert.deepEqual(await at.files.list('ann'), [])
  assert.equal(at.quarantine().length, 1)
  answer()
  assert.ok((await outcome).ok)
  assert.equal((await at.files.list('ann')).length, 1)
})

test('a scanner sees where the file is, how large, of which type and hash', async () => {
  const at = world({
    scan: async input => {
      assert.ok(input.path.startsWith(at.folder))
      assert.equal(input.type, 'text/plain')
      assert.equal(input.bytes, 5)
      assert.match(input.sha256, /^[0-9a-f]{64}$/)
      assert.equal((await input.read(1, 3)).toString(), 'ell')
      return { clean: true }
    },
  })
  assert.ok((await at.receive([form(filePart('file', 'a.txt', 'hello', ''))])).ok)
})
