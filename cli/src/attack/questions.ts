import type { Terminal } from '../command.ts'
import type { Account, AttackConfig } from './config/config.ts'

/** Asks what cannot be read off a service; an empty answer leaves the part out. */
export async function questions(terminal: Pick<Terminal, 'out' | 'input'>): Promise<AttackConfig> {
  const lines = linesOf(terminal.input)
  const ask = async (question: string): Promise<string> => {
    terminal.out(`${question}\n> `)
    return ((await lines.next()).value ?? '').trim()
  }
  const alice = await ask(
    'Who may sign in? Name of a test account, or "register" to have one signed up:',
  )
  const bob = await ask('And a second one, to try what is not theirs?')
  const probe = await ask('Which GET shows who is signed in, such as /me?')
  const logout = await ask('Which POST signs out, such as /logout?')
  const mail = await ask(
    'Where can the mails be read that are sent: a path, such as /dev/outbox, or a file?',
  )
  const accounts = { ...account('alice', alice), ...account('bob', bob) }
  return {
    ...(Object.keys(accounts).length > 0 && { accounts }),
    ...(probe !== '' && {
      session: { probe: `GET ${probe}`, ...(logout !== '' && { logout: `POST ${logout}` }) },
    }),
    ...(mail !== '' && { mail: mail.startsWith('/') ? { http: `GET ${mail}` } : { file: mail } }),
  }
}

function account(name: string, answer: string): Record<string, Account> {
  if (answer === '') return {}
  if (answer === 'register') return { [name]: { register: true } }
  return { [name]: { user: answer, password: { env: `${name.toUpperCase()}_PASSWORD` } } }
}

async function* linesOf(input: AsyncIterable<Uint8Array>): AsyncGenerator<string, undefined> {
  let rest = ''
  for await (const chunk of input) {
    const lines = (rest + Buffer.from(chunk).toString('utf8')).split('\n')
    rest = lines.pop() ?? ''
    yield* lines
  }
  if (rest !== '') yield rest
  return undefined
}
