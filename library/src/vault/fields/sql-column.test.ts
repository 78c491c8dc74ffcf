import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import pg from 'pg'
import { systemRandom } from '../../kernel/random.ts'
import { leftOut, testPostgres } from '../../store/conformance/engines.ts'
import { keyRing } from '../secrets/ring.ts'
import { fields } from './fields.ts'
import { reseal } from './reseal.ts'
import { sqlColumn } from './sql-column.ts'

const OLD = Buffer.from('the old root key is at least 32 bytes')
const NEW = Buffer.from('a new root key that has 32 bytes, too')
const random = systemRandom()
const sealedBefore = fields({ ring: keyRing(OLD), random }).field('accounts', 'phone')
const newRing = keyRing(NEW, [{ root: OLD, until: 0 }])
const now = fields({ ring: newRing, random }).field('accounts', 'phone')

const engine = await testPostgres()
if ('absent' in engine) leftOut('sealing anew', engine)
else {
  describe('on PostgreSQL', () => {
    const client = new pg.Client({ connectionString: engine.url })
    before(async () => {
      await client.connect()
      await client.query(
        'create table accounts (id uuid primary key, phone text, phone_index text)',
      )
    })
    after(async () => {
      await client.end()
      await engine.stop()
    })

    test('every value of a column with UUID keys comes under the new key, once', async () => {
      const numbers = new Map<string, string>()
      for (let i = 0; i < 450; i++) {
        const id = randomUUID()
        numbers.set(id, `+49 ${i}`)
        await client.query('insert into accounts values ($1, $2, $3)', [
          id,
          sealedBefore.seal(id, `+49 ${i}`),
          sealedBefore.index(`+49 ${i}`),
        ])
      }
      const source = sqlColumn(
        async (text, values) => (await client.query(text, [...values])).rows,
        {
          table: 'accounts',
          column: 'phone',
          index: 'phone_index',
          dialect: 'postgres',
        },
      )
      const end = await reseal(now, source, { batch: 300, wait: async () => {} }).done
      assert.deepEqual([end.total, end.resealed, end.unopened.length], [450, 450, 0])
      assert.deepEqual(await source.underKeys(), new Map([[newRing.current.id, 450]]))
      for (const { id, phone, phone_index } of (await client.query('select * from accounts'))
        .rows) {
        const number = numbers.get(id) ?? ''
        assert.deepEqual(now.open(id, phone), { ok: true, value: number })
        assert.equal(phone_index, now.index(number))
      }
    })
  })
}
