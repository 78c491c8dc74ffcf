// Runs in a process of its own: the scorer, with the one host it asks for led to ports of this machine.
import { writeFileSync } from 'node:fs'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const [folder, host, httpPort, httpsPort] = process.argv.slice(2)
const ports = { 80: Number(httpPort), 443: Number(httpsPort) }
const { connect } = Socket.prototype
Socket.prototype.connect = function (...given) {
  const [options] = Array.isArray(given[0]) ? given[0] : given
  const port = options?.host === host ? ports[options.port] : undefined
  if (port === undefined) throw new Error(`nobody but ${host} is asked: ${options?.host}`)
  options.host = '127.0.0.1'
  options.port = port
  options.lookup = undefined
  return connect.apply(this, given)
}

const scorer = join(folder, 'node_modules/@mdn/mdn-http-observatory')
// Both lists are downloaded by an install script that nobody ran: no preloaded hosts, no public suffixes.
writeFileSync(join(scorer, 'conf/hsts-preload.json'), '{}')
writeFileSync(join(scorer, 'conf/tld-list.json'), '[]')
const { scan } = await import(pathToFileURL(join(scorer, 'src/scanner/index.js')).href)
const { scan: result, tests } = await scan(host)
const told = Object.values(tests).map(one => ({
  name: one.constructor.name,
  result: one.result,
  pass: one.pass,
}))
process.stdout.write(JSON.stringify({ grade: result.grade, score: result.score, tests: told }))
process.exit(0)
