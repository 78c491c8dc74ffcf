import type { MiddlewareHandler } from 'hono';
import { type Bulwark, type BulwarkOptions, type Exchange } from '../../bulwark.ts';
import type { RoutePolicy } from '../../pipeline/route.ts';
declare module 'hono' {
    interface ContextVariableMap {
        /** Who asks; `undefined` for strangers. */
        principal: Exchange['principal'];
        /** This request on its way through Bulwark: session, nonce, CSRF token, request id. */
        exchange: Exchange;
        /** The parsed and checked body; `c.req.json()` and its siblings answer the same. */
        body: unknown;
    }
}
/**
 * Marks a route with its policy: `app.get('/orders', protect({ access: { signedIn: true } }), …)`.
 * The marker itself does nothing: the policy is found and judged before the route runs.
 */
export declare function protect(policy: RoutePolicy): MiddlewareHandler;
/** What of an application tells which routes there are. */
interface Routed {
    readonly routes: readonly {
        readonly method: string;
        readonly path: string;
        readonly handler: object;
    }[];
}
/**
 * All defences on every route of a Hono 4 application on `@hono/node-server`, 404s and errors
 * included: `app.use(bulwark({ … }, app))`, before any route. With `app`, routes that forgot their
 * policy are found at start, and a wrong method is told which ones there are.
 *
 * A wrong option ends the process at start with the sentence of its `ConfigFault`.
 */
export declare function bulwark(options?: BulwarkOptions | {
    readonly bulwark: Bulwark;
}, app?: Routed): MiddlewareHandler;
export {};
