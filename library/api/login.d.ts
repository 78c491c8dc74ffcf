import { type Outcome } from '../../kernel/outcome.ts';
import type { Ground, Visit } from '../ground.ts';
import { type SignedIn, type Transport } from './gate.ts';
export declare const refusals: {
    readonly unknownAccount: {
        readonly code: 'login.unknown_account';
        readonly says: 'login.failed';
        readonly status: 401;
    };
    readonly wrongPassword: {
        readonly code: 'login.wrong_password';
        readonly says: 'login.failed';
        readonly status: 401;
    };
    readonly noPassword: {
        readonly code: 'login.no_password';
        readonly says: 'login.failed';
        readonly status: 401;
    };
    readonly disabled: {
        readonly code: 'login.disabled';
        readonly says: 'login.failed';
        readonly status: 401;
    };
    readonly unverified: {
        readonly code: 'login.unverified';
        readonly says: 'login.failed';
        readonly status: 401;
    };
};
export interface LoginInput {
    readonly email: string;
    readonly password: string;
    readonly transport?: Transport;
    /** The answer to a challenge that was asked for (see `lockout/challenge`). */
    readonly challenge?: string;
}
/**
 * Signs in by password.
 *
 * Unknown names, wrong passwords, locked, disabled and unverified accounts get one answer at one
 * cost after one time; the log has the reason.
 *
 * @returns `login.failed` for all of them, `lockout.slow_down` for an address with too many failures,
 *   `lockout.challenge`, `limits.busy` when too many passwords wait to be checked
 * @throws {StoreFault}
 * @see ASVS 6.3.1, 6.3.4, 6.3.8
 */
export declare function login(ground: Ground, visit: Visit, input: LoginInput): Promise<Outcome<SignedIn>>;
