import { ConfigFault } from '../../kernel/fault.ts'
import { Secret } from '../../kernel/secret.ts'
import type { StandardSchema } from '../../kernel/standard-schema.ts'
import { nearestName } from './nearest.ts'
import { type KeyRing, keyRing, type PreviousRoot, previousRoots } from './ring.ts'
import { find, type SecretFile, type Sources } from './source.ts'
import { estimatedBits, isPlaceholder, weakness } from './strength.ts'

export type { KeyRing, PreviousRoot, SecretFile, Sources, StandardSchema }
export { estimatedBits, isPlaceholder, keyRing, previousRoots, weakness }

/** One setting. Its name is the environment variable's. */
export interface Setting {
  /** Any Standard Schema over the text; the text itself unless told. */
  readonly schema?: StandardSchema
  /** Hidden in a `Secret`, and never a placeholder. */
  readonly secret?: boolean
  /** Least bits of randomness of a secret that a machine made, such as 128. */
  readonly bits?: number
  /** What it is when nobody says: text, as it would be written. A secret has none. */
  readonly usual?: string
  /** May be absent. */
  readonly optional?: boolean
}

/** What the settings become: the schema's output, secrets wrapped, optional ones perhaps absent. */
export type SettingValues<Wanted extends Readonly<Record<string, Setting>>> = {
  readonly [Name in keyof Wanted]: Wrapped<Wanted[Name]> | Absent<Wanted[Name]>
}

type Output<One extends Setting> = One extends { readonly schema: StandardSchema<infer Value> }
  ? Value
  : string
type Wrapped<One extends Setting> = One extends { readonly secret: true }
  ? Secret<Output<One>>
  : Output<One>
type Absent<One extends Setting> = One extends { readonly optional: true } ? undefined : never

/** How unknown names are treated. */
export interface SettingsOptions extends Sources {
  /** Every variable with this beginning must be one of the settings: a misspelt one stops the start. */
  readonly prefix?: string
}

/**
 * Reads settings from the environment, from files and from systemd credentials, and judges all of
 * them before it complains, so that a start fails once and not five times.
 *
 * @throws {ConfigFault} listing every problem; no value of a secret is in it
 * @see ASVS 13.3.1, 13.2.3
 */
export async function settings<const Wanted extends Readonly<Record<string, Setting>>>(
  wanted: Wanted,
  options: SettingsOptions,
): Promise<SettingValues<Wanted>> {
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, setting] of Object.entries<Setting>(wanted)) {
    if (setting.secret && setting.usual !== undefined) {
      problems.push(`${name}: a secret has no usual value; drop \`usual\``)
      continue
    }
    const found = find(name, options)
    if (found.problem !== undefined) {
      problems.push(`${name} ${found.problem}`)
      continue
    }
    const text = found.text ?? setting.usual
    if (text === undefined) {
      if (!setting.optional) problems.push(`${name} is missing; set it, or ${name}_FILE to a file`)
      else values[name] = undefined
      continue
    }
    const judged = await judge(text, setting)
    if (judged.problem !== undefined) problems.push(`${name} ${judged.problem}`)
    else values[name] = setting.secret ? new Secret(judged.value) : judged.value
  }
  problems.push(...strangers(wanted, options))
  if (problems.length > 0) {
    const count = problems.length === 1 ? 'one problem' : `${problems.length} problems`
    throw new ConfigFault('settings', `${count}:\n${problems.map(one => `  ${one}`).join('\n')}`)
  }
  return values as SettingValues<Wanted>
}

type Judged =
  | { readonly value: unknown; readonly problem?: undefined }
  | { readonly problem: string }

async function judge(text: string, setting: Setting): Promise<Judged> {
  if (setting.secret) {
    const weak = weakness(text, setting.bits ?? 0)
    if (weak !== undefined) return { problem: `${weak}; make one with \`npx bulwark keys new\`` }
  }
  if (setting.schema === undefined) return { value: text }
  const answer = await setting.schema['~standard'].validate(text)
  if (answer.issues === undefined) return { value: answer.value }
  // A schema's message may hold what it was given.
  if (setting.secret) return { problem: 'does not have the form asked for' }
  return { problem: `does not fit: ${answer.issues.map(({ message }) => message).join('; ')}` }
}

function strangers(wanted: Readonly<Record<string, Setting>>, options: SettingsOptions): string[] {
  const { prefix, env } = options
  if (prefix === undefined) return []
  const known = Object.keys(wanted).flatMap(name => [name, `${name}_FILE`])
  return Object.keys(env)
    .filter(name => name.startsWith(prefix) && !known.includes(name))
    .map(name => {
      const near = nearestName(name, known)
      return `${name} is no setting${near === undefined ? '' : `; did you mean ${near}?`}`
    })
}
