import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { unclear } from '../check.ts'
import type { MailSource } from '../config/config.ts'
import { pointed } from '../wire/reply.ts'
import { fill } from './step.ts'
import type { Visitor } from './visitor.ts'

export interface Mail {
  readonly to: string
  readonly subject: string
  readonly text: string
}

const run = promisify(execFile)

/** Reads the mails that the service would have sent. */
export class Mailbox {
  readonly #source: MailSource
  readonly #visitor: () => Visitor
  readonly #cwd: string

  constructor(source: MailSource, visitor: () => Visitor, cwd: string) {
    this.#source = source
    this.#visitor = visitor
    this.#cwd = cwd
  }

  /** Every mail to `address`, oldest first. */
  async to(address: string): Promise<Mail[]> {
    const { to = '/to', subject = '/subject', text = '/text' } = this.#source
    const mails = (await this.#all()).map(mail => ({
      to: String(pointed(mail, to) ?? ''),
      subject: String(pointed(mail, subject) ?? ''),
      text: String(pointed(mail, text) ?? ''),
    }))
    return mails.filter(mail => mail.to.toLowerCase().includes(address.toLowerCase()))
  }

  /** Waits for a mail to `address` beyond the first `after`; `undefined` when none comes. */
  async next(address: string, after: number, withinMs: number): Promise<Mail | undefined> {
    const until = performance.now() + withinMs
    for (;;) {
      const mail = (await this.to(address))[after]
      if (mail !== undefined || performance.now() > until) return mail
      await pause(50)
    }
  }

  async #all(): Promise<unknown[]> {
    const { http, file, command } = this.#source
    if (http !== undefined) {
      const reply = await this.#visitor().bare(fill(http, {}))
      if (!reply.ok) throw unclear(`${http} answered ${reply.status} instead of the mails`)
      return listOf(reply.text)
    }
    if (file !== undefined) return listOf(await readFile(resolve(this.#cwd, file), 'utf8'))
    if (command === undefined) return []
    const { stdout } = await run('/bin/sh', ['-c', command], { cwd: this.#cwd })
    return listOf(stdout)
  }
}

/** A JSON array, an object that holds one, or one JSON object a line. */
function listOf(text: string): unknown[] {
  try {
    const value: unknown = JSON.parse(text)
    if (Array.isArray(value)) return value
    const inside = Object.values(value ?? {}).find(Array.isArray)
    return inside ?? [value]
  } catch {
    return text
      .split('\n')
      .filter(line => line.trim().startsWith('{'))
      .map(line => JSON.parse(line))
  }
}

/** The link in a mail, and the secret in it: its longest run of token characters. */
export function linkIn(mail: Mail): { url: URL; token: string } | undefined {
  for (const [href] of mail.text.matchAll(/https?:\/\/[^\s"'<>)]+/g)) {
    const url = URL.parse(href)
    if (url === null) continue
    const tail = `${url.pathname}${url.search}${url.hash}`
    const named = /[?#&](?:token|code|key|t)=([\w.~%-]{8,})/.exec(tail)?.[1]
    const longest = (tail.match(/[\w.~-]{16,}/g) ?? []).sort((a, b) => b.length - a.length)[0]
    const token = named ?? longest
    if (token !== undefined) return { url, token: decodeURIComponent(token) }
  }
  const bare = /(?:^|\s)([\w.~-]{20,})(?:\s|$)/.exec(mail.text)?.[1]
  return bare === undefined ? undefined : { url: new URL('http://none.invalid/'), token: bare }
}
