// A service that had users long before it had Bulwark. Their profiles stay in the table they are in; who
// they are moves to Bulwark's accounts, old hash and all, which is replaced at the next sign-in.
import { DatabaseSync } from 'node:sqlite'
import { assemble } from 'bulwark'
import { bulwark, protect } from 'bulwark/express'
import express from 'express'
import { printed } from './mails.ts'

const port = Number(process.env['PORT'] ?? 3000)
const db = new DatabaseSync(':memory:')
db.exec('create table users (id integer primary key, email text, bcrypt text, nickname text)')
db.prepare('insert into users (email, bcrypt, nickname) values (?, ?, ?)').run(
  'Ann@Example.com',
  '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', // U*U
  'annie',
)

const defences = await assemble({
  origin: `http://localhost:${port}`,
  account: { mailer: printed },
})

// Once, in a migration: one account for each user who has none yet. Running it again is harmless.
const request = { id: 'migration', method: '', route: 'migration', address: '', device: '' }
db.exec('alter table users add column account_id text')
for (const user of db.prepare('select * from users where account_id is null').all()) {
  const made = await defences.account?.createAccount(
    { visit: { request, cookies: undefined }, actorId: undefined },
    { email: String(user['email']), passwordHash: String(user['bcrypt']), verified: true },
  )
  if (made?.ok !== true) throw new Error(`${user['email']}: ${made?.refusal.code}`)
  db.prepare('update users set account_id = ? where id = ?').run(made.value.id, Number(user['id']))
}

const app = express()
app.use(bulwark({ bulwark: defences }))
app.get('/profile', protect({ access: { signedIn: true } }), ({ principal }, response) => {
  const mine = db.prepare('select nickname from users where account_id = ?')
  response.json(mine.get(principal?.accountId ?? '') ?? { nickname: null })
})

app.listen(port, '127.0.0.1', () => {
  process.stdout.write(`listening on http://localhost:${port}\n`)
})
