import type { Clock } from '../../kernel/clock.ts';
import type { Keys } from '../../kernel/keys.ts';
import type { Random } from '../../kernel/random.ts';
import { type Soon } from '../../kernel/soon.ts';
import type { Along } from '../../store/port/along.ts';
import type { ProvenFactor, SessionRecord, Sessions as SessionStore } from '../../store/port/sessions.ts';
import { type LifeOptions } from './life.ts';
/** A live session, as its request sees it. The bearer's value is in none of its members. */
export type Session = SessionRecord;
export interface SessionsOptions extends LifeOptions {
    /** A used session is written back at most this often; 60 unless told, at most half of idle. */
    readonly touchEverySeconds?: number;
    /** Beyond this many live sessions an account's longest unused ones end. No limit unless told. */
    readonly maxPerAccount?: number;
    /** `Lax` unless told: `Strict` loses the session on links from mails and other sites. */
    readonly sameSite?: 'Lax' | 'Strict';
    /** Cookie without `Secure` and prefix, for plain http on other hosts than localhost. */
    readonly dangerouslyAllowHttp?: boolean;
}
export interface SessionsGround {
    readonly store: SessionStore;
    readonly keys: Keys;
    /** Earlier root keys whose sessions are still good; none unless told. */
    readonly olderKeys?: () => readonly Keys[];
    readonly clock: Clock;
    readonly random: Random;
}
/** What was proven, where from and with what. */
export interface Proof {
    readonly factors: readonly ProvenFactor[];
    readonly address: string;
    readonly device: string;
}
/** A session made but perhaps not yet stored, and the `Set-Cookie` text that hands it out. */
export interface Issued {
    readonly record: SessionRecord;
    readonly cookie: string;
}
export interface SessionKeeper {
    readonly cookieName: string;
    /** `Set-Cookie` text that makes the browser forget its session. */
    readonly cleared: string;
    /**
     * The live session of a request's `cookie` field. Answers at once, without a promise, when there
     * is none to look for or the store is at hand; reads the store once, and writes at most once a
     * minute.
     */
    load(cookieHeader: string | undefined): Soon<Session | undefined>;
    /** Makes a session without storing it, for a transaction that does (`startSession`). */
    issue(account: {
        readonly id: string;
        readonly role: string;
    }, proof: Proof): Issued;
    /** Makes and stores a session. */
    start(account: {
        readonly id: string;
        readonly role: string;
    }, proof: Proof, along?: Along): Promise<Issued>;
    /** The same session under a new id, not stored: for a transaction that ends the old one. */
    renew(session: Session, change?: {
        readonly factors?: readonly ProvenFactor[];
        readonly authenticatedAt?: number;
    }): Issued;
    /**
     * The same session under a new id, with what else was proven: at every change of privilege. Its
     * absolute end stays. Undefined when the session ended meanwhile.
     */
    rotate(session: Session, change?: {
        readonly factors?: readonly ProvenFactor[];
        readonly authenticatedAt?: number;
    }, along?: Along): Promise<Issued | undefined>;
    /** Ends it. False when it had ended already. */
    end(session: Session, along?: Along): Promise<boolean>;
    /** Ends one by its owner's name for it. False when it is not theirs or has ended. */
    endById(accountId: string, id: string, along?: Along): Promise<boolean>;
    /** Ends all of an account, but for the one given; answers how many. */
    endAll(accountId: string, except?: Session, along?: Along): Promise<number>;
    /** The account's live sessions, newest use first. */
    list(accountId: string): Promise<readonly Session[]>;
    /** Ends what exceeds `maxPerAccount`. `start` does it by itself; call it after `issue`. */
    trim(accountId: string): Promise<void>;
}
/** What a CSRF token is bound to: changes with every rotation, and cannot be turned into a cookie. */
export declare function bindingOf(session: Session): string;
/**
 * Server-side sessions under 256-bit ids of which only a keyed hash is stored.
 *
 * @throws {ConfigFault} when a lifetime or limit makes no sense
 * @see ASVS 7.2.1, 7.2.3, 7.2.4, 7.4.1; NIST SP 800-63B-4 §5.1
 */
export declare function sessions(options: SessionsOptions, ground: SessionsGround): SessionKeeper;
