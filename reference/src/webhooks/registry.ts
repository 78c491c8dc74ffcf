import type { WebhookDelivery, WebhookEndpoint, WebhookRegistry } from 'bulwark/webhooks'
import type { Database, Row } from '../data/database.ts'

const TABLES = [
  `create table if not exists webhooks (
    id text primary key,
    owner text not null,
    url text not null,
    events text not null,
    secrets text not null,
    previous_until bigint,
    created_at bigint not null,
    failures integer not null,
    disabled_at bigint
  )`,
  'create index if not exists webhooks_by_owner on webhooks (owner)',
  `create table if not exists webhook_deliveries (
    id text primary key,
    endpoint_id text not null,
    message_id text not null,
    event text not null,
    body text not null,
    attempt integer not null,
    at bigint not null,
    duration_ms integer not null,
    status integer,
    outcome text not null
  )`,
  'create index if not exists deliveries_by_endpoint on webhook_deliveries (endpoint_id, at)',
]

/** Attempts kept for one endpoint. */
const KEPT = 500

/** Endpoints and deliveries in the service's own tables. */
export async function webhookRegistry(database: Database): Promise<WebhookRegistry> {
  await database.define(TABLES)
  return {
    // The count and the row are one statement, and those of one owner see each other's rows.
    async add(endpoint, most) {
      const added = await database.inTurn(
        `webhooks of ${endpoint.owner}`,
        `insert into webhooks
         select ?, ?, ?, ?, ?, cast(? as bigint), cast(? as bigint), cast(? as integer), cast(? as bigint)
         where (select count(*) from webhooks where owner = ?) < cast(? as integer) returning id`,
        [
          endpoint.id,
          endpoint.owner,
          endpoint.url,
          JSON.stringify(endpoint.events),
          JSON.stringify(endpoint.secrets),
          endpoint.previousUntil ?? null,
          endpoint.createdAt,
          endpoint.failures,
          endpoint.disabledAt ?? null,
          endpoint.owner,
          most,
        ],
      )
      return added.length === 1
    },
    async ofOwner(owner) {
      const rows = await database.all(
        'select * from webhooks where owner = ? order by created_at',
        [owner],
      )
      return rows.map(endpointOf)
    },
    async find(id) {
      return (await database.all('select * from webhooks where id = ?', [id])).map(endpointOf)[0]
    },
    async change(id, change) {
      const sets: string[] = []
      const values: (string | number | null)[] = []
      for (const [name, column] of [
        ['failures', 'failures'],
        ['disabledAt', 'disabled_at'],
      ] as const) {
        if (!Object.hasOwn(change, name)) continue
        sets.push(`${column} = ?`)
        values.push(change[name] ?? null)
      }
      if (sets.length === 0) return
      await database.all(`update webhooks set ${sets.join(', ')} where id = ?`, [...values, id])
    },
    async rotate(id, before, secrets, previousUntil) {
      const rotated = await database.all(
        'update webhooks set secrets = ?, previous_until = ? where id = ? and secrets = ? returning id',
        [JSON.stringify(secrets), previousUntil, id, JSON.stringify(before)],
      )
      return rotated.length === 1
    },
    async gaveUp(id, disableAfter, now) {
      const counted = await database.all(
        `update webhooks set failures = failures + 1,
           disabled_at = case when failures + 1 >= cast(? as integer)
             then coalesce(disabled_at, cast(? as bigint)) else disabled_at end
         where id = ? returning disabled_at`,
        [disableAfter, now, id],
      )
      return counted.some(row => row['disabled_at'] !== null)
    },
    async remove(owner, id) {
      const gone = await database.all(
        'delete from webhooks where owner = ? and id = ? returning id',
        [owner, id],
      )
      if (gone.length === 0) return false
      await database.all('delete from webhook_deliveries where endpoint_id = ?', [id])
      return true
    },
    async log(delivery) {
      await database.all('insert into webhook_deliveries values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)', [
        delivery.id,
        delivery.endpointId,
        delivery.messageId,
        delivery.event,
        delivery.body,
        delivery.attempt,
        delivery.at,
        delivery.durationMs,
        delivery.status ?? null,
        delivery.outcome,
      ])
      await database.all(
        `delete from webhook_deliveries where endpoint_id = ? and id not in (
           select id from webhook_deliveries where endpoint_id = ? order by at desc, id limit ${KEPT})`,
        [delivery.endpointId, delivery.endpointId],
      )
    },
    async deliveries(owner, endpointId, limit) {
      const rows = await database.all(
        `select d.* from webhook_deliveries d join webhooks w on w.id = d.endpoint_id
         where w.owner = ? and d.endpoint_id = ? order by d.at desc, d.id limit ?`,
        [owner, endpointId, limit],
      )
      return rows.map(deliveryOf)
    },
    async delivery(owner, id) {
      const rows = await database.all(
        `select d.* from webhook_deliveries d join webhooks w on w.id = d.endpoint_id
         where w.owner = ? and d.id = ?`,
        [owner, id],
      )
      return rows.map(deliveryOf)[0]
    },
  }
}

const number = (row: Row, name: string): number | undefined =>
  row[name] === null || row[name] === undefined ? undefined : Number(row[name])

function endpointOf(row: Row): WebhookEndpoint {
  return {
    id: String(row['id']),
    owner: String(row['owner']),
    url: String(row['url']),
    events: JSON.parse(String(row['events'])) as string[],
    secrets: JSON.parse(String(row['secrets'])) as string[],
    previousUntil: number(row, 'previous_until'),
    createdAt: Number(row['created_at']),
    failures: Number(row['failures']),
    disabledAt: number(row, 'disabled_at'),
  }
}

function deliveryOf(row: Row): WebhookDelivery {
  return {
    id: String(row['id']),
    endpointId: String(row['endpoint_id']),
    messageId: String(row['message_id']),
    event: String(row['event']),
    body: String(row['body']),
    attempt: Number(row['attempt']),
    at: Number(row['at']),
    durationMs: Number(row['duration_ms']),
    status: number(row, 'status'),
    outcome: String(row['outcome']) as WebhookDelivery['outcome'],
  }
}
