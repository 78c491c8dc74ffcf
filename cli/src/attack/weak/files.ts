import { type Answer, type Call, json, nothing, type Routes, refuse, type Upload } from './call.ts'
import type { State } from './state.ts'

const MAX_PARTS = 20
const MAX_FILES = 50
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47])

/** Files: the bytes decide, the name is data, the download never runs. */
export function fileRoutes(state: State): Routes {
  const weak = (flaw: string) => state.weak(flaw)
  const mine = (call: Call): Upload | undefined => {
    const file = state.files.get(call.params['id'] ?? '')
    return file !== undefined && (file.owner === call.user || weak('upload.other-user'))
      ? file
      : undefined
  }
  return {
    'POST /api/files': call => {
      const { user } = call
      if (user === undefined) return refuse(401, 'session.required')
      const part = filePart(call, weak('upload.many-parts'))
      if ('refusal' in part) return part.refusal
      const { name, type, bytes } = part
      const wrong = unwanted(state, name, bytes)
      if (wrong !== undefined) return refuse(422, wrong)
      const owned = [...state.files.values()].filter(({ owner }) => owner === user).length
      if (owned >= MAX_FILES && !weak('upload.quota')) return refuse(422, 'uploads.quota')
      const id = state.id()
      const kept = weak('upload.metadata-kept') ? bytes : withoutText(bytes)
      state.files.set(id, { id, owner: user, name, type, bytes: kept })
      if (weak('upload.path-name') || weak('upload.zip-slip'))
        for (const [climbing] of bytes
          .toString('latin1')
          .concat(name)
          .matchAll(/bwq\w+\.(png|txt)/g))
          state.spilled.set(climbing, bytes)
      return json(201, {
        id,
        name: name.replaceAll(/[^\w.-]/g, '_').slice(-80),
        type,
        bytes: bytes.length,
      })
    },
    'GET /api/files/:id': call => {
      const file = mine(call)
      if (file === undefined) return refuse(call.user === undefined ? 401 : 404, 'absent')
      return served(state, file)
    },
    'DELETE /api/files/:id': call => {
      const file = mine(call)
      if (file === undefined) return refuse(404, 'absent')
      state.files.delete(file.id)
      return nothing()
    },
    'GET /files/:name': call => {
      const bytes = state.spilled.get(call.params['name'] ?? '')
      return bytes && { status: 200, bytes, type: 'application/octet-stream' }
    },
  }
}

function served(state: State, { type, name, bytes }: Upload): Answer {
  const open = ['upload.type-mismatch', 'upload.double-extension', 'upload.svg-script'].some(flaw =>
    state.weak(flaw),
  )
  const byName = /\.html?\.?$/i.test(name) ? 'text/html' : type
  const shown =
    state.weak('upload.type-mismatch') && !bytes.subarray(0, 4).equals(PNG) ? 'text/html' : byName
  if (open) return { status: 200, bytes, type: shown }
  const safe = {
    'Content-Disposition': 'attachment',
    'Content-Security-Policy': "default-src 'none'; sandbox",
  }
  return {
    status: 200,
    bytes,
    type: 'image/png',
    headers: state.weak('upload.served-headers') ? {} : safe,
  }
}

/** Why the bytes are not taken, or `undefined`. */
function unwanted(state: State, name: string, bytes: Buffer): string | undefined {
  const weak = (flaw: string) => state.weak(flaw)
  if (
    weak('upload.type-mismatch') ||
    weak('upload.svg-script') ||
    weak('upload.eicar') ||
    weak('upload.zip-slip')
  )
    return undefined
  if (!bytes.subarray(0, 4).equals(PNG)) return 'uploads.type'
  if (bytes.readUInt32BE(16) * bytes.readUInt32BE(20) > 40_000_000 && !weak('upload.pixel-flood'))
    return 'uploads.pixels'
  const trailing = bytes.indexOf('IEND') + 8 < bytes.length
  if (trailing && !weak('upload.double-extension') && !weak('upload.size-limit'))
    return 'uploads.trailing'
  return name.length > 255 ? 'uploads.name' : undefined
}

/** Cuts comment chunks out of a PNG. */
function withoutText(bytes: Buffer): Buffer {
  const at = bytes.indexOf('tEXt')
  if (at < 4) return bytes
  const end = at + 4 + bytes.readUInt32BE(at - 4) + 4
  return Buffer.concat([bytes.subarray(0, at - 4), bytes.subarray(end)])
}

function filePart(
  call: Call,
  loose: boolean,
): { name: string; type: string; bytes: Buffer } | { refusal: Answer } {
  const boundary = /boundary=([\w-]+)/.exec(call.type)?.[1]
  if (boundary === undefined) return { refusal: refuse(415, 'content.type') }
  const text = call.raw.toString('latin1')
  const broken = { refusal: refuse(400, 'uploads.malformed') }
  const ended = text.endsWith(`--${boundary}--\r\n`)
  if (!ended && !loose) return broken
  const parts = text.split(`--${boundary}`).slice(1, ended ? -1 : undefined)
  if (parts.length > MAX_PARTS && !loose) return { refusal: refuse(413, 'uploads.parts') }
  const part = parts.at(-1) ?? ''
  const head = part.slice(0, part.indexOf('\r\n\r\n'))
  const name = /filename="([^"]*)"/.exec(head)?.[1]
  if (name === undefined || (head.length > 8192 && !loose)) return broken
  const bytes = Buffer.from(part.slice(head.length + 4, ended ? -2 : undefined), 'latin1')
  return {
    name: Buffer.from(name, 'latin1').toString('utf8'),
    type: /Content-Type: (\S+)/i.exec(head)?.[1] ?? '',
    bytes,
  }
}
