import type { Reply } from '../wire/reply.ts'
import { normalise } from './normalise.ts'

type Get = (path: string) => Promise<Reply>

/**
 * What "not found" looks like at this service, learnt from three paths that cannot exist, one set
 * for each folder and file ending. A status alone says nothing: some services answer 200 to all.
 */
export class Missing {
  readonly #get: Get
  readonly #unlikely: () => string
  readonly #learnt = new Map<string, Promise<ReadonlySet<string>>>()

  constructor(get: Get, unlikely: () => string) {
    this.#get = get
    this.#unlikely = unlikely
  }

  /** Whether `reply` is what the service says of a path that does not exist. */
  async is(reply: Reply): Promise<boolean> {
    if (reply.status === 404 || reply.status === 410 || reply.status === 0) return true
    return (await this.#looks(reply.sent.path)).has(look(reply))
  }

  #looks(path: string): Promise<ReadonlySet<string>> {
    const folder = path.slice(0, path.lastIndexOf('/') + 1)
    const ending = /\.[a-z\d]+$/i.exec(path)?.[0] ?? ''
    const key = `${folder} ${ending}`
    const known = this.#learnt.get(key)
    if (known !== undefined) return known
    const learning = Promise.all(
      [1, 2, 3].map(async () => look(await this.#get(`${folder}${this.#unlikely()}${ending}`))),
    ).then(looks => new Set(looks))
    this.#learnt.set(key, learning)
    return learning
  }
}

function look(reply: Reply): string {
  const path = reply.sent.path
  const name = path.slice(path.lastIndexOf('/') + 1)
  return `${reply.status} ${reply.type} ${normalise(reply.text, [path, name])}`
}
