import { type Outcome } from '../../kernel/outcome.ts';
import type { Session } from '../../session/sessions/sessions.ts';
import type { Fields } from '../../vault/fields/fields.ts';
import { type BackupCodes } from '../backup-codes/backup-codes.ts';
import type { Ground, Visit } from '../ground.ts';
import { type SignedIn } from '../login/gate.ts';
import { type Totp, type TotpSetup } from '../totp/totp.ts';
export declare const refusals: {
    readonly unknownFlow: {
        readonly code: 'login.unknown_flow';
        readonly says: 'factor.flow_over';
        readonly status: 401;
    };
    readonly flowSpent: {
        readonly code: 'login.flow_spent';
        readonly says: 'factor.flow_over';
        readonly status: 401;
    };
    readonly flowOvertaken: {
        readonly code: 'login.flow_overtaken';
        readonly says: 'factor.flow_over';
        readonly status: 401;
    };
    readonly tooMany: {
        readonly code: 'login.factor_locked';
        readonly says: 'factor.slow_down';
        readonly status: 429;
    };
    readonly none: {
        readonly code: 'totp.none';
        readonly says: 'access.not_found';
        readonly status: 404;
    };
};
/** A second factor that is proven by typing a code. */
export type TypedFactor = 'totp' | 'backup-code';
export interface FactorProof {
    readonly factor: TypedFactor;
    readonly code: string;
}
/** Second factors of an account: which there are, and what was proven. */
export interface Factors {
    readonly totp: Totp;
    readonly backupCodes: BackupCodes;
    /** What an account must prove after its first factor; nothing when it has no second one. */
    owed(accountId: string): Promise<readonly string[]>;
    /** Finishes a sign-in that waits for its second factor. */
    finish(visit: Visit, input: FactorProof & {
        readonly flow?: string | undefined;
    }): Promise<Outcome<SignedIn>>;
    /** Proves a second factor again for a session that has one already. */
    stepUp(visit: Visit, session: Session, proof: FactorProof): Promise<Outcome<readonly string[]>>;
    setUp(visit: Visit, session: Session): Promise<Outcome<TotpSetup>>;
    /** The first code: from now on it is asked for. Answers backup codes and `Set-Cookie` texts. */
    confirm(visit: Visit, session: Session, code: string): Promise<Outcome<{
        readonly backupCodes: readonly string[];
        readonly cookies: readonly string[];
    }>>;
    newBackupCodes(visit: Visit, session: Session): Promise<Outcome<readonly string[]>>;
    /** Gives the app and its codes up. */
    remove(visit: Visit, session: Session): Promise<Outcome<void>>;
}
/**
 * @see ASVS 6.3.3, 6.5.1, 6.6.2, 6.6.3; NIST SP 800-63B-4 §3.1.4
 */
export declare function factors(ground: Ground, fields: Fields, service: string): Factors;
