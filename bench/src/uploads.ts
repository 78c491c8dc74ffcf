import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { shown, spread } from './statistics.ts'

/** Sources take 40 MiB more than what was built: for memory, `tsc -b bench` and run `dist/uploads.js`. */
const SERVER = fileURLToPath(
  new URL(`servers/uploads.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url),
)
const BOUNDARY = '----WebKitFormBoundaryA7fQpLr2mXw90bZk'
const BLOCK = 64 * 1024
const canPin = existsSync('/usr/bin/taskset')

/** A body that is made while it is sent. */
interface Sent {
  readonly bytes: number
  pieces(): Iterable<Buffer>
}

interface Cost {
  readonly cpu: number
  readonly rss: number
}

function head(name: string, fileName: string, type: string): Buffer {
  return Buffer.from(
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"; filename="${fileName}"\r\nContent-Type: ${type}\r\n\r\n`,
  )
}

const tail = Buffer.from(`\r\n--${BOUNDARY}--\r\n`)

/** One file: `start` and then `block` again and again up to `bytes`. */
function oneFile(
  fileName: string,
  type: string,
  start: Buffer,
  block: Buffer,
  bytes: number,
): Sent {
  const before = Buffer.concat([head('file', fileName, type), start])
  const blocks = Math.floor((bytes - start.length) / block.length)
  const rest = block.subarray(0, (bytes - start.length) % block.length)
  return {
    bytes: before.length + blocks * block.length + rest.length + tail.length,
    *pieces() {
      yield before
      for (let i = 0; i < blocks; i++) yield block
      yield rest
      yield tail
    },
  }
}

/** An MP4 whose media is noise: it is judged box by box, and hashed to the last byte. */
function movie(bytes: number): Sent {
  const box = (type: string, ...content: readonly Buffer[]): Buffer => {
    const body = Buffer.concat(content)
    const size = Buffer.alloc(8)
    size.writeUInt32BE(body.length + 8)
    size.write(type, 4)
    return Buffer.concat([size, body])
  }
  const track = box('trak', box('tkhd', Buffer.alloc(76), Buffer.from([1, 64, 0, 0, 0, 240, 0, 0])))
  const start = Buffer.concat([
    box('ftyp', Buffer.from('isom\0\0\0\0isommp41')),
    box('moov', box('mvhd', Buffer.alloc(100)), track),
    Buffer.alloc(16),
  ])
  start.writeUInt32BE(1, start.length - 16)
  start.write('mdat', start.length - 12)
  start.writeBigUInt64BE(BigInt(bytes - start.length + 16), start.length - 8)
  return oneFile('film.mp4', 'video/mp4', start, noise(BLOCK), bytes)
}

function manyFiles(parts: number): Sent {
  const content = Buffer.alloc(1024, 'a kibibyte of words, over and over again; ')
  const whole = Buffer.concat([
    ...Array.from({ length: parts }, (_, i) =>
      Buffer.concat([
        head(`file${i}`, `words${i}.txt`, 'text/plain'),
        content,
        Buffer.from('\r\n'),
      ]),
    ),
    tail.subarray(2),
  ])
  return {
    bytes: whole.length,
    *pieces() {
      for (let at = 0; at < whole.length; at += BLOCK) yield whole.subarray(at, at + BLOCK)
    },
  }
}

function noise(bytes: number): Buffer {
  const out = Buffer.alloc(bytes)
  let state = 1
  for (let i = 0; i < bytes; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    out[i] = state >>> 24
  }
  return out
}

const SHAPES: Readonly<Record<string, Buffer>> = {
  'random bytes': noise(BLOCK),
  'line ends': Buffer.alloc(BLOCK, '\r\n'),
  'boundaries less a byte': Buffer.alloc(BLOCK, `\r\n--${BOUNDARY}`.slice(0, -1)),
  'lines of words': Buffer.alloc(BLOCK, 'some words in a line\r\n'),
}

interface Server {
  readonly port: number
  stop(): Promise<void>
}

async function started(name: string, folder: string): Promise<Server> {
  const conditions = SERVER.endsWith('.ts') ? ['--conditions=bulwark:source'] : []
  const node = [...conditions, SERVER, name, folder]
  const [command, args] = canPin
    ? (['taskset', ['-c', '0', process.execPath, ...node]] as const)
    : ([process.execPath, node] as const)
  const child: ChildProcess = spawn(command, args, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const [port] = await once(child, 'message')
  return {
    port,
    async stop() {
      child.kill()
      await once(child, 'exit')
    },
  }
}

/** Sends one body and answers what the server says that it cost. */
function post(port: number, sent: Sent): Promise<Cost> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    socket.setEncoding('utf8')
    socket.on('error', reject)
    socket.on('data', (piece: string) => {
      text += piece
      const json = /\r\n\r\n[\s\S]*?(\{.*\})/.exec(text)?.[1]
      if (json === undefined) return
      socket.destroy()
      resolve(JSON.parse(json))
    })
    socket.on('close', () => reject(new Error(`no answer: ${text.slice(0, 300)}`)))
    const run = async (): Promise<void> => {
      socket.write(
        `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: multipart/form-data; boundary=${BOUNDARY}\r\ncontent-length: ${sent.bytes}\r\n\r\n`,
      )
      for (const piece of sent.pieces()) if (!socket.write(piece)) await once(socket, 'drain')
    }
    run().catch(reject)
  })
}

export interface UploadsBenchOptions {
  readonly rounds: number
  /** Of the large file. */
  readonly mebibytes: number
  /** Of the many small ones. */
  readonly parts: number
  /** Leaves out all but the hostile content. */
  readonly onlyShapes?: boolean
}

/**
 * Server CPU in turns, each contender in a fresh process of its own, files on tmpfs where there is
 * one; ratios are taken within a round.
 */
export async function uploadsBench(options: UploadsBenchOptions): Promise<void> {
  const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'bulwark-bench-'))
  try {
    if (options.onlyShapes === true) {
      await shapes(options, root)
      return
    }
    const large = movie(options.mebibytes * 1024 * 1024)
    const title = `${options.mebibytes} MiB`
    await compared(
      `${title} to the disk`,
      'http to a file',
      [
        ['ours to files', 1.1],
        ['ours kept', 1.5],
        ['busboy to files', undefined],
        ['@fastify/busboy to files', undefined],
      ],
      large,
      false,
      options,
      root,
    )
    const small = manyFiles(options.parts)
    await compared(
      `${options.parts} parts of 1 KiB, discarded`,
      'busboy discarded',
      [
        ['ours discarded', 0.35],
        ['http discarded', undefined],
        ['@fastify/busboy discarded', undefined],
      ],
      small,
      true,
      options,
      root,
    )
    await compared(
      `${options.parts} parts of 1 KiB, to files`,
      'busboy to files',
      [
        ['ours to files', 0.65],
        ['@fastify/busboy to files', undefined],
      ],
      small,
      true,
      options,
      root,
    )
    await shapes(options, root)
    await memory(title, large, root)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

type Entries = readonly (readonly [name: string, most: number | undefined])[]

async function compared(
  what: string,
  base: string,
  entries: Entries,
  sent: Sent,
  warm: boolean,
  options: UploadsBenchOptions,
  root: string,
): Promise<void> {
  const all = [[base, undefined] as const, ...entries]
  const ratios = new Map<string, number[]>(all.map(([name]) => [name, []]))
  const costs = new Map<string, Cost[]>(all.map(([name]) => [name, []]))
  for (let round = 0; round < options.rounds; round++) {
    const order = round % 2 === 0 ? all : all.toReversed()
    const now = new Map<string, Cost>()
    for (const [name] of order) now.set(name, await once_(name, sent, warm, root))
    for (const [name, cost] of now) {
      ratios.get(name)?.push(cost.cpu / (now.get(base)?.cpu ?? Number.NaN))
      costs.get(name)?.push(cost)
    }
  }
  console.log(`\n${what}: server CPU against "${base}"`)
  for (const [name, most] of all) {
    const cpu = spread((costs.get(name) ?? []).map(cost => cost.cpu)).median
    const rss = Math.max(...(costs.get(name) ?? []).map(cost => cost.rss))
    const aim = most === undefined ? '' : `   aim ${most.toFixed(2)}`
    console.log(
      `${name.padEnd(28)} ${shown(spread(ratios.get(name) ?? [])).padEnd(20)} ${cpu.toFixed(0).padStart(6)} ms ${rss.toFixed(0).padStart(5)} MiB${aim}`,
    )
  }
}

async function once_(name: string, sent: Sent, warm: boolean, root: string): Promise<Cost> {
  const folder = mkdtempSync(join(root, 'run-'))
  const server = await started(name, folder)
  try {
    if (warm) for (let i = 0; i < 2; i++) await post(server.port, sent)
    return await post(server.port, sent)
  } finally {
    await server.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function shapes(options: UploadsBenchOptions, root: string): Promise<void> {
  const bytes = 32 * 1024 * 1024
  const ratios = new Map<string, number[]>()
  for (let round = 0; round < options.rounds; round++) {
    const server = await started('ours discarded', root)
    const cost = async (block: Buffer): Promise<number> => {
      const sent = oneFile('a.bin', 'text/plain', Buffer.alloc(0), block, bytes)
      return (await post(server.port, sent)).cpu
    }
    // Twice through all of them first, so that none is measured on code that is still being compiled.
    const costs = new Map<string, number>()
    for (let turn = 0; turn < 3; turn++) {
      for (const [name, block] of Object.entries(SHAPES)) costs.set(name, await cost(block))
    }
    const floor = costs.get('random bytes') ?? Number.NaN
    for (const [name, measured] of costs) {
      const list = ratios.get(name) ?? []
      ratios.set(name, list)
      list.push(measured / floor)
    }
    await server.stop()
  }
  console.log('\nhostile content: server CPU against random bytes, aim 2.50')
  for (const [name, list] of ratios) console.log(`${name.padEnd(28)} ${shown(spread(list))}`)
}

async function memory(title: string, sent: Sent, root: string): Promise<void> {
  console.log(`\npeak memory for ${title}, kept; aim 150 MiB`)
  for (const name of ['ours kept', 'express', 'fastify', 'hono']) {
    const { rss, cpu } = await once_(name, sent, false, root)
    console.log(`${name.padEnd(28)} ${rss.toFixed(0)} MiB, ${cpu.toFixed(0)} ms`)
  }
}

if (import.meta.main) {
  const [rounds = 5, mebibytes = 1024, parts = 10_000] = process.argv.slice(2).map(Number)
  await uploadsBench({ rounds, mebibytes, parts, onlyShapes: mebibytes === 0 })
}
