import { lockoutChecks } from '../account/lockout/lockout.checks.ts'
import { mailChecks } from '../account/mail/mail.checks.ts'
import { passwordChecks } from '../account/password/password.checks.ts'
import { auditChecks } from '../audit/audit.checks.ts'
import { httpChecks } from '../http/http.checks.ts'
import type { Check } from '../kernel/check.ts'
import { ConfigFault } from '../kernel/fault.ts'
import { onlyKnown } from '../kernel/options.ts'
import { oauthChecks } from '../oauth/server/server.checks.ts'
import { outboundChecks } from '../outbound/outbound.checks.ts'
import { sessionsChecks } from '../session/sessions/sessions.checks.ts'
import { contentChecks } from '../shield/content/content.checks.ts'
import { csrfChecks } from '../shield/csrf/csrf.checks.ts'
import { headersChecks } from '../shield/headers/headers.checks.ts'
import { limitsChecks } from '../shield/limits/limits.checks.ts'
import { throttleChecks } from '../shield/throttle/throttle.checks.ts'
import { uploadsChecks } from '../shield/uploads/uploads.checks.ts'
import { storeChecks } from '../store/store.checks.ts'
import { secretsChecks } from '../vault/secrets/secrets.checks.ts'
import type { DoctorOptions, Facts } from './facts.ts'
import type { Requirement } from './requirements.ts'
import { routesChecks } from './routes.checks.ts'
import { runtimeChecks } from './runtime.checks.ts'
import { serviceChecks } from './service.checks.ts'

export type { DoctorOptions, Facts } from './facts.ts'
export type { Requirement } from './requirements.ts'

/**
 * What a service is held to. `development` asks what matters on any machine; `production` asks all
 * and a critical answer stops the start; in `strict` a warning does as well.
 */
export type Tier = 'development' | 'production' | 'strict'

export type CheckSeverity = Check<never>['severity']

/** One thing that a check found. */
export interface Finding {
  readonly id: string
  readonly severity: CheckSeverity
  readonly what: string
  readonly why: string
  readonly fix: string
  /** What exactly, never a secret. */
  readonly detail?: string
  /** The page about the defence, from the root of the repository. */
  readonly docs: string
  /** Why somebody decided to live with it. */
  readonly accepted?: string
}

/** A check as it is listed: what it asks, without asking. */
export interface ListedCheck extends Omit<Check<never>, 'found'> {
  readonly docs: string
}

interface Question extends ListedCheck {
  ask(facts: Facts): boolean | string
}

const QUESTIONS: readonly Question[] = [
  ...about('library/src/doctor', runtimeChecks, facts => facts.runtime),
  ...about('library/src/doctor', serviceChecks, facts => facts.service),
  ...about('library/src/doctor', routesChecks, facts => facts.routes),
  ...about('library/src/http', httpChecks, facts => facts.http),
  ...about('library/src/store', storeChecks, facts => facts.store),
  ...about('library/src/audit', auditChecks, facts => facts.audit),
  ...about('library/src/vault/secrets', secretsChecks, facts => facts.secrets),
  ...about('library/src/outbound', outboundChecks, facts => facts.outbound),
  ...about('library/src/shield/limits', limitsChecks, facts => facts.limits),
  ...about('library/src/shield/headers', headersChecks, facts => facts.headers),
  ...about('library/src/shield/content', contentChecks, facts => facts.content),
  ...about('library/src/shield/csrf', csrfChecks, facts => facts.csrf),
  ...about('library/src/shield/throttle', throttleChecks, facts => facts.throttle),
  ...about('library/src/shield/uploads', uploadsChecks, facts => facts.uploads),
  ...about('library/src/session/sessions', sessionsChecks, facts => facts.sessions),
  ...about('library/src/account/password', passwordChecks, facts => facts.password),
  ...about('library/src/account/lockout', lockoutChecks, facts => facts.lockout),
  ...about('library/src/account/mail', mailChecks, facts => facts.mail),
  ...about('library/src/oauth/server', oauthChecks, facts => facts.oauth),
]

/** Every check there is, in the order in which they are asked. */
export const checks: readonly ListedCheck[] = QUESTIONS.map(({ ask: _, ...listed }) => listed)

const ORDER: readonly CheckSeverity[] = ['critical', 'warning', 'advice']

/**
 * Asks every check, and answers what applies, worst first.
 *
 * @see ASVS 13.1.1, 13.4.2, 15.1.1
 */
export function diagnose(facts: Facts, options: DoctorOptions = {}): readonly Finding[] {
  const accepted = options.accept ?? {}
  return QUESTIONS.flatMap(({ ask, ...listed }): Finding[] => {
    const answer = ask(facts)
    if (answer === false || answer === '') return []
    const reason = accepted[listed.id]
    return [
      {
        ...listed,
        ...(typeof answer === 'string' && { detail: answer }),
        ...(reason !== undefined && { accepted: reason }),
      },
    ]
  }).sort((a, b) => ORDER.indexOf(a.severity) - ORDER.indexOf(b.severity))
}

/** Whether a finding stops a start in this tier; one that was accepted never does. */
export function stops(finding: Finding, tier: Tier): boolean {
  if (finding.accepted !== undefined || tier === 'development') return false
  return finding.severity === 'critical' || (tier === 'strict' && finding.severity === 'warning')
}

/**
 * Lets a service start, or not.
 *
 * @returns sentences about warnings, for whoever starts it
 * @throws {ConfigFault} naming each finding that stops the start, and what to do about it
 */
export function admit(findings: readonly Finding[], tier: Tier): readonly string[] {
  if (tier === 'development') return []
  const stopping = findings.filter(finding => stops(finding, tier))
  const [first] = stopping
  if (first !== undefined) {
    const rest = stopping.slice(1).map(finding => `\n  ${sentence(finding)}`)
    throw new ConfigFault('doctor', `${sentence(first)}${rest.join('')}`)
  }
  return findings
    .filter(({ severity, accepted }) => severity === 'warning' && accepted === undefined)
    .map(sentence)
}

/**
 * Judges the options of the doctor itself.
 *
 * @throws {ConfigFault} when a finding is accepted that no check reports, or without a reason
 */
export function doctorOptions(options: DoctorOptions = {}): DoctorOptions {
  onlyKnown('doctor', options, [
    'accept',
    'tier',
    'processes',
    'outbound',
    'uploads',
    'plainStores',
    'redis',
    'keyBesideData',
    'auditDays',
  ])
  const ids = new Set(checks.map(({ id }) => id))
  for (const [id, reason] of Object.entries(options.accept ?? {})) {
    if (!ids.has(id))
      throw new ConfigFault('doctor.accept', `there is no check ${JSON.stringify(id)}`)
    if (reason.trim().length < 10) {
      throw new ConfigFault('doctor.accept', `${id} needs a reason that a reviewer can judge`)
    }
  }
  return options
}

/**
 * Every requirement of ASVS 5.0 and how a service stands to it; loaded only when it is asked for.
 *
 * @param about the service's facts, which tell what is not in use; and whether it is the reference
 *   service, whose pages and files have tests of their own
 */
export async function requirements(
  findings: readonly Finding[],
  about: { readonly facts?: Facts; readonly isReference?: boolean } = {},
): Promise<readonly Requirement[]> {
  const { judged, unused } = await import('./requirements.ts')
  const { facts, isReference = false } = about
  const found = new Set(findings.map(({ id }) => id))
  return judged({ found, isReference, ...(facts !== undefined && { off: unused(facts) }) })
}

function sentence({ id, what, detail, fix }: Finding): string {
  return `${id}: ${what}${detail === undefined ? '' : ` (${detail})`} ${fix}`
}

function about<Part>(
  folder: string,
  list: readonly Check<Part>[],
  part: (facts: Facts) => Part | undefined,
): Question[] {
  return list.map(({ found, ...listed }) => ({
    ...listed,
    docs: `${folder}/README.md`,
    ask(facts) {
      const known = part(facts)
      return known === undefined ? false : found(known)
    },
  }))
}
