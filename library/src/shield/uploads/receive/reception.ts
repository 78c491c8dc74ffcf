import { isUtf8 } from 'node:buffer'
import { granted, type Outcome, refused } from '../../../kernel/outcome.ts'
import type { Refusal } from '../../../kernel/refusal.ts'
import { Spool } from '../keep/spool.ts'
import type { Draft, Quota, StoredFile } from '../keep/storage.ts'
import { MultipartParser, type PartSink } from '../multipart/parser.ts'
import type { PartHead } from '../multipart/part-head.ts'
import { fileNameFault } from '../names/file-name.ts'
import { because, refusals } from '../refusals.ts'
import { type Accepted, type AcceptRules, accept } from './accept.ts'
import { type Body, type Feed, feed } from './feed.ts'
import type { Account } from './ledger.ts'
import { Pace } from './pace.ts'
import type { RequestBounds } from './request-bounds.ts'

/** A stored file, and the form field that brought it. */
export interface ReceivedFile extends StoredFile {
  readonly field: string
}

/** The text fields of a form. Names are keys of a map, so none of them means anything. */
export type Fields = ReadonlyMap<string, readonly string[]>

/** What a request brought. */
export interface Received {
  readonly files: readonly ReceivedFile[]
  readonly fields: Fields
}

/** Counts the bytes of a request for somebody else too. */
export interface WireBudget {
  wire(bytes: number): Refusal | undefined
}

/** What decides about a request. */
export interface ReceptionRules extends AcceptRules {
  readonly request: RequestBounds
  readonly quota: Quota | undefined
  /** Names of the fields that may bring files; any when undefined. */
  readonly fileFields: ReadonlySet<string> | undefined
}

/** One request's own. */
export interface ReceptionContext {
  readonly owner: string
  readonly account: Account | undefined
  readonly budget: WireBudget | undefined
  readonly admit: ((fields: Fields) => Refusal | undefined) | undefined
}

/** More than this waiting for the disk, and no more is read until half of it is there. */
/** So much of a body somebody may have looked at before us, and put back. */
const SHARED_BYTES = 256 * 1024
const HIGH_WATER = 1024 * 1024

/** The part that is coming now. */
type Part =
  | { readonly is: 'field'; readonly name: string; readonly pieces: Buffer[]; bytes: number }
  | { readonly is: 'file'; readonly head: PartHead; readonly spool: Spool }
  /** A file input in which nothing was chosen: no name, no bytes. */
  | { readonly is: 'nothing' }

/**
 * Receives one body. Abort, error, limit and end may come in any order and at once: the first one
 * settles the reception, and everything that was begun is cleared away unless it was kept.
 */
export class Reception implements PartSink {
  readonly #rules: ReceptionRules
  readonly #context: ReceptionContext
  readonly #parser: MultipartParser
  readonly #pace: Pace
  readonly #feed: Feed
  readonly #gone = new AbortController()
  readonly #settling = Promise.withResolvers<Outcome<Received>>()
  readonly #cleared = Promise.withResolvers<void>()
  readonly #spools = new Set<Spool>()
  readonly #drafts = new Set<Draft>()
  readonly #accepting: Promise<Outcome<Accepted & { readonly field: string }> | undefined>[] = []
  readonly #fields = new Map<string, string[]>()
  #keeping: Promise<void> | undefined
  #part: Part | undefined
  #bytes = 0
  #files = 0
  #fieldCount = 0
  #fieldBytes = 0
  #paused = false
  #settled = false

  constructor(boundary: string, body: Body, rules: ReceptionRules, context: ReceptionContext) {
    this.#rules = rules
    this.#context = context
    this.#parser = new MultipartParser(boundary, this, rules.request.maxPartHeadBytes)
    this.#pace = new Pace(rules.request, rules.clock, why =>
      this.#refuse(because(refusals.tooSlow, why)),
    )
    this.#feed = feed(body, {
      chunk: bytes => this.#chunk(bytes),
      end: () => this.#end(),
      fail: why => this.#refuse(why ?? refusals.aborted),
    })
  }

  /** Settles as soon as the answer is known. Rejects with the fault of a machine. */
  get outcome(): Promise<Outcome<Received>> {
    return this.#settling.promise
  }

  /** Resolves when nothing of a refused upload is left. */
  get cleared(): Promise<void> {
    return this.#cleared.promise
  }

  /** The client is gone. */
  abort(): void {
    this.#refuse(refusals.aborted)
  }

  #chunk(bytes: Buffer): void {
    if (this.#settled) return
    this.#bytes += bytes.length
    this.#pace.count(bytes.length)
    const { maxRequestBytes } = this.#rules.request
    const refusal =
      this.#bytes > maxRequestBytes
        ? because(refusals.requestTooLarge, `more than ${maxRequestBytes} bytes`)
        : (this.#context.budget?.wire(bytes.length) ?? this.#parser.write(bytes))
    if (refusal) this.#refuse(refusal)
    else this.#throttle()
  }

  head(head: PartHead): Refusal | undefined {
    const { request, fileFields } = this.#rules
    if (head.fileName === undefined) {
      this.#fieldCount += 1
      this.#part = { is: 'field', name: head.name, pieces: [], bytes: 0 }
      return this.#fieldCount > request.maxFields
        ? because(refusals.tooManyFields, `more than ${request.maxFields}`)
        : undefined
    }
    if (head.fileName === '') {
      this.#part = { is: 'nothing' }
      return undefined
    }
    this.#files += 1
    if (this.#files > request.maxFiles)
      return because(refusals.tooManyFiles, `more than ${request.maxFiles}`)
    if (fileFields !== undefined && !fileFields.has(head.name)) {
      return because(refusals.unexpectedField, 'a file in a field that takes none')
    }
    const { names } = this.#rules.policy
    const fault =
      names.onDanger === 'refuse' ? fileNameFault(head.fileName, names.maxBytes) : undefined
    if (fault !== undefined)
      return { ...because(refusals.name, `the file name ${fault}`), close: true }
    if (this.#context.account?.reserve(0, 1) === false) return because(refusals.quota, 'of files')
    const spool = new Spool(() => this.#rules.storage.begin(), {
      drained: () => this.#throttle(),
      failed: error => this.#fail(error),
    })
    this.#spools.add(spool)
    this.#part = { is: 'file', head, spool }
    return undefined
  }

  data(bytes: Buffer): Refusal | undefined {
    const part = this.#part
    if (part?.is === 'file') return this.#fileData(part.spool, bytes)
    if (part?.is === 'field') return this.#fieldData(part, bytes)
    return { ...because(refusals.name, 'the file name is empty'), close: true }
  }

  #fileData(spool: Spool, bytes: Buffer): Refusal | undefined {
    const { maxBytes } = this.#rules.policy.bounds
    if (spool.bytes + bytes.length > maxBytes)
      return because(refusals.tooLarge, `more than ${maxBytes} bytes`)
    if (this.#context.account?.reserve(bytes.length, 0) === false)
      return because(refusals.quota, 'of bytes')
    spool.take(bytes, this.#bytes > SHARED_BYTES && this.#feed.isSole())
    return undefined
  }

  #fieldData(part: Extract<Part, { is: 'field' }>, bytes: Buffer): Refusal | undefined {
    const { maxFieldBytes, maxAllFieldsBytes } = this.#rules.request
    part.bytes += bytes.length
    this.#fieldBytes += bytes.length
    if (part.bytes > maxFieldBytes)
      return because(refusals.fieldTooLarge, `more than ${maxFieldBytes} bytes`)
    if (this.#fieldBytes > maxAllFieldsBytes) {
      return because(refusals.fieldTooLarge, `more than ${maxAllFieldsBytes} bytes in all fields`)
    }
    part.pieces.push(Buffer.from(bytes))
    return undefined
  }

  end(): Refusal | undefined {
    const part = this.#part
    this.#part = undefined
    if (part?.is === 'field') {
      const bytes = Buffer.concat(part.pieces)
      if (!isUtf8(bytes)) return because(refusals.ambiguousPart, 'a field that is not UTF-8')
      const values = this.#fields.get(part.name)
      if (values) values.push(bytes.toString('utf8'))
      else this.#fields.set(part.name, [bytes.toString('utf8')])
    }
    if (part?.is === 'file') this.#accepting.push(this.#accept(part.head, part.spool))
    return undefined
  }

  async #accept(
    head: PartHead,
    spool: Spool,
  ): Promise<Outcome<Accepted & { readonly field: string }> | undefined> {
    try {
      const claimed = {
        fileName: head.fileName ?? '',
        declaredType: head.declaredType,
        owner: this.#context.owner,
      }
      const accepted = await accept(spool, claimed, this.#rules, this.#gone.signal, draft =>
        this.#drafts.add(draft),
      )
      if (!accepted.ok) this.#refuse(accepted.refusal)
      return accepted.ok ? granted({ ...accepted.value, field: head.name }) : accepted
    } catch (error) {
      this.#fail(error)
      return undefined
    }
  }

  /** Reads on only while the disk keeps up. */
  #throttle(): void {
    if (this.#settled) return
    let pending = 0
    for (const spool of this.#spools) pending += spool.pending
    if (!this.#paused && pending > HIGH_WATER) {
      this.#paused = true
      this.#feed.pause()
      this.#pace.pause()
    } else if (this.#paused && pending <= HIGH_WATER / 2) {
      this.#paused = false
      this.#pace.resume()
      this.#feed.resume()
    }
  }

  #end(): void {
    if (this.#settled) return
    this.#pace.stop()
    const refusal = this.#parser.end()
    if (refusal) this.#refuse(refusal)
    else this.#keeping = this.#keepAll().catch((error: unknown) => this.#fail(error))
  }

  /** All files of a request are kept, or none. */
  async #keepAll(): Promise<void> {
    const outcomes = await Promise.all(this.#accepting)
    if (this.#settled) return
    const forbidden = this.#context.admit?.(this.#fields)
    if (forbidden) return this.#refuse(forbidden)
    if (outcomes.length === 0) return this.#refuse(refusals.noFile)
    const kept: ReceivedFile[] = []
    try {
      for (const outcome of outcomes) {
        if (outcome?.ok !== true) return
        const { draft, file, field } = outcome.value
        const fits = await this.#rules.storage.keep(draft, file, this.#rules.quota)
        if (fits) kept.push({ ...file, field })
        else this.#refuse(because(refusals.quota, 'taken by another process meanwhile'))
        if (this.#settled) return await this.#takeBack(kept)
      }
    } catch (error) {
      await this.#takeBack(kept)
      throw error
    }
    for (const file of kept) this.#context.account?.kept(file.bytes)
    this.#settle(() => this.#settling.resolve(granted({ files: kept, fields: this.#fields })))
  }

  async #takeBack(files: readonly StoredFile[]): Promise<void> {
    for (const file of files) await this.#rules.storage.remove(file)
  }

  #refuse(refusal: Refusal): void {
    if (this.#settled) return
    this.#feed.cut()
    this.#settle(() => this.#settling.resolve(refused(refusal)))
  }

  #fail(error: unknown): void {
    if (this.#settled) return
    this.#feed.cut()
    this.#settle(() => this.#settling.reject(error))
  }

  #settle(tell: () => void): void {
    this.#settled = true
    this.#pace.stop()
    tell()
    this.#clear().then(this.#cleared.resolve, this.#cleared.resolve)
  }

  async #clear(): Promise<void> {
    this.#gone.abort()
    await Promise.allSettled([...this.#accepting, this.#keeping])
    for (const spool of this.#spools) await spool.discard().catch(() => undefined)
    for (const draft of this.#drafts) await draft.discard().catch(() => undefined)
    this.#context.account?.close()
  }
}
