import { type IncomingMessage, request as send } from 'node:http'

/** Somebody who is signed in at a server that is measured. */
export interface Client {
  readonly cookie: string
  readonly csrfToken: string
}

interface Answer {
  readonly status: number
  readonly cookies: readonly string[]
  readonly text: string
}

function ask(port: number, path: string, cookies: readonly string[]): Promise<Answer> {
  const headers = { host: `localhost:${port}`, cookie: cookies.join('; ') }
  return new Promise((resolve, reject) => {
    const take = (incoming: IncomingMessage): void => {
      let text = ''
      incoming.setEncoding('utf8')
      incoming.on('data', (part: string) => {
        text += part
      })
      incoming.on('end', () => {
        const set = incoming.headers['set-cookie'] ?? []
        const pairs = set.map(cookie => cookie.slice(0, cookie.indexOf(';')))
        resolve({ status: incoming.statusCode ?? 0, cookies: pairs, text })
      })
    }
    send({ host: '127.0.0.1', port, path, headers }, take).on('error', reject).end()
  })
}

/**
 * Signs so many people in, each with a session and a token of their own, and makes sure that the
 * server knows them again; a server that knows nobody has none.
 */
export async function signedIn(port: number, count: number): Promise<readonly Client[]> {
  const clients: Client[] = []
  for (let made = 0; made < count; made++) {
    const login = await ask(port, '/login', [])
    if (login.status === 404) return []
    const token = await ask(port, '/csrf-token', login.cookies)
    const cookies = byName([...login.cookies, ...token.cookies])
    const { csrfToken = '' } = token.status === 200 ? JSON.parse(token.text) : {}
    const { account } = JSON.parse((await ask(port, '/me', cookies)).text)
    if (typeof account !== 'string' || account === '') throw new Error('nobody is signed in')
    clients.push({ cookie: cookies.join('; '), csrfToken })
  }
  return clients
}

/** As a browser keeps them: a later cookie of a name replaces an earlier one. */
function byName(pairs: readonly string[]): readonly string[] {
  const kept = new Map(pairs.map(pair => [pair.slice(0, pair.indexOf('=')), pair]))
  return [...kept.values()]
}
