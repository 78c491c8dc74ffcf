import type { Check } from '../check.ts'
import type { Visitor } from '../people/visitor.ts'
import type { Limits } from '../wire/bounds.ts'

export const LEVELS = ['passive', 'safe', 'full'] as const
/** `passive` reads, `safe` also touches its own objects, `full` also locks, floods and stalls. */
export type Level = (typeof LEVELS)[number]

export const SEVERITIES = ['info', 'low', 'medium', 'high', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

/** Where a secret is read from. It never stands in the config itself. */
export type SecretSource =
  | { readonly env: string }
  | { readonly file: string /** JSON pointer into it */; readonly at?: string }
  | { readonly command: string }

/**
 * A request with holes: `{user}`, `{password}`, `{id}`, `{marker}`, … are filled in. A text that is
 * one hole and nothing else takes the value as it is, so `'{credential}'` can become an object.
 */
export interface Step {
  /** Method and path: `POST /auth/login`. */
  readonly send: string
  readonly json?: unknown
  readonly form?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
}

/** A step that may need a page first, whose form brings hidden fields along. */
export interface FormStep extends Step {
  readonly page?: string
}

export interface Account {
  /** What the person types as their name; needed unless `register` or a token says who it is. */
  readonly user?: string
  readonly password?: SecretSource
  /** Base32 seed of an account that has TOTP on. */
  readonly totp?: SecretSource
  /** Let the tool register this account itself, with a random password, when the run begins. */
  readonly register?: boolean
  /** Sent as `Authorization: Bearer …` instead of signing in. */
  readonly bearer?: SecretSource
  /** Sent with every request instead of signing in: API keys. */
  readonly headers?: Readonly<Record<string, SecretSource>>
}

export interface SignIn extends FormStep {
  /** JSON pointer to a bearer token in the reply; without it the cookies count. */
  readonly token?: string
  /** JSON pointer to what is true when a second factor is asked for. */
  readonly pending?: string
  /** Anything else: do it yourself with the visitor's own requests. */
  readonly script?: (visitor: Visitor, user: string, password: string) => Promise<void>
}

export interface SessionRoutes {
  /** A GET that answers 2xx with the user's name when signed in, and not otherwise. */
  readonly probe: string
  readonly logout?: Step | string
  /** Ends all other sessions, or all. */
  readonly logoutOthers?: Step | string
}

/** Where the CSRF token comes from and how it goes back. */
export interface CsrfSource {
  /** `GET /csrf-token`, with a JSON pointer to the token in `at`; or a cookie's name. */
  readonly from?: string
  readonly at?: string
  readonly cookie?: string
  readonly header: string
}

export interface Register extends FormStep {
  /** What the new user does with the mail: `{token}` is taken from its link. */
  readonly confirm?: Step
}

export interface ObjectRoutes {
  readonly name: string
  readonly create: Step
  /** JSON pointer to the id in the reply of `create`; `/id` when left out. */
  readonly id?: string
  readonly read: string
  readonly list?: string
  readonly update?: Step
  readonly remove?: string
}

export interface Action {
  readonly name: string
  /** Changes something to `{marker}`. */
  readonly change: Step
  /** A GET that shows the marker afterwards. */
  readonly probe: string
}

export interface UploadRoutes {
  /** Multipart POST; `field` is the file's. */
  readonly send: string
  readonly field: string
  /** JSON pointer to the id in the reply; `/id` when left out. */
  readonly id?: string
  readonly read: string
  readonly remove?: string
  readonly maxBytes?: number
}

/** A request whose `{url}` the service fetches. */
export interface UrlTaker extends Step {
  /** Whether one has to be signed in. On unless `false`. */
  readonly signedIn?: boolean
}

/** Where the mails go that the service sends: an outbox it shows, a file, or a command's output. */
export interface MailSource {
  readonly http?: string
  readonly file?: string
  readonly command?: string
  /** JSON pointers within one mail. */
  readonly to?: string
  readonly subject?: string
  readonly text?: string
}

export interface TotpRoutes {
  readonly setup: Step | string
  /** JSON pointer to the Base32 seed in the reply of `setup`; `/secret` when left out. */
  readonly secret?: string
  /** Ends the set-up with `{code}`; `codes` points to the backup codes in its reply. */
  readonly confirm: Step
  readonly codes?: string
  /** The second step of signing in, with `{code}`. */
  readonly verify: Step
  /** The same with a backup code. */
  readonly backup?: Step
  readonly newCodes?: Step | string
  readonly disable?: Step | string
}

export interface PasskeyRoutes {
  readonly registerOptions: Step | string
  /** With `{credential}`. */
  readonly register: Step
  readonly loginOptions: Step | string
  readonly login: Step
  /** JSON pointer to the options in both replies; the whole reply when left out. */
  readonly options?: string
  readonly list?: string
  readonly remove?: string
}

export interface TokenRoutes {
  readonly signIn: Step
  /** JSON pointers in the replies; `/accessToken` and `/refreshToken` when left out. */
  readonly access?: string
  readonly refresh?: string
  /** With `{refresh}`. */
  readonly renew: Step
  readonly logout?: Step
}

export interface OauthClient {
  readonly id: string
  readonly secret?: SecretSource
  readonly redirectUri: string
  readonly scope?: string
}

export interface OauthRoutes {
  /** Metadata document; the usual places when left out. */
  readonly metadata?: string
  /** Left out where the service lets clients register. */
  readonly client?: OauthClient
  readonly confidential?: OauthClient
  readonly other?: OauthClient
}

/** How to read the audit log: as whom, and which GET. */
export interface AuditSource {
  readonly http?: string
  readonly as?: 'admin' | 'alice'
  readonly file?: string
  readonly command?: string
}

/** Sign-in through a provider that the tool plays itself on `http://127.0.0.1:{port}`. */
export interface SocialRoutes {
  /** The GET that leads to the provider. */
  readonly start: string
  /** Where the service was told that the provider is. */
  readonly port: number
  readonly clientId: string
}

/** How to read what the service has stored: a route that shows it, its files, or a command. */
export interface StoreSource {
  readonly http?: string
  readonly files?: readonly string[]
  readonly command?: string
}

/** How to start the service when nothing answers at the target yet. */
export interface StartConfig {
  readonly command: string
  /** Path that answers once the service is up. */
  readonly wait?: string
  readonly withinSeconds?: number
  /** Added to the environment; `{port}` is the target's. */
  readonly env?: Readonly<Record<string, string>>
  /** Runs before the command: to write a seed file, say. */
  readonly prepare?: () => void | Promise<void>
  /** Runs once the service has ended: to take its data away. */
  readonly cleanUp?: () => void | Promise<void>
  /** What is true only of a service that the tool started: its seeded accounts, where its data lies. */
  readonly also?: Omit<AttackConfig, 'target' | 'start'>
}

/** All that `bulwark attack` can be told. Nothing is required; each part opens more checks. */
export interface AttackConfig {
  readonly target?: string
  /** TLS is ended in front of the service: cookies and HSTS are judged as if over HTTPS. */
  readonly behindTls?: boolean
  /** What runs there is set up as in production. */
  readonly production?: boolean
  readonly level?: Level
  readonly seed?: string
  readonly limits?: Partial<Limits>
  /** Use a source address of 127/8 for each check. On unless `false`, where the system allows it. */
  readonly lanes?: boolean
  /** How long to wait for what should not happen. 3000 when left out. */
  readonly patienceMs?: number
  readonly openapi?: string
  /** Ports of the same host on which to look for a Node inspector; 9229 to 9231 when left out. */
  readonly inspectorPorts?: readonly number[]
  /** Pages to read that nothing links to. */
  readonly pages?: readonly string[]
  /** Paths that are never called. */
  readonly never?: readonly (string | RegExp)[]
  /** Routes that anyone may read although they look private: `GET /prices`. */
  readonly publicRoutes?: readonly string[]
  readonly failOn?: Severity
  readonly baseline?: string
  readonly start?: StartConfig
  readonly accounts?: {
    readonly alice?: Account
    readonly bob?: Account
    readonly admin?: Account
  }
  readonly signIn?: SignIn
  readonly session?: SessionRoutes
  readonly csrf?: CsrfSource
  readonly register?: Register
  readonly password?: { readonly change: Step }
  readonly reset?: { readonly request: FormStep; readonly redeem?: Step }
  readonly mail?: MailSource
  readonly objects?: readonly ObjectRoutes[]
  readonly actions?: readonly Action[]
  readonly uploads?: UploadRoutes
  readonly urls?: readonly UrlTaker[]
  /** Routes for the role `admin` only: GET paths. */
  readonly adminRoutes?: readonly string[]
  readonly totp?: TotpRoutes
  readonly passkeys?: PasskeyRoutes
  readonly tokens?: TokenRoutes
  readonly oauth?: OauthRoutes
  readonly audit?: AuditSource
  readonly store?: StoreSource
  readonly social?: SocialRoutes
  /** The change of address; `{new}` is the one to come. */
  readonly email?: { readonly change: Step }
  /** Checks of your own: the same interface as the built-in ones. */
  readonly checks?: readonly Check[]
}
