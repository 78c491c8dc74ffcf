import type { KeyObject } from 'node:crypto';
import type { Random } from '../../kernel/random.ts';
/** Who has no session yet still has a cookie to bind a token to: signing in is covered too. */
export interface Visitors {
    readonly cookieName: string;
    /** A fresh cookie value: 256 random bits, a dot, their MAC. */
    issue(): string;
    /** The binding inside a cookie value; undefined when we did not issue it. */
    read(value: string): string | undefined;
    /** The whole `Set-Cookie` value. */
    setCookie(value: string): string;
}
export interface VisitorOptions {
    /** `keys.for('visitor')`. */
    readonly key: KeyObject;
    /** The same of earlier root keys that are still good; none unless told. */
    readonly olderKeys?: () => readonly KeyObject[];
    readonly random: Random;
    /** Only for development over plain http: without `__Host-` and `Secure`. */
    readonly dangerouslyAllowHttp?: boolean;
}
/**
 * A cookie for those who are not signed in. The MAC keeps out values that others made up, and the
 * `__Host-` prefix keeps out those that a sibling subdomain or a plain-http network would plant.
 *
 * @see ASVS 3.3.3, 3.5.1
 */
export declare function visitors(options: VisitorOptions): Visitors;
