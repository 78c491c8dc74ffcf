import { type Outcome } from '../../kernel/outcome.ts';
import type { Session } from '../../session/sessions/sessions.ts';
import type { Ground, Visit } from '../ground.ts';
import { type SignedIn, type Transport } from '../login/gate.ts';
import { type PasskeyResponse } from './ceremonies.ts';
import type { PasskeySettings } from './settings.ts';
export type { RelyingPartyOptions } from './settings.ts';
export declare const refusals: {
    readonly malformed: {
        readonly code: 'passkey.malformed';
        readonly says: 'passkey.refused';
        readonly status: 400;
    };
    readonly challenge: {
        readonly code: 'passkey.unknown_challenge';
        readonly says: 'passkey.refused';
        readonly status: 401;
    };
    readonly unverified: {
        readonly code: 'passkey.not_verified';
        readonly says: 'passkey.refused';
        readonly status: 401;
    };
    /** The browser may then be told to forget it (WebAuthn signal API). */
    readonly unknown: {
        readonly code: 'passkey.unknown_credential';
        readonly says: 'passkey.unknown';
        readonly status: 401;
    };
    readonly otherAccount: {
        readonly code: 'passkey.other_account';
        readonly says: 'passkey.refused';
        readonly status: 401;
    };
    readonly cloned: {
        readonly code: 'passkey.counter_went_back';
        readonly says: 'passkey.refused';
        readonly status: 401;
    };
    readonly disabled: {
        readonly code: 'passkey.account_disabled';
        readonly says: 'passkey.refused';
        readonly status: 401;
    };
    readonly taken: {
        readonly code: 'passkey.taken';
        readonly says: 'passkey.refused';
        readonly status: 409;
    };
    readonly tooMany: {
        readonly code: 'passkey.too_many';
        readonly says: 'passkey.too_many';
        readonly status: 422;
    };
    readonly absent: {
        readonly code: 'passkey.absent';
        readonly says: 'access.not_found';
        readonly status: 404;
    };
    /** The same key says of itself what a key cannot change: then it is another. */
    readonly eligibility: {
        readonly code: 'passkey.eligibility_changed';
        readonly says: 'passkey.refused';
        readonly status: 401;
    };
    /** No password, no provider: without this key its person is out for good. */
    readonly lastWay: {
        readonly code: 'passkey.last_way_in';
        readonly says: 'passkey.last_way_in';
        readonly status: 409;
    };
    readonly lastRequired: {
        readonly code: 'passkey.last_required';
        readonly says: 'factor.last_required';
        readonly status: 409;
    };
};
/** A passkey as its owner sees it. */
export interface ListedPasskey {
    readonly id: string;
    /** What the browser knows it by, for the signal API. */
    readonly credentialId: string;
    readonly name: string;
    /** Whether it is kept beyond one device, as the authenticator says. */
    readonly backedUp: boolean;
    readonly createdAt: string;
    readonly lastUsedAt: string | null;
}
/** Who asks to sign in, and how the answer will want to be signed in. */
export interface PasskeyAsker {
    readonly email?: string | undefined;
    readonly transport?: Transport | undefined;
}
export interface PasskeyOptions {
    readonly options: object;
    /** `Set-Cookie` texts. */
    readonly cookies: readonly string[];
}
/** What `PublicKeyCredential.signal…` take (WebAuthn §5.1.10). */
export interface PasskeySignals {
    readonly rpId: string;
    /** The user handle, base64url. */
    readonly userId: string;
    readonly allAcceptedCredentialIds: readonly string[];
    readonly name: string;
    readonly displayName: string;
}
/** Sign-in by WebAuthn: resistant to phishing, replay and a stolen database. */
export interface Passkeys {
    /** What `PublicKeyCredential.parseCreationOptionsFromJSON` takes. */
    registerOptions(visit: Visit, session: Session): Promise<Outcome<object>>;
    register(visit: Visit, session: Session, input: {
        readonly response: PasskeyResponse;
        readonly name?: string | undefined;
    }): Promise<Outcome<{
        readonly passkey: ListedPasskey;
        /** `Set-Cookie` texts: the session that made it has proven it. */
        readonly cookies: readonly string[];
    }>>;
    /**
     * What `PublicKeyCredential.parseRequestOptionsFromJSON` takes. Without a name the browser offers
     * what it has; with one, everybody has passkeys, also who has none or does not exist. The answer
     * is taken from the browser that has the cookies; from anybody for `transport: 'token'`.
     */
    loginOptions(visit: Visit, asker: PasskeyAsker): Promise<PasskeyOptions>;
    login(visit: Visit, input: {
        readonly response: PasskeyResponse;
        readonly transport?: Transport | undefined;
    }): Promise<Outcome<SignedIn>>;
    /** For a sign-in that waits for its second factor: only the keys of its account, for that sign-in. */
    factorOptions(visit: Visit, flow: string | undefined): Promise<Outcome<object>>;
    /** Finishes that sign-in. The key need not verify its user: the first factor was proven. */
    factor(visit: Visit, input: {
        readonly response: PasskeyResponse;
        readonly flow?: string | undefined;
        readonly remember?: boolean | undefined;
    }): Promise<Outcome<SignedIn>>;
    stepUp(visit: Visit, session: Session, input: {
        readonly response: PasskeyResponse;
    }): Promise<Outcome<readonly string[]>>;
    /** Which keys are good, and how their owner is called: what browsers are told to keep. */
    signals(accountId: string): Promise<PasskeySignals | undefined>;
    /** Origins besides ours where the keys sign in. */
    readonly relatedOrigins: readonly string[];
    list(accountId: string): Promise<readonly ListedPasskey[]>;
    remove(visit: Visit, session: Session, id: string): Promise<Outcome<void>>;
}
/** @see W3C WebAuthn Level 3 §7.1, §7.2; ASVS 6.5.1, 6.7.1; NIST SP 800-63B-4 §2.2.2 */
export declare function passkeys(ground: Ground, settings: PasskeySettings, service: string): Passkeys;
