import type { RequestHandler } from 'express';
import { type Bulwark, type BulwarkOptions, type Exchange } from '../../bulwark.ts';
import type { RoutePolicy } from '../../pipeline/route.ts';
declare global {
    namespace Express {
        interface Request {
            /** Who asks; `undefined` for strangers. */
            principal?: Exchange['principal'];
            /** This request on its way through Bulwark: session, nonce, CSRF token, request id. */
            exchange?: Exchange;
        }
    }
}
/**
 * Marks a route with its policy: `app.get('/orders', protect({ access: { signedIn: true } }), …)`.
 * The marker itself does nothing: the policy is found and judged before any other middleware runs.
 */
export declare function protect(policy: RoutePolicy): RequestHandler;
/**
 * All defences on every route of an Express 5 application, 404s and errors included:
 * `app.use(bulwark({ … }))`. Where in the order it stands, and whether body parsers come before or
 * after it, does not matter: it takes its place in front of the application itself.
 *
 * A wrong option ends the process at start with the sentence of its `ConfigFault`.
 */
export declare function bulwark(options?: BulwarkOptions | {
    readonly bulwark: Bulwark;
}): RequestHandler;
