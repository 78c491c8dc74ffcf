import { after } from 'node:test'
import { storesConform } from '../conformance/conformance.ts'
import { leftOut, testPostgres } from '../conformance/engines.ts'
import { postgresStores } from './postgres.ts'

const engine = await testPostgres()
if ('absent' in engine) leftOut('postgres', engine)
else {
  after(() => engine.stop())
  const { url: connectionString } = engine
  storesConform(
    'postgres',
    () => postgresStores({ connectionString, migrate: 'apply', deadlineMs: 20_000 }),
    engine.engine,
  )
}
