import { type Outcome } from '../../kernel/outcome.ts';
import type { Session } from '../../session/sessions/sessions.ts';
import type { Ground, Visit } from '../ground.ts';
import { type SignedIn, type Transport } from '../login/gate.ts';
import { type PasskeyResponse } from './ceremonies.ts';
import { type ListedPasskey } from './kept.ts';
import { refusals } from './refusals.ts';
import type { PasskeySettings } from './settings.ts';
export type { ListedPasskey } from './kept.ts';
export type { RelyingPartyOptions } from './settings.ts';
export { refusals };
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
