import { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Clock } from '../kernel/clock.ts';
import type { Refusal } from '../kernel/refusal.ts';
/** Deadlines, rates and counts of connections. */
export interface ServerLimits {
    /** From the connection, or the first byte after a request, to the end of the header section. */
    readonly headersSeconds?: number;
    /** From there to the end of the body; see `extend`. */
    readonly requestSeconds?: number;
    /** How long a connection without a request stays open. */
    readonly keepAliveSeconds?: number;
    /** How often connections are looked over. */
    readonly checkSeconds?: number;
    /** A body that comes slower than this is cut after 5 seconds. */
    readonly minBodyBytesPerSecond?: number;
    /** An answer that is read slower than this is cut after 10 seconds. */
    readonly minReadBytesPerSecond?: number;
    /** Then the connection is closed, politely. */
    readonly maxRequestsPerSocket?: number;
    /** Connections at once. */
    readonly maxSockets?: number;
    /** Connections at once from one IPv4 address or IPv6 /64. */
    readonly maxSocketsPerAddress?: number;
}
export declare const SERVER_DEFAULTS: Required<ServerLimits>;
/** What stands in front of every listener of a framework. */
export interface ServerGuard {
    /** Asked about every request and upgrade, before anybody else sees it. */
    judge(message: IncomingMessage): Refusal | undefined;
    /** Asked besides about each WebSocket handshake: no route behind the guard will judge it. */
    judgeUpgrade?(message: IncomingMessage): Refusal | undefined;
    /** Answers a refused request. */
    answer(message: IncomingMessage, response: ServerResponse, refusal: Refusal): void;
    /** Told of what has no response object: broken messages, slow clients, refused upgrades. */
    cut?(refusal: Refusal, socket: Socket): void;
}
export interface HardenOptions {
    /** Names a refusal that has no request of its own. */
    readonly requestId: () => string;
    readonly limits?: ServerLimits;
    readonly guard?: ServerGuard;
    /** To whom `maxSocketsPerAddress` does not apply: our proxies. Loopback unless told. */
    readonly exemptAddress?: (address: string) => boolean;
    /** Milliseconds that only go forward. */
    readonly clock?: Clock;
}
export interface HardenedServer {
    /** Gives one request more time for its body (an upload); the minimum rate still holds. */
    extend(message: IncomingMessage, seconds: number): void;
    /** Looks all connections over now; a timer does it every `checkSeconds`. */
    sweep(): void;
    /** Connections now open. */
    readonly sockets: number;
}
/**
 * Deadlines, rates and counts on a node:http or node:https server, and a guard in front of all its
 * listeners. It does not matter whether the server listens already, nor what a framework has
 * registered on it or will.
 *
 * @throws {ConfigFault} when a limit is not greater than 0
 * @see ASVS 4.2.1, 13.2.6, 15.2.2
 */
export declare function hardenServer(server: Server, options: HardenOptions): HardenedServer;
