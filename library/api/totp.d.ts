import { type Outcome } from '../../kernel/outcome.ts';
import type { Account } from '../../store/port/accounts.ts';
import type { Along } from '../../store/port/along.ts';
import type { Field } from '../../vault/fields/fields.ts';
import type { Ground } from '../ground.ts';
import { type TotpAlgorithm } from './code.ts';
export declare const refusals: {
    readonly wrongCode: {
        readonly code: 'totp.wrong_code';
        readonly says: 'factor.refused';
        readonly status: 401;
    };
    /** Right, but used before: nobody may learn that it was right. */
    readonly replayed: {
        readonly code: 'totp.replayed';
        readonly says: 'factor.refused';
        readonly status: 401;
    };
    readonly notSetUp: {
        readonly code: 'totp.not_set_up';
        readonly says: 'factor.refused';
        readonly status: 401;
    };
};
/** What a person is shown once, to put into their app. */
export interface TotpSetup {
    /** Base32 without padding, for typing. */
    readonly secret: string;
    readonly otpauthUri: string;
    /** A picture of the URI; no script, no style. */
    readonly qrSvg: string;
}
/** One-time codes of authenticator apps. */
export interface Totp {
    /** A new secret that counts only once a code of it was shown; replaces one that never was. */
    setUp(account: Account, service: string): Promise<TotpSetup>;
    /** The first code: the secret counts from now on. */
    confirm(accountId: string, code: string, along: Along): Promise<Outcome<void>>;
    /** Takes a code out of use. Of any number of simultaneous callers with one code, one is let in. */
    verify(accountId: string, code: string): Promise<Outcome<void>>;
    /** Keeps a known secret as confirmed: for development seeds and imports. */
    keep(accountId: string, secret: string): Promise<boolean>;
    isOn(accountId: string): Promise<boolean>;
}
/**
 * @param field where secrets are sealed, bound to their row
 * @see RFC 6238 §5.2 (a code is accepted once), ASVS 6.5.1, 6.5.5; NIST SP 800-63B-4 §3.1.4
 */
export declare function totp(ground: Ground, field: Field, algorithm?: TotpAlgorithm): Totp;
