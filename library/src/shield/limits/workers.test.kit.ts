import cluster from 'node:cluster'
import { createServer } from 'node:http'
import { systemRandom } from '../../kernel/random.ts'
import { recycle } from './recycle.ts'
import { retire, superviseWorkers, whenLetGo } from './workers.ts'

/** A service of two workers, each of which retires after about five requests. A program of its own. */
if (cluster.isPrimary) {
  const workers = superviseWorkers({
    count: 2,
    graceSeconds: 5,
    onEvent: event => process.send?.(event),
  })
  cluster.on('listening', (_worker, { port }) => process.send?.({ what: 'listening', port }))
  process.on('message', () => {
    void workers.stop().then(() => process.exit(0))
  })
} else {
  const worn = recycle({ requests: 5, rssBytes: 0, jitter: 0, random: systemRandom() })
  const server = createServer((message, response) => {
    if (message.url === '/die') process.exit(3)
    response.setHeader('connection', 'close')
    response.end(String(process.pid))
    if (worn.count()) retire()
  })
  server.listen(0, '127.0.0.1')
  whenLetGo(async () => undefined)
}
