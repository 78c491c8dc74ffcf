import { connect, type Socket } from 'node:net'
import { ConfigFault } from '../../../kernel/fault.ts'
import type { ScanInput, Scanner, ScanVerdict } from './scan.ts'

/** Where clamd listens: a Unix socket, or a port of this machine or a private network. */
export type ClamavOptions =
  | { readonly socket: string }
  | { readonly host: string; readonly port: number }

const CHUNK_BYTES = 64 * 1024
const MAX_ANSWER_BYTES = 4096

/**
 * A scanner that streams every file to clamd (`INSTREAM`). Only a plain `OK` is clean: a limit that
 * was reached, an error or a broken connection are no verdict, and reject.
 *
 * clamd lets pass what is larger than its own `MaxScanSize`, and ends the connection beyond its
 * `StreamMaxLength`: set both above `maxBytes` and `AlertExceedsMax yes`.
 *
 * @see clamd(8), INSTREAM; ASVS 5.4.3
 */
export function clamav(options: ClamavOptions): Scanner {
  if ('port' in options && !(Number.isInteger(options.port) && options.port > 0)) {
    throw new ConfigFault('uploads.scan', 'clamav needs a port; clamd usually listens on 3310')
  }
  return async input => {
    const socket =
      'socket' in options
        ? connect({ path: options.socket })
        : connect({ host: options.host, port: options.port })
    const cancel = (): void => void socket.destroy(new Error('given up'))
    input.signal.addEventListener('abort', cancel, { once: true })
    try {
      const answer = answerOf(socket)
      await Promise.race([send(socket, input), answer])
      return verdictOf(await answer)
    } finally {
      input.signal.removeEventListener('abort', cancel)
      socket.destroy()
    }
  }
}

/** `zINSTREAM`, then pieces with their length before them, then a length of zero. */
async function send(socket: Socket, input: ScanInput): Promise<void> {
  socket.write('zINSTREAM\0')
  for (let at = 0; at < input.bytes; ) {
    const piece = await input.read(at, Math.min(CHUNK_BYTES, input.bytes - at))
    if (piece.length === 0) throw new Error('the file is shorter than it was')
    at += piece.length
    if (!(await written(socket, lengthOf(piece.length), piece))) return
  }
  await written(socket, lengthOf(0))
}

function lengthOf(bytes: number): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes)
  return length
}

/** False when clamd has stopped listening: its answer says why. */
function written(socket: Socket, ...pieces: readonly Buffer[]): Promise<boolean> {
  return new Promise(resolve => {
    if (!socket.writable) return resolve(false)
    socket.write(Buffer.concat(pieces), error => resolve(error === null || error === undefined))
  })
}

function answerOf(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = ''
    socket.setEncoding('utf8')
    socket.on('data', (piece: string) => {
      text += piece
      if (text.includes('\0')) resolve(text.slice(0, text.indexOf('\0')))
      else if (text.length > MAX_ANSWER_BYTES) reject(new Error('clamd answers without end'))
    })
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('clamd ended the connection')))
  })
}

function verdictOf(answer: string): ScanVerdict {
  if (answer === 'stream: OK') return { clean: true }
  const finding = /^stream: (.{1,200}) FOUND$/.exec(answer)?.[1]
  if (finding !== undefined) return { clean: false, finding }
  throw new Error(`clamd answered ${JSON.stringify(answer.slice(0, 100))}`)
}
