import type { SignedInPolicy } from './access/access.ts';
import type { AuditOptions, AuditSink, CheckpointShelf } from './audit/audit.ts';
import type { DoctorOptions } from './doctor/doctor.ts';
import type { ProxyTrust } from './http/address.ts';
import type { FramingOptions } from './http/framing.ts';
import type { Clock } from './kernel/clock.ts';
import type { Random } from './kernel/random.ts';
import type { Secret } from './kernel/secret.ts';
import type { OAuthOptions } from './oauth/server/server.ts';
import type { SocialOptions } from './oauth/social/social.ts';
import type { AccountModule } from './people.ts';
import type { ProblemPage } from './pipeline/problem-answer.ts';
import type { RoutePolicy } from './pipeline/route.ts';
import type { RefreshOptions } from './session/refresh/refresh.ts';
import type { SessionsOptions } from './session/sessions/sessions.ts';
import type { ContentOptions } from './shield/content/content.ts';
import type { CsrfOptions } from './shield/csrf/csrf.ts';
import type { HeadersOptions } from './shield/headers/headers.ts';
import type { LimitsOptions } from './shield/limits/limits.ts';
import type { ThrottlePolicy } from './shield/throttle/throttle.ts';
import type { Stores } from './store/port/stores.ts';
import type { PreviousRoot } from './vault/secrets/ring.ts';
/** One member a defence; `false` switches it off, leaving it away is safe. */
export interface BulwarkOptions {
    /** `production` refuses to start when something critical is missing. By NODE_ENV unless told. */
    readonly mode?: 'development' | 'production';
    /** Public origin or origins, such as `https://app.example`. Development serves any loopback name. */
    readonly origin?: string | readonly string[];
    /** 32 random bytes, as `npx bulwark keys new` prints them. Development makes one up at each start. */
    readonly rootKey?: string | Secret<string> | Uint8Array | undefined;
    /** Root keys before it, each until a date, so that a new one signs nobody out; see `previousRoots`. */
    readonly previousRootKeys?: readonly PreviousRoot[];
    /** More host names we answer under, such as an internal one. */
    readonly hosts?: readonly string[];
    /** Whose forwarding headers count: CIDRs of our proxies, or how many stand in front of us. */
    readonly trustedProxies?: readonly string[] | number | ProxyTrust;
    /** Where everything is remembered. In memory unless told. */
    readonly stores?: Stores;
    /** What a request line and its fields may look like. */
    readonly framing?: FramingOptions;
    /** Paths that answer over plain http and under any host: probes of a load balancer. */
    readonly probePaths?: readonly string[];
    /** Redirects navigations and refuses the rest over plain http, when the origin is https. */
    readonly transport?: false;
    readonly csrf?: (Pick<CsrfOptions, 'trustedOrigins' | 'exempt'> & {
        readonly path?: string;
    }) | false;
    readonly headers?: (HeadersOptions & {
        readonly reportPath?: string;
    }) | false;
    readonly content?: ContentOptions | false;
    readonly limits?: LimitsOptions | false;
    readonly throttle?: ThrottleSettings | false;
    readonly session?: SessionsOptions | false;
    /** Tokens for clients without cookies; on with `account`. */
    readonly refresh?: RefreshOptions | false;
    readonly access?: AccessSettings | false;
    readonly audit?: AuditModule | false;
    /** Accounts, sign-in and sessions as routes under `/auth`; off unless given. */
    readonly account?: AccountModule | false;
    /** An OAuth 2.1 authorization server with OpenID Connect under `/oauth`; off unless given. */
    readonly oauth?: OAuthOptions | false;
    /** Sign-in through identity providers under `/auth/social`; off unless given. */
    readonly social?: SocialOptions | false;
    /**
     * Writes the page that people see instead of what they asked for; a plain one unless told. Escape
     * the path: it is the request's.
     */
    readonly problemPage?: ProblemPage;
    /** What the checks cannot see, and findings that stay for a reason. */
    readonly doctor?: DoctorOptions;
    readonly clock?: Clock;
    readonly random?: Random;
}
export interface AuditModule extends AuditOptions {
    /** Where signed checkpoints are kept, such as `checkpointFile(path)`; best on another host. */
    readonly checkpoints?: CheckpointShelf;
    /** Second places for the log, such as `jsonlFile(path)`. */
    readonly sinks?: readonly AuditSink[];
}
export interface ThrottleSettings {
    /** For every route: 1,000 requests a minute and address in production, none in development. */
    readonly default?: ThrottlePolicy | readonly ThrottlePolicy[] | false;
    /** Named policies, for routes that say `throttle: 'name'`. */
    readonly policies?: Readonly<Record<string, ThrottlePolicy | readonly ThrottlePolicy[]>>;
}
export interface AccessSettings {
    /** Policies of routes that other plugins bring along: `{ 'GET /docs/*': { public: true } }`. */
    readonly routes?: Readonly<Record<string, NonNullable<RoutePolicy['access']>>>;
    /** What a role must have proven wherever it goes: `{ admin: require({ within: '12h' }) }`. */
    readonly roles?: Readonly<Record<string, SignedInPolicy>>;
}
/** Where browsers report to, unless told otherwise. */
export declare const REPORT_PATH = "/reports/csp";
/** What answers over plain http and under any host, unless told otherwise. */
export declare const PROBE_PATHS: readonly ['/healthz', '/readyz'];
export declare function refuseUnknown(options: BulwarkOptions): void;
export declare function publicOrigins(options: BulwarkOptions, mode: string): readonly string[];
export declare function rootKey(options: BulwarkOptions, mode: string, random: Random): string | Secret<string> | Uint8Array;
export declare function proxyTrust(given: BulwarkOptions['trustedProxies']): ProxyTrust | undefined;
export declare function throttlePolicies(settings: ThrottleSettings | false | undefined, mode: string): Record<string, ThrottlePolicy | readonly ThrottlePolicy[]>;
export declare function auditRules(options: Exclude<BulwarkOptions['audit'], false>): AuditOptions;
/** Who has to have a second factor, for the doctor. */
export declare function factorsAsked({ factors }: AccountModule): 'all' | 'some' | 'nobody';
/** Whether anybody has to have a second factor: where not, requests are not held up to ask. */
export declare function requiresFactors({ account }: BulwarkOptions): boolean;
export declare function csrfRules(options: Exclude<BulwarkOptions['csrf'], false>): Pick<CsrfOptions, 'trustedOrigins' | 'exempt'>;
export declare function headerRules(options: Exclude<BulwarkOptions['headers'], false>): HeadersOptions;
