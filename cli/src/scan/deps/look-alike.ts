import type { Finding } from '../../output/finding.ts'
import type { Locked } from '../lockfiles/lockfile.ts'
import { aboutPackage, type Scanned } from './found.ts'
import { POPULAR } from './popular.ts'

export const lookAlike = {
  id: 'deps.look-alike',
  what: 'A little-known package has nearly the name of a well-known one.',
  why: 'Squatters publish the slip of a finger and wait for somebody to install it.',
  fix: 'If you meant the other, exchange it and rotate what this machine could reach; else accept it with a reason.',
} as const

/** So many of the best known are worth imitating; all of the list are themselves no imitation. */
const TARGETS = 5000

/** Shorter names have too many honest neighbours; with one letter exchanged even more. */
const MIN_LENGTH = 5
const MIN_EXCHANGED = 6

/** These had names without a scope before they had one; the old ones are their owners' too. */
const MOVED = /^(?:babel|esbuild|rollup-plugin|typescript-eslint)-/

/** What a name may be mistaken for, and by which slip; `undefined` for an honest name. */
export type Resembles = (
  name: string,
) => { readonly target: string; readonly by: string } | undefined

/** Builds the look-up once: each target under itself and under every spelling with one letter less. */
export function resemblance(popular: readonly string[] = POPULAR): Resembles {
  const known = new Set(popular)
  const near = new Map<string, string[]>()
  const squashed = new Map<string, string>()
  const shapes = new Map<string, string>()
  for (const target of popular.slice(0, TARGETS)) {
    if (base(target).length >= MIN_LENGTH) {
      for (const spelling of shortened(target))
        near.set(spelling, [...(near.get(spelling) ?? []), target])
    }
    if (target.startsWith('@')) squashed.set(bare(target), target)
    shapes.set(shape(target), target)
  }
  return name => {
    if (known.has(name)) return undefined
    if (/[^\u0020-\u007e]/.test(name))
      return { target: shape(name), by: 'letters of another alphabet' }
    const seen = shapes.get(shape(name))
    if (seen !== undefined && !siblings(name, seen))
      return { target: seen, by: 'letters that look alike' }
    const scoped = name.startsWith('@') || MOVED.test(name) ? undefined : squashed.get(bare(name))
    if (scoped !== undefined) return { target: scoped, by: 'a missing scope' }
    for (const spelling of shortened(name)) {
      const target = near.get(spelling)?.find(each => oneSlip(name, each) && !siblings(name, each))
      if (target !== undefined) return { target, by: 'one letter' }
    }
    return undefined
  }
}

/** Finding 8. A package with an address of one's own registry is not judged: its names are private. */
export function lookAlikeFindings(
  scanned: Scanned,
  isPrivate: (name: string) => boolean,
  isOld: (locked: Locked) => boolean,
): Finding[] {
  const resembles = resemblance()
  const seen = new Set<string>()
  const judged = (locked: Locked): Finding[] => {
    if (seen.has(locked.name) || locked.origin !== 'registry' || isPrivate(locked.name)) return []
    seen.add(locked.name)
    const found = resembles(locked.name)
    if (found === undefined) return []
    // Decision: a release that has stood for a year is told without weight; squatters are found sooner.
    // Cost: offline nothing is known of ages, and an honest neighbour has to be accepted with a reason.
    return [
      aboutPackage(lookAlike, isOld(locked) ? 'info' : 'medium', scanned, locked, {
        title: `${locked.name} resembles ${found.target} but for ${found.by}`,
        details: { resembles: found.target },
        about: found.target,
      }),
    ]
  }
  return [...scanned.lockfile.packages.values()].flatMap(judged)
}

/** Two names under one scope have one owner. */
function siblings(a: string, b: string): boolean {
  return a.startsWith('@') && a.slice(0, a.indexOf('/')) === b.slice(0, b.indexOf('/'))
}

function base(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

function bare(name: string): string {
  return name.replace(/[^a-z0-9]/gi, '').toLowerCase()
}

/** One spelling for all that a hurried eye reads alike. */
function shape(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, '')
    .replace(/rn/g, 'm')
    .replace(/vv/g, 'w')
    .replace(/0/g, 'o')
    .replace(/[1|]/g, 'l')
}

function shortened(name: string): string[] {
  const spellings = [name]
  for (let at = 0; at < name.length; at++) spellings.push(name.slice(0, at) + name.slice(at + 1))
  return spellings
}

/** One letter more, less or other, or two neighbours exchanged; the first letter is rarely mistyped. */
function oneSlip(a: string, b: string): boolean {
  if (a === b || a[0] !== b[0] || Math.abs(a.length - b.length) > 1) return false
  let head = 0
  while (head < a.length && head < b.length && a[head] === b[head]) head++
  let tail = 0
  const most = Math.min(a.length, b.length) - head
  while (tail < most && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++
  const left = a.slice(head, a.length - tail)
  const right = b.slice(head, b.length - tail)
  // A number tells successors apart: parse5 and listr2 are honest names.
  if (/\d/.test(left + right)) return false
  if (left.length === 1 && right.length === 1) return b.length >= MIN_EXCHANGED
  if (left.length <= 1 && right.length <= 1) return true
  return left.length === 2 && left[0] === right[1] && left[1] === right[0] && right.length === 2
}
