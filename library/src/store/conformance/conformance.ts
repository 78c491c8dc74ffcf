import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Stores } from '../port/stores.ts'
import { accountsConform } from './accounts.ts'
import { auditLogConform } from './audit-log.ts'
import { countersConform } from './counters.ts'
import { credentialsConform } from './credentials.ts'
import type { Opened } from './examples.ts'
import { jobsConform } from './jobs.ts'
import { oneTimeTokensConform } from './one-time-tokens.ts'
import { refreshTokensConform } from './refresh-tokens.ts'
import { sessionsConform } from './sessions.ts'

/** The oldest version that the page on production promises. */
const OLDEST: Readonly<Record<string, number>> = { PostgreSQL: 15, Redis: 7, Valkey: 8 }

/**
 * Runs the suites of all ports on one driver. What every driver must do stands here, once. `engine`
 * is the server behind it, with its version; the report names it.
 */
export function storesConform(driver: string, open: () => Promise<Stores>, engine?: string): void {
  describe(driver, () => {
    if (engine !== undefined) {
      test(`${driver}: the server is one that is promised`, context => {
        context.diagnostic(`engine ${engine}`)
        const [name = '', version = ''] = engine.split(' ')
        assert.ok(Number.parseInt(version, 10) >= (OLDEST[name] ?? Number.NaN), engine)
      })
    }
    let stores: Stores | undefined
    before(async () => {
      stores = await open()
    })
    after(() => stores?.close())
    const opened: Opened = () => {
      if (stores === undefined) throw new Error('the store was not opened')
      return stores
    }
    accountsConform(driver, opened)
    credentialsConform(driver, opened)
    sessionsConform(driver, opened)
    refreshTokensConform(driver, opened)
    oneTimeTokensConform(driver, opened)
    countersConform(driver, opened)
    auditLogConform(driver, opened)
    jobsConform(driver, opened)
  })
}
