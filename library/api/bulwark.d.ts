import type { IncomingMessage, Server } from 'node:http';
import type { AccountFlows } from './account/account.ts';
import type { Factors } from './account/factors/factors.ts';
import type { Passkeys } from './account/passkeys/passkeys.ts';
import { type Audit } from './audit/audit.ts';
import { type Facts, type Finding, type Tier } from './doctor/doctor.ts';
import type { HardenedServer } from './http/server.ts';
import { type Clock } from './kernel/clock.ts';
import type { Keys } from './kernel/keys.ts';
import { type Random } from './kernel/random.ts';
import type { OAuthServer } from './oauth/server/server.ts';
import type { Social } from './oauth/social/social.ts';
import { type BulwarkOptions } from './options.ts';
import type { Exchange } from './pipeline/exchange.ts';
import { type Pipeline } from './pipeline/pipeline.ts';
import type { Route, RoutePolicy } from './pipeline/route.ts';
import { type Received } from './reception.ts';
import type { Endpoint } from './routes/endpoint.ts';
import type { Tokens } from './session/refresh/refresh.ts';
import { type SessionKeeper } from './session/sessions/sessions.ts';
import { type ReportCollector } from './shield/headers/reports.ts';
import { type Limits } from './shield/limits/limits.ts';
import { type Throttle } from './shield/throttle/throttle.ts';
import type { Stores } from './store/port/stores.ts';
import { type Fields } from './vault/fields/fields.ts';
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
export type { AccessSettings, AuditModule, BulwarkOptions, ThrottleSettings } from './options.ts';
export type { Endpoint, Exchange, Received, RoutePolicy };
/**
 * Puts all defences together. Everything that can be judged at start is judged here.
 *
 * @throws {ConfigFault} naming the option and what to write instead
 */
export declare function assemble(options?: BulwarkOptions): Promise<Bulwark>;
