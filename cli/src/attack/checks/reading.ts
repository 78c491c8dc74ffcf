import { absent, type Check, type Finding, judged, type Verdict } from '../check.ts'
import type { Severity } from '../config/config.ts'
import type { Scene } from '../scene.ts'
import type { Ask } from '../wire/ask.ts'
import type { Reply } from '../wire/reply.ts'

/** Something wrong with one reply. */
export interface Problem {
  readonly says: string
  readonly variant?: string
  readonly severity?: Severity
}

type Found = string | Problem | readonly Problem[] | undefined

/** A check that only reads: which replies it is about, and what is wrong with one. */
export interface Reading extends Omit<Check, 'run' | 'level'> {
  of(reply: Reply, scene: Scene): boolean
  wrong(reply: Reply, scene: Scene): Found
}

/** Makes a passive check of it: one finding for each cause, with every place where it was seen. */
export function reading({ of, wrong, ...about }: Reading): Check {
  return {
    ...about,
    level: 'passive',
    run: scene =>
      read(
        scene,
        scene.site.replies.filter(reply => of(reply, scene)),
        reply => wrong(reply, scene),
      ),
  }
}

/** Judges `replies` one by one; what is wrong is asked for again when a failure is replayed. */
export async function read(
  scene: Scene,
  replies: readonly Reply[],
  wrong: (reply: Reply) => Found,
  ask: (ask: Ask) => Promise<Reply> = plain => scene.ask(plain),
): Promise<Verdict> {
  if (replies.length === 0) throw absent('the service sends no reply of this kind')
  const causes = new Map<string, { problem: Problem; replies: Reply[] }>()
  for (const reply of replies)
    for (const problem of problems(wrong(reply))) {
      const cause = causes.get(problem.variant ?? '') ?? { problem, replies: [] }
      cause.replies.push(reply)
      causes.set(problem.variant ?? '', cause)
    }
  const findings: Finding[] = []
  for (const { problem, replies } of causes.values()) {
    const [first] = replies
    if (first === undefined) continue
    const shown = scene.attempt === 1 ? first : await ask(again(first))
    if (!problems(wrong(shown)).some(({ variant }) => variant === problem.variant)) continue
    const places = [...new Set(replies.map(({ sent }) => `${sent.method} ${sent.path}`))]
    findings.push({ where: '/', ...problem, evidence: [shown], places })
  }
  return judged(findings, `${replies.length} replies read`)
}

function again({ sent }: Reply): Ask {
  const accept = sent.fields.find(([name]) => name === 'Accept')?.[1] ?? '*/*'
  return { method: sent.method, path: sent.path, headers: { Accept: accept } }
}

function problems(found: Found): readonly Problem[] {
  if (found === undefined) return []
  if (typeof found === 'string') return [{ says: found }]
  return 'says' in found ? [found] : found
}

/** HTML with a body: what a browser renders. */
export function isPage(reply: Reply): boolean {
  return reply.isHtml && reply.body.length > 0
}

/** Whether a page takes input, which makes it worth attacking. */
export function takesInput(reply: Reply): boolean {
  return /<(input|textarea|select)\b/i.test(reply.text)
}
