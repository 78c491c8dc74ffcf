import type { Socket } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createServer } from 'node:tls'
import { freePort } from '../testing/running.ts'

/** A mail server that delivers everything to one place. */
export interface Mailbox {
  readonly port: number
  readonly received: number
  /** The token of the newest link to `page` that was sent to this address; waits for it. */
  token(email: string, page: string, patienceMs: number): Promise<string | undefined>
  close(): void
}

export async function mailbox(certificate: {
  readonly key: string
  readonly cert: string
}): Promise<Mailbox> {
  const mails = new Map<string, string[]>()
  const sockets = new Set<Socket>()
  let received = 0
  const server = createServer(certificate, socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
    conversation(socket, (to, text) => {
      received += 1
      mails.set(to, [...(mails.get(to) ?? []), text])
    })
  })
  const port = await freePort()
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  return {
    port,
    get received() {
      return received
    },
    async token(email, page, patienceMs) {
      const link = new RegExp(`/${page}#token=([\\w-]+)`)
      const end = performance.now() + patienceMs
      while (performance.now() < end) {
        const found = mails.get(email)?.findLast(text => link.test(text))
        if (found !== undefined) return link.exec(found)?.[1]
        await pause(50)
      }
      return undefined
    },
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** As much of RFC 5321 as one sender needs. */
function conversation(socket: Socket, deliver: (to: string, text: string) => void): void {
  let waiting = ''
  let to = ''
  let inData = false
  const answer = (text: string): void => void socket.write(`${text}\r\n`)
  answer('220 mailbox')
  socket.setEncoding('latin1')
  socket.on('data', chunk => {
    waiting += chunk
    for (;;) {
      const ending = inData ? '\r\n.\r\n' : '\r\n'
      const at = waiting.indexOf(ending)
      if (at < 0) return
      const text = waiting.slice(0, at)
      waiting = waiting.slice(at + ending.length)
      if (inData) {
        inData = false
        deliver(to, text.replaceAll('=\r\n', '').replaceAll('=3D', '='))
        answer('250 kept')
        continue
      }
      const word = text.slice(0, 4).toUpperCase()
      if (word === 'RCPT') to = /<([^>]*)>/.exec(text)?.[1] ?? ''
      inData = word === 'DATA'
      if (word === 'QUIT') socket.end('221 bye\r\n')
      else answer(inData ? '354 go on' : '250 ok')
    }
  })
}
