import type { FastifyPluginAsync } from 'fastify';
import { type Bulwark, type BulwarkOptions } from '../../bulwark.ts';
import type { Exchange } from '../../pipeline/exchange.ts';
import type { RoutePolicy } from '../../pipeline/route.ts';
declare module 'fastify' {
    interface FastifyContextConfig extends RoutePolicy {
    }
    interface FastifyRequest {
        /** Who asks; `undefined` for strangers. Routes with `access: { signedIn: true }` always have one. */
        principal: Exchange['principal'];
        /** This request on its way through Bulwark: session, nonce, CSRF token, request id. */
        exchange: Exchange;
    }
    interface FastifyInstance {
        /** All defences, put together. */
        bulwark: Bulwark;
    }
}
/**
 * All defences on every route of a Fastify 5 service, those registered later, 404s and errors
 * included. Register it first.
 *
 * @throws {ConfigFault} when an option is wrong, at start
 */
export declare const bulwark: FastifyPluginAsync<BulwarkOptions | {
    readonly bulwark: Bulwark;
}>;
