import type { StandardIssue, StandardSchema } from '../shield/content/schema.ts'

/** One member of a body: answers why not, or nothing. */
export interface Member<T> {
  readonly optional: boolean
  /** What is wrong with the value, in words that do not repeat it. */
  complaint(value: unknown): string | undefined
  /** Only for the compiler. */
  readonly type?: T
}

/** Text of `least` to `most` UTF-16 units. Nothing is trimmed or coerced. */
export function text(most: number, least = 1): Member<string> {
  return {
    optional: false,
    complaint(value) {
      if (typeof value !== 'string') return 'must be text'
      if (value.length < least)
        return least === 1 ? 'must not be empty' : `needs ${least} characters`
      return value.length > most ? `may have ${most} characters at most` : undefined
    },
  }
}

/** One of a few words. */
export function oneOf<const Words extends readonly string[]>(
  ...words: Words
): Member<Words[number]> {
  return {
    optional: false,
    complaint: value =>
      typeof value === 'string' && words.includes(value)
        ? undefined
        : `must be ${words.join(' or ')}`,
  }
}

/** Yes or no. */
export function flag(): Member<boolean> {
  return {
    optional: false,
    complaint: value => (typeof value === 'boolean' ? undefined : 'must be true or false'),
  }
}

/** A JSON object that some other parser will read. */
export function object(): Member<Readonly<Record<string, unknown>>> {
  return {
    optional: false,
    complaint: value =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? undefined
        : 'must be an object',
  }
}

/** A member that may be left out. */
export function optional<T>(member: Member<T>): Member<T> & { readonly optional: true } {
  return { ...member, optional: true }
}

type Members = Readonly<Record<string, Member<unknown>>>

type OptionalNames<Shape extends Members> = {
  [Name in keyof Shape]: Shape[Name] extends { readonly optional: true } ? Name : never
}[keyof Shape]

type TypeOf<One> = One extends Member<infer T> ? T : never

/** What a body of this shape is. */
export type Shaped<Shape extends Members> = {
  readonly [Name in Exclude<keyof Shape, OptionalNames<Shape>>]: TypeOf<Shape[Name]>
} & {
  readonly [Name in OptionalNames<Shape>]?: TypeOf<Shape[Name]>
}

/** A strict object as Standard Schema: every member named, none besides (ASVS 15.3.3). */
export function shape<const Shape extends Members>(members: Shape): StandardSchema<Shaped<Shape>> {
  return {
    '~standard': {
      version: 1,
      vendor: 'bulwark',
      validate(value) {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) {
          return { issues: [{ message: 'must be an object' }] }
        }
        const issues: StandardIssue[] = []
        const given = value as Readonly<Record<string, unknown>>
        for (const name of Object.keys(given)) {
          if (!Object.hasOwn(members, name))
            issues.push({ message: 'is not expected', path: [name] })
        }
        for (const [name, member] of Object.entries(members)) {
          if (given[name] === undefined) {
            if (!member.optional) issues.push({ message: 'is missing', path: [name] })
            continue
          }
          const complaint = member.complaint(given[name])
          if (complaint !== undefined) issues.push({ message: complaint, path: [name] })
        }
        return issues.length > 0 ? { issues } : { value: value as Shaped<Shape> }
      },
    },
  }
}
