import { type Check, type Finding, fail, judged, pass, unclear } from '../../check.ts'
import type { UploadRoutes } from '../../config/config.ts'
import type { Person } from '../../people/person.ts'
import { fill, pathOf } from '../../people/step.ts'
import type { Scene } from '../../scene.ts'
import type { Part } from '../../wire/ask.ts'
import type { Reply } from '../../wire/reply.ts'
import { hugePng, png, pngWithText, zip } from './pictures.ts'

const MIB = 1024 * 1024
const about = {
  cwe: 434,
  top10: 'A06',
  level: 'safe' as const,
  severity: 'high' as const,
  needs: ['account', 'upload'] as const,
}
const SERVE =
  'Judge the bytes, not the name; store under a name of your own; serve as attachment with nosniff, from a list of types. Bulwark: uploads.'

function routes(scene: Scene): UploadRoutes {
  const { uploads } = scene.config
  if (uploads === undefined) throw unclear('no upload route is known')
  return uploads
}

interface File {
  readonly name: string
  readonly type: string
  readonly bytes: string | Uint8Array
}

async function send(
  scene: Scene,
  person: Person,
  { name, type, bytes }: File,
): Promise<{ reply: Reply; id: string | undefined }> {
  const { send, field, id = '/id', remove } = routes(scene)
  const { method, path } = fill(send, {})
  const reply = await person.ask({
    method,
    path,
    parts: [{ name: field, value: bytes, fileName: name, type }],
    withinMs: 15_000,
  })
  const made = reply.ok ? reply.string(id) : undefined
  if (made !== undefined && remove !== undefined)
    scene.afterwards(() => person.send(remove, { id: made }))
  return { reply, id: made }
}

function fetch(scene: Scene, person: { bare: Person['bare'] }, id: string): Promise<Reply> {
  return person.bare(fill(routes(scene).read, { id }))
}

/** Alice, after a correct picture of hers was taken and given back: the control of all the rest. */
async function uploader(
  scene: Scene,
): Promise<{ alice: Person; id: string; control: Reply; back: Reply }> {
  const alice = await scene.signIn('alice')
  const { reply, id } = await send(scene, alice, { name: 'a.png', type: 'image/png', bytes: png() })
  if (id === undefined)
    throw unclear(
      `a correct picture was answered ${reply.status}: ${reply.text.slice(0, 100)}`,
      'uploads',
    )
  const back = await fetch(scene, alice, id)
  if (!back.ok) throw unclear(`the picture cannot be read back (${back.status})`, 'uploads.read')
  return { alice, id, control: reply, back }
}

/** Whether a browser that opens the file would run what is in it. */
function runs(reply: Reply): boolean {
  if (!reply.ok || /attachment/i.test(reply.header('content-disposition') ?? '')) return false
  if (/sandbox/i.test(reply.header('content-security-policy') ?? '')) return false
  const sniffable =
    reply.header('x-content-type-options')?.toLowerCase() !== 'nosniff' &&
    /^(text\/plain|application\/octet-stream|)$/.test(reply.type)
  return reply.isHtml || sniffable || /svg|xml/.test(reply.type)
}

/** A check that sends files which must not come back as something that runs. */
function dangerous(
  meta: Pick<Check, 'id' | 'tries' | 'why' | 'asvs'> & Partial<Check>,
  files: (marker: string) => Readonly<Record<string, File>>,
): Check {
  return {
    ...about,
    fix: SERVE,
    ...meta,
    async run(scene) {
      const { alice, control } = await uploader(scene)
      const findings: Finding[] = []
      const kept: string[] = []
      for (const [variant, file] of Object.entries(files(scene.marker()))) {
        const { reply, id } = await send(scene, alice, file)
        const where = routes(scene).send
        if (reply.status >= 500 && reply.status !== 503)
          findings.push({
            where,
            variant,
            severity: 'medium',
            says: `${variant} makes the service fail with ${reply.status}`,
            evidence: [reply, control],
          })
        if (id === undefined) continue
        const back = await fetch(scene, alice, id)
        if (runs(back))
          findings.push({
            where,
            variant,
            says: `${variant} is served as ${back.type || 'nothing in particular'} and runs in the browser`,
            evidence: [back, reply],
          })
        else kept.push(variant)
      }
      return judged(
        findings,
        kept.length > 0 ? `kept, but served harmlessly: ${kept.join(', ')}` : 'all refused',
      )
    },
  }
}

const html = (marker: string) => `<!doctype html><script>document.title="${marker}"</script>`
const svg = (marker: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" onload="alert('${marker}')"><script>alert("${marker}")</script></svg>`

export const checks: readonly Check[] = [
  dangerous(
    {
      id: 'upload.type-mismatch',
      asvs: '5.2.2',
      tries: 'sends HTML, SVG, PHP, a program and an archive as image/png',
      why: 'A page of the attacker on your own origin has the session of whoever opens it.',
    },
    marker => {
      const as = (bytes: string | Uint8Array): File => ({ name: 'a.png', type: 'image/png', bytes })
      return {
        'HTML called PNG': as(html(marker)),
        'SVG called PNG': as(svg(marker)),
        'PHP called PNG': as(`<?php echo "${marker}"; ?>`),
        'a program called PNG': as(Buffer.from('MZ\x90\0\x03')),
        'an archive called PNG': as(zip({ 'a.txt': marker })),
        'HTML as it is': { name: 'a.html', type: 'text/html', bytes: html(marker) },
      }
    },
  ),
  dangerous(
    {
      id: 'upload.double-extension',
      asvs: '5.2.2',
      tries:
        'sends a picture with HTML behind it under names with two endings, NUL, capitals and right-to-left marks',
      why: 'What the ending decides, the attacker decides.',
    },
    marker => {
      const bytes = Buffer.concat([png(), Buffer.from(html(marker))])
      return Object.fromEntries(
        [
          'x.png.html',
          'x.html%00.png',
          'x.PnG.svg',
          'x.png ',
          'x.html.',
          'x.\u202Egnp.html',
          '.htaccess',
        ].map(name => [
          `a picture named ${JSON.stringify(name)}`,
          { name, type: 'image/png', bytes },
        ]),
      )
    },
  ),
  dangerous(
    {
      id: 'upload.svg-script',
      asvs: '1.3.4',
      cwe: 79,
      top10: 'A05',
      tries: 'sends an SVG with a script',
      why: 'An SVG is a page: opened by itself it runs its scripts on your origin.',
    },
    marker => ({
      'an SVG with a script': { name: 'a.svg', type: 'image/svg+xml', bytes: svg(marker) },
      'an SVG with a script, as XML': {
        name: 'a.xml',
        type: 'application/xml',
        bytes: svg(marker),
      },
    }),
  ),
  {
    ...about,
    id: 'upload.path-name',
    asvs: '5.3.2',
    cwe: 22,
    top10: 'A01',
    tries: 'sends files whose names climb out of the folder, and looks for them outside',
    why: 'The attacker writes over code, settings or the pages of others.',
    fix: 'Store under a random name; keep the given one as data only. Bulwark: uploads.',
    async run(scene) {
      const { alice, control } = await uploader(scene)
      const findings: Finding[] = []
      const where = routes(scene).send
      const marker = scene.marker()
      const names = [
        `../../${marker}.png`,
        `..\\..\\${marker}.png`,
        `/tmp/${marker}.png`,
        `%2e%2e%2f${marker}.png`,
        `....//${marker}.png`,
        `${'a'.repeat(300)}.png`,
        'CON.png',
        '.png',
        '..',
      ]
      for (const name of names) {
        const { reply } = await send(scene, alice, { name, type: 'image/png', bytes: png() })
        if (reply.status >= 500 && reply.status !== 503)
          findings.push({
            where,
            variant: name.replace(marker, 'x').slice(0, 20),
            severity: 'medium',
            says: `the name ${JSON.stringify(name.slice(0, 24))} makes the service fail with ${reply.status}`,
            evidence: [reply, control],
          })
      }
      const folders = [
        '/',
        '/static/',
        '/assets/',
        '/public/',
        '/uploads/',
        '/files/',
        pathOf(routes(scene).read).replace(/[^/]*$/, ''),
      ]
      for (const folder of new Set(folders)) {
        const reply = await scene.ask({ path: `${folder}${marker}.png` })
        if (reply.ok && reply.body.subarray(1, 4).toString() === 'PNG')
          findings.push({
            where,
            variant: folder,
            says: `a file whose name climbs out is served at ${folder}`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'upload.size-limit',
    asvs: '5.2.1',
    cwe: 400,
    top10: 'A10',
    alone: true,
    tries: 'promises one GiB, and sends 40 MiB in chunks without promising anything',
    why: 'The disk or the memory is full, for everybody.',
    fix: 'Count the bytes as they come, and stop at the limit with 413. Bulwark: uploads.',
    async run(scene) {
      const { alice } = await uploader(scene)
      const { send, field } = routes(scene)
      const { method, path } = fill(send, {})
      const findings: Finding[] = []
      const manners = await alice.manners()
      const promised = await alice.bare({
        method,
        path,
        body: 'x',
        headers: {
          ...manners,
          'Content-Type': 'multipart/form-data; boundary=b',
          'Content-Length': String(1024 * MIB),
        },
        withinMs: 5000,
      })
      if (promised.ok)
        findings.push({
          where: send,
          variant: 'promised',
          says: 'a body of one GiB is welcome',
          evidence: [promised],
        })
      const value = Buffer.concat([png(), Buffer.alloc(40 * MIB)])
      const reply = await alice.ask({
        method,
        path,
        parts: [{ name: field, value, fileName: 'a.png', type: 'image/png' }],
        chunked: true,
        withinMs: 30_000,
      })
      if (reply.ok)
        findings.push({
          where: send,
          variant: 'chunked',
          says: 'a file of 40 MiB is taken',
          evidence: [reply],
        })
      else if (reply.status !== 413 && reply.status > 0 && reply.taken >= value.length)
        findings.push({
          where: send,
          variant: 'read whole',
          severity: 'medium',
          says: `40 MiB are read to the end before they are refused with ${reply.status}`,
          evidence: [reply],
        })
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'upload.many-parts',
    asvs: '5.2.1',
    cwe: 770,
    top10: 'A10',
    severity: 'medium',
    tries:
      'sends 2,000 files, 2,000 fields, a part with a head of 64 KiB, and a body without an end',
    why: 'Each part costs a handler, a file and a row, whatever its size.',
    fix: 'Limit parts, fields and their heads. Bulwark: uploads.',
    async run(scene) {
      const { alice, control } = await uploader(scene)
      const { send, field } = routes(scene)
      const { method, path } = fill(send, {})
      const part = (name: string, more: Partial<Part> = {}): Part => ({ name, value: 'x', ...more })
      const file = { fileName: 'a.png', type: 'image/png', value: png() }
      const forms: Readonly<Record<string, readonly Part[]>> = {
        '2,000 files': Array.from({ length: 2000 }, () => part(field, file)),
        '2,000 fields': [
          ...Array.from({ length: 2000 }, (_, at) => part(`f${at}`)),
          part(field, file),
        ],
        'a head of 64 KiB': [part(field, { ...file, fileName: 'a'.repeat(64 * 1024) })],
      }
      const findings: Finding[] = []
      const judge = (variant: string, reply: Reply) => {
        const says = reply.ok
          ? 'is taken'
          : reply.status >= 500 && reply.status !== 503
            ? `fails with ${reply.status}`
            : reply.failure === 'timeout'
              ? 'is not answered within 10 s'
              : undefined
        if (says !== undefined)
          findings.push({
            where: send,
            variant,
            says: `a body with ${variant} ${says}`,
            evidence: [reply, control],
          })
      }
      for (const [variant, parts] of Object.entries(forms))
        judge(variant, await alice.ask({ method, path, parts }))
      const open = `--b\r\nContent-Disposition: form-data; name="${field}"; filename="a.png"\r\nContent-Type: image/png\r\n\r\nx`
      judge(
        'no end',
        await alice.ask({
          method,
          path,
          body: open,
          headers: { 'Content-Type': 'multipart/form-data; boundary=b' },
        }),
      )
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'upload.pixel-flood',
    asvs: '5.2.6',
    cwe: 400,
    top10: 'A10',
    severity: 'medium',
    tries: 'sends a PNG of a hundred bytes that claims 25,000 by 25,000 pixels',
    why: 'Unpacked it takes 2.5 GB of memory.',
    fix: 'Read width and height from the head and refuse before decoding. Bulwark: uploads, 40 megapixels.',
    async run(scene) {
      const { alice, control } = await uploader(scene)
      const { reply } = await send(scene, alice, {
        name: 'a.png',
        type: 'image/png',
        bytes: hugePng(25_000),
      })
      const after = await scene.ask({ path: scene.run.line.healthPath })
      const where = routes(scene).send
      if (after.ms > 2000 || reply.failure !== undefined)
        return fail({
          where,
          variant: 'stall',
          says: `the service is held up for ${Math.round(after.ms)} ms`,
          evidence: [reply, control],
        })
      return judged(
        reply.ok
          ? [
              {
                where,
                variant: 'taken',
                severity: 'low',
                says: 'a picture that claims 625 megapixels is taken',
                evidence: [reply, control],
              },
            ]
          : [],
      )
    },
  },
  {
    ...about,
    id: 'upload.served-headers',
    asvs: '5.4.1',
    cwe: 430,
    top10: 'A02',
    severity: 'medium',
    tries: 'reads an uploaded picture back and looks at its headers',
    why: 'Without them the browser decides what the file is, and where it opens.',
    fix: SERVE,
    async run(scene) {
      const { back } = await uploader(scene)
      const where = routes(scene).read
      const findings: Finding[] = []
      const need = (variant: string, missing: boolean, says: string) => {
        if (missing) findings.push({ where, variant, says, evidence: [back] })
      }
      need(
        'nosniff',
        back.header('x-content-type-options')?.toLowerCase() !== 'nosniff',
        'files are served without nosniff',
      )
      need(
        'type',
        !/^(image\/|application\/octet-stream)/.test(back.type),
        `a PNG is served as ${back.type || 'nothing'}`,
      )
      need(
        'disposition',
        !/attachment/i.test(back.header('content-disposition') ?? '') &&
          !/sandbox/i.test(back.header('content-security-policy') ?? ''),
        'files open in the page: neither attachment nor a sandbox',
      )
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'upload.other-user',
    asvs: '8.2.2',
    cwe: 639,
    top10: 'A01',
    needs: ['account', 'second', 'upload'],
    tries: "reads and deletes somebody else's file, signed in and not",
    why: 'Contracts, certificates and photos of everybody, for whoever has one address.',
    fix: 'Find files through their owner. Bulwark: uploads, access.',
    async run(scene) {
      const { alice, id, back: control } = await uploader(scene)
      const bob = await scene.signIn('bob')
      const { read, remove } = routes(scene)
      const findings: Finding[] = []
      for (const [variant, who] of [
        ['another account', bob],
        ['nobody', scene.visitor()],
      ] as const) {
        const reply = await fetch(scene, who, id)
        if (reply.ok && reply.body.equals(control.body))
          findings.push({
            where: read,
            variant,
            says: `the file is given to ${variant}`,
            evidence: [reply, control],
          })
      }
      if (remove !== undefined) {
        const reply = await bob.send(remove, { id })
        if (!(await fetch(scene, alice, id)).ok)
          findings.push({
            where: remove,
            variant: 'delete',
            says: "somebody else's file was deleted",
            evidence: [reply],
          })
      }
      if (!(await bob.alive())) throw unclear('the session of the second account ended meanwhile')
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'upload.metadata-kept',
    asvs: '14.2.8',
    cwe: 200,
    top10: 'A01',
    severity: 'low',
    tries: 'sends a picture with a text in its metadata and reads it back',
    why: 'Photos say where somebody lives.',
    fix: 'Take metadata out of pictures that others see. Bulwark: uploads, metadata: strip.',
    async run(scene) {
      const { alice } = await uploader(scene)
      const marker = scene.marker()
      const { reply, id } = await send(scene, alice, {
        name: 'a.png',
        type: 'image/png',
        bytes: pngWithText(marker),
      })
      if (id === undefined) return pass(`a picture with metadata is refused (${reply.status})`)
      const back = await fetch(scene, alice, id)
      return judged(
        back.body.includes(marker)
          ? [
              {
                where: routes(scene).read,
                says: 'the metadata of a picture comes back with it',
                evidence: [back, reply],
              },
            ]
          : [],
      )
    },
  },
  {
    ...about,
    id: 'upload.zip-slip',
    asvs: '5.3.3',
    cwe: 22,
    top10: 'A01',
    tries: 'sends archives whose entries climb out of the folder',
    why: 'Whoever unpacks it writes over files anywhere.',
    fix: 'Ignore the paths of archives, or refuse such archives whole. Bulwark: uploads.',
    async run(scene) {
      const { alice } = await uploader(scene)
      const findings: Finding[] = []
      const marker = scene.marker()
      for (const name of [`../../${marker}.txt`, `/tmp/${marker}.txt`, `..\\${marker}.txt`]) {
        const { reply } = await send(scene, alice, {
          name: 'a.zip',
          type: 'application/zip',
          bytes: zip({ [name]: marker }),
        })
        if (reply.status >= 500 && reply.status !== 503)
          findings.push({
            where: routes(scene).send,
            variant: 'fails',
            severity: 'medium',
            says: `an archive with an entry that climbs makes the service fail with ${reply.status}`,
            evidence: [reply],
          })
      }
      for (const folder of ['/', '/static/', '/public/', '/uploads/', '/files/']) {
        const reply = await scene.ask({ path: `${folder}${marker}.txt` })
        if (reply.ok && reply.text.includes(marker))
          findings.push({
            where: routes(scene).send,
            variant: folder,
            says: `an entry that climbs out is served at ${folder}`,
            evidence: [reply],
          })
      }
      return judged(findings)
    },
  },
  {
    ...about,
    id: 'upload.eicar',
    asvs: '5.4.3',
    severity: 'info',
    tries: 'sends the test text of virus scanners',
    why: 'Files of one user reach the machine of another.',
    fix: 'Put a scanner behind the upload. Bulwark: uploads, scan.',
    async run(scene) {
      const { alice } = await uploader(scene)
      const text = [
        'X5O!P%@AP[4\\PZX54(P^)7CC)7}$',
        'EICAR-STANDARD-ANTIVIRUS-TEST-FILE',
        '!$H+H*',
      ].join('')
      const { reply, id } = await send(scene, alice, {
        name: 'a.txt',
        type: 'text/plain',
        bytes: text,
      })
      return judged(
        id === undefined
          ? []
          : [
              {
                where: routes(scene).send,
                says: 'the test text of virus scanners is taken',
                evidence: [reply],
              },
            ],
      )
    },
  },
  {
    ...about,
    id: 'upload.quota',
    asvs: '5.2.4',
    cwe: 770,
    top10: 'A10',
    severity: 'info',
    level: 'full',
    tries: 'sends 60 files in a row',
    why: 'One account fills the disk with files that are each small enough.',
    fix: 'Give each account a number and a sum. Bulwark: uploads, quota.',
    throttled: true,
    needs: ['newcomer', 'upload'],
    async run(scene) {
      const person = await scene.newcomer()
      let last: Reply | undefined
      for (let i = 0; i < 60; i++) {
        const { reply, id } = await send(scene, person, {
          name: 'a.png',
          type: 'image/png',
          bytes: png(),
        })
        if (id === undefined) return pass(`refused after ${i} files (${reply.status})`)
        last = reply
      }
      return judged(
        last === undefined
          ? []
          : [{ where: routes(scene).send, says: '60 files in a row were taken', evidence: [last] }],
      )
    },
  },
]
