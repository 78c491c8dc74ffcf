import { mkdirSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { assemble } from 'bulwark'
import type { Mailer } from 'bulwark/mail'
import { sqliteStores } from 'bulwark/sqlite'
import { service } from './service.ts'

const { NODE_ENV, BULWARK_ROOT_KEY, ORIGIN, DATA = '.data', PORT = '3000' } = process.env

/** Prints mails. In production use `smtpMailer({ … })` of `bulwark/mail` instead. */
const printed: Mailer = {
  kind: 'console',
  async send({ to, subject, text }) {
    process.stdout.write(`--- mail to ${to}: ${subject}\n${text}\n---\n`)
  },
}
if (NODE_ENV === 'production') throw new Error('give main.ts a mailer that sends, see bulwark/mail')

mkdirSync(DATA, { recursive: true, mode: 0o700 })
const db = new DatabaseSync(`${DATA}/service.db`)
const stores = sqliteStores({ path: `${DATA}/bulwark.db` })
const defences = await assemble({
  origin: ORIGIN ?? `http://localhost:${PORT}`,
  rootKey: BULWARK_ROOT_KEY,
  stores,
  account: { mailer: printed },
})
const app = await service(defences, db)
await app.listen({ port: Number(PORT), host: '127.0.0.1' })
process.stdout.write(`listening on http://localhost:${PORT}\n`)

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    await app.close()
    await stores.close()
    db.close()
  })
}
