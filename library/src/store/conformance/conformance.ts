import { after, before, describe } from 'node:test'
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

/** Runs the suites of all ports on one driver. What every driver must do stands here, once. */
export function storesConform(driver: string, open: () => Promise<Stores>): void {
  describe(driver, () => {
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
