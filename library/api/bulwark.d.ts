import type { IncomingMessage, Server } from 'node:http';
import type { SignedInPolicy } from './access/access.ts';
import type { AccountFlows } from './account/account.ts';
import type { Factors } from './account/factors/factors.ts';
import type { Passkeys } from './account/passkeys/passkeys.ts';
import { type Audit, type AuditOptions, type AuditSink, type CheckpointShelf } from './audit/audit.ts';
import { type DoctorOptions, type Facts, type Finding, type Tier } from './doctor/doctor.ts';
import { type ProxyTrust } from './http/address.ts';
import { type FramingOptions } from './http/framing.ts';
import { NodeIncoming } from './http/node-incoming.ts';
import { type HardenedServer } from './http/server.ts';
import { type Clock } from './kernel/clock.ts';
import type { Keys } from './kernel/keys.ts';
import { type Random } from './kernel/random.ts';
import type { Refusal } from './kernel/refusal.ts';
import type { Secret } from './kernel/secret.ts';
import type { OAuthOptions, OAuthServer } from './oauth/server/server.ts';
import type { Social, SocialOptions } from './oauth/social/social.ts';
import type { AccountModule } from './people.ts';
import type { Exchange } from './pipeline/exchange.ts';
import { type Pipeline } from './pipeline/pipeline.ts';
import type { ProblemPage } from './pipeline/problem-answer.ts';
import type { Route, RoutePolicy } from './pipeline/route.ts';
import type { Endpoint } from './routes/endpoint.ts';
import type { RefreshOptions, Tokens } from './session/refresh/refresh.ts';
import { type SessionKeeper, type SessionsOptions } from './session/sessions/sessions.ts';
import { type ContentOptions } from './shield/content/content.ts';
import { type CsrfOptions } from './shield/csrf/csrf.ts';
import { type HeadersOptions } from './shield/headers/headers.ts';
import { type ReportCollector } from './shield/headers/reports.ts';
import { type Limits, type LimitsOptions } from './shield/limits/limits.ts';
import { type Throttle, type ThrottlePolicy } from './shield/throttle/throttle.ts';
import type { Stores } from './store/port/stores.ts';
import { type Fields } from './vault/fields/fields.ts';
import { type PreviousRoot } from './vault/secrets/ring.ts';
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
/** All defences, put together. Adapters show it requests and write its answers. */
export interface Bulwark {
    readonly mode: 'development' | 'production';
    /** Public origins; empty in development when none was told. */
    readonly origins: readonly string[];
    readonly stores: Stores;
    readonly keys: Keys;
    readonly clock: Clock;
    readonly random: Random;
    readonly audit: Audit | undefined;
    readonly sessions: SessionKeeper | undefined;
    /** Access and refresh tokens, when `account` is on and `refresh` is not off. */
    readonly tokens: Tokens | undefined;
    /** The authorization server, when `oauth` is on. */
    readonly oauth: OAuthServer | undefined;
    /** Identity providers, when `social` is on. */
    readonly social: Social | undefined;
    readonly throttle: Throttle | undefined;
    /** The account flows, when `account` is on. */
    readonly account: AccountFlows | undefined;
    /** Seals columns of yours under the root key. */
    readonly fields: Fields;
    /** Second factors, when `account` is on. */
    readonly factors: Factors | undefined;
    /** Passkeys, when `account` is on. */
    readonly passkeys: Passkeys | undefined;
    /** Violations of the content security policy that browsers reported to this process. */
    readonly reports: Pick<ReportCollector, 'groups'>;
    readonly limits: Limits | undefined;
    /** Whether bodies are read and parsed here (`content` and `limits` are on). */
    readonly parsesBodies: boolean;
    readonly pipeline: Pipeline;
    /** Routes of Bulwark's own, for the adapter to mount. */
    readonly endpoints: readonly Endpoint[];
    /** Compiles one route's policy, once, at start. @throws {ConfigFault} */
    route(method: string, pattern: string, policy: RoutePolicy | undefined): Route;
    /** The request as defences see it, and why its very form is refused if it is. */
    receive(message: IncomingMessage): Received;
    /**
     * Deadlines and rates on the server's sockets, and the guard in front of its listeners. A server
     * is hardened once, however often it is asked for; `undefined` when limits are off.
     */
    harden(server: Server): HardenedServer | undefined;
    /** Gives one request more time for its body, as its route says; the minimum rate still holds. */
    extend(message: IncomingMessage, seconds: number): void;
    /**
     * Judges what only the whole service shows, once all routes are known.
     *
     * @returns sentences to warn about
     * @throws {ConfigFault} when a route was forgotten, or in production a check finds something critical
     */
    ready(): readonly string[];
    /** What the doctor finds in the service as it runs now; by its own mode unless told. */
    posture(tier?: Tier): Promise<readonly Finding[]>;
    /** What the checks are asked about, as far as it is known without asking a store. */
    facts(tier?: Tier): Facts;
    /** Writes what waits and lets go of timers. Stores that were handed in stay open. */
    close(): Promise<void>;
}
/**
 * What a server's message is to the defences. A class, because a literal that has outlived a few
 * collections is from then on made in the old heap, and there its whole request would stay with it.
 */
export declare class Received {
    readonly incoming: NodeIncoming;
    readonly refusal: Refusal | undefined;
    constructor(incoming: NodeIncoming, refusal: Refusal | undefined);
}
export type { Endpoint, Exchange, RoutePolicy };
/**
 * Puts all defences together. Everything that can be judged at start is judged here.
 *
 * @throws {ConfigFault} naming the option and what to write instead
 */
export declare function assemble(options?: BulwarkOptions): Promise<Bulwark>;
