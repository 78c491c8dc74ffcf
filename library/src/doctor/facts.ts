import type { LockoutFacts } from '../account/lockout/lockout.checks.ts'
import type { MailFacts } from '../account/mail/mail.checks.ts'
import type { PasswordFacts } from '../account/password/password.checks.ts'
import type { AuditFacts } from '../audit/audit.checks.ts'
import type { HttpFacts } from '../http/http.checks.ts'
import type { OAuthFacts } from '../oauth/server/server.checks.ts'
import type { OutboundSettings } from '../outbound/options.ts'
import type { OutboundFacts } from '../outbound/outbound.checks.ts'
import type { SessionsFacts } from '../session/sessions/sessions.checks.ts'
import type { ContentFacts } from '../shield/content/content.checks.ts'
import type { CsrfFacts } from '../shield/csrf/csrf.checks.ts'
import type { HeadersFacts } from '../shield/headers/headers.checks.ts'
import type { LimitsFacts } from '../shield/limits/limits.checks.ts'
import type { ThrottleFacts } from '../shield/throttle/throttle.checks.ts'
import type { UploadsSettings } from '../shield/uploads/options.ts'
import type { UploadsFacts } from '../shield/uploads/uploads.checks.ts'
import type { StoreFacts } from '../store/store.checks.ts'
import type { SecretsFacts } from '../vault/secrets/secrets.checks.ts'
import type { RoutesFacts } from './routes.checks.ts'
import type { RuntimeFacts } from './runtime.checks.ts'
import type { ServiceFacts } from './service.checks.ts'

/** All that the checks ask about one service, each defence's own part. */
export interface Facts {
  readonly runtime: RuntimeFacts
  readonly service: ServiceFacts
  readonly routes: RoutesFacts
  readonly http: HttpFacts
  readonly store: StoreFacts
  readonly audit: AuditFacts
  readonly secrets: SecretsFacts
  readonly outbound: OutboundFacts
  readonly limits: LimitsFacts
  readonly headers: HeadersFacts
  readonly content: ContentFacts
  readonly csrf: CsrfFacts
  readonly throttle: ThrottleFacts
  readonly uploads: UploadsFacts
  /** Absent where sessions are off. */
  readonly sessions: SessionsFacts | undefined
  /** These three are absent where accounts are off. */
  readonly password: PasswordFacts | undefined
  readonly lockout: LockoutFacts | undefined
  readonly mail: MailFacts | undefined
  /** Absent where there is no authorization server. */
  readonly oauth: OAuthFacts | undefined
}

/** What only whoever runs the service can tell, and what they decided to live with. */
export interface DoctorOptions {
  /** Findings that stay, by id, each with its reason. They are shown, and stop nothing. */
  readonly accept?: Readonly<Record<string, string>>
  /** `strict` lets warnings stop a production start as well. */
  readonly tier?: 'production' | 'strict'
  /** Processes of this service on all machines; 1 unless told. */
  readonly processes?: number
  /** Settings of the outbound policies in use, asked for when checks are. */
  readonly outbound?: () => readonly OutboundSettings[]
  /** Settings of every place that takes files, asked for when checks are. */
  readonly uploads?: () => readonly UploadsSettings[]
  /** Names of stores that are reached over a network without TLS. */
  readonly plainStores?: readonly string[]
  /** What Redis answers to `CONFIG GET maxmemory-policy` and `appendonly`, where it may be asked. */
  readonly redis?: { readonly eviction?: string; readonly appendOnly?: boolean }
  /** The root key lies in the data folder. */
  readonly keyBesideData?: boolean
  /** Days after which rows of the audit log go. */
  readonly auditDays?: number
}
