import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Bulwark } from 'bulwark'
import { open } from './src/data/open.ts'
import { service as assembled } from './src/service.ts'
import { settings } from './src/settings.ts'

/** Its pages and files have tests of their own, which `bulwark dossier` may name. */
export const isReference = true

/**
 * The reference service as production would start it, for `bulwark doctor` and `bulwark dossier`:
 * what the environment says, and for what it does not say, something that is thrown away again.
 */
export async function service(): Promise<Pick<Bulwark, 'posture' | 'facts' | 'close'>> {
  const folder = mkdtempSync(join(tmpdir(), 'bulwark-doctor-'))
  const given = settings(
    {
      BULWARK_ORIGIN: 'https://app.example',
      BULWARK_ROOT_KEY: randomBytes(32).toString('base64url'),
      BULWARK_SMTP_URL: 'smtps://mail.example?from=no-reply@app.example',
      BULWARK_DATA: folder,
      ...process.env,
      NODE_ENV: 'production',
    },
    folder,
  )
  const opened = await open(given)
  const { app } = await assembled(given, { ...opened, logLevel: 'silent' })
  const { posture, facts } = app.bulwark
  return {
    posture,
    facts,
    async close() {
      await app.close()
      await opened.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
