#!/usr/bin/env node
import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

const [asked, ...rest] = process.argv.slice(2)

if (asked === undefined || asked.startsWith('-') || rest.length > 0) {
  process.stdout.write('npm create bulwark FOLDER\n\nFor example: npm create bulwark my-service\n')
  process.exit(asked === '--help' || asked === '-h' ? 0 : 2)
}

const folder = resolve(asked)
if (existsSync(folder) && readdirSync(folder).length > 0) {
  process.stderr.write(`create-bulwark: ${folder} is not empty; name another folder\n`)
  process.exit(2)
}

cpSync(join(import.meta.dirname, 'template'), folder, { recursive: true })
// npm leaves files of that name out of what it packs.
renameSync(join(folder, 'gitignore'), join(folder, '.gitignore'))
const manifest = join(folder, 'package.json')
const name = basename(folder)
  .toLowerCase()
  .replaceAll(/[^a-z0-9._~-]/g, '-')
  .replace(/^[._-]+/, '')
writeFileSync(
  manifest,
  readFileSync(manifest, 'utf8').replace('"my-service"', `"${name || 'service'}"`),
)
const rootKey = randomBytes(32).toString('base64url')
writeFileSync(join(folder, '.env'), `BULWARK_ROOT_KEY=${rootKey}\n`, { mode: 0o600 })

process.stdout.write(`${folder}

  cd ${asked}
  npm install
  npm start       # http://localhost:3000
  npm test        # the service, and a walk through its routes as two people
`)
