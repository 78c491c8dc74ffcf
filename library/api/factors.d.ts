import type { Principal } from '../../access/access.ts';
import { type Outcome } from '../../kernel/outcome.ts';
import type { Refusal } from '../../kernel/refusal.ts';
import type { Soon } from '../../kernel/soon.ts';
import type { Session } from '../../session/sessions/sessions.ts';
import type { Fields } from '../../vault/fields/fields.ts';
import { type BackupCodes } from '../backup-codes/backup-codes.ts';
import type { Ground, Visit } from '../ground.ts';
import type { SignedIn } from '../login/gate.ts';
import { type Totp, type TotpSetup } from '../totp/totp.ts';
import { type Enrolment } from './enrolment.ts';
import { type PendingRecovery, type Recovery } from './recovery.ts';
export type { FactorOptions } from './settings.ts';
export declare const refusals: {
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
    /** The role must have a second factor, and this is the last one. */
    readonly lastRequired: {
        readonly code: 'factor.last_required';
        readonly says: 'factor.last_required';
        readonly status: 409;
    };
};
/** A second factor that is proven by typing a code. */
export type TypedFactor = 'totp' | 'backup-code';
export interface FactorProof {
    readonly factor: TypedFactor;
    readonly code: string;
}
/** What an account has, and what is asked of it. */
export interface FactorView {
    readonly totp: boolean;
    readonly passkeys: number;
    readonly backupCodes: number;
    /** Whether codes on paper are running out. */
    readonly lowOnCodes: boolean;
    /** Whether its role must have an app or a passkey. */
    readonly required: boolean;
    /** What is still to be set up, and by when. */
    readonly enrolment: Enrolment | undefined;
    readonly recovery: PendingRecovery | undefined;
}
/** Second factors of an account: which there are, and what was proven. */
export interface Factors {
    readonly totp: Totp;
    readonly backupCodes: BackupCodes;
    /** Beginning anew after all factors are lost. */
    readonly recovery: Recovery;
    /** What an account must prove after its first factor; nothing when it has no second one. */
    owed(accountId: string): Promise<readonly string[]>;
    /** What a sign-in that waits may prove; `undefined` when there is none. */
    asked(visit: Visit, flow?: string): Promise<readonly string[] | undefined>;
    view(who: Pick<Principal, 'accountId' | 'role' | 'factors'>): Promise<FactorView>;
    /** What a session's person still has to set up; `undefined` when nothing. */
    enrolment(who: Pick<Principal, 'accountId' | 'role' | 'factors'>): Promise<Enrolment | undefined>;
    /** `factor.enrolment_required` for whoever should have set one up long ago; mostly at once. */
    overdue(who: Pick<Principal, 'accountId' | 'role' | 'factors'>): Soon<Refusal | undefined>;
    /** Finishes a sign-in that waits for its second factor. */
    finish(visit: Visit, input: FactorProof & {
        readonly flow?: string | undefined;
        /** Spare this browser the second factor for `trustDays`. */
        readonly remember?: boolean | undefined;
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
    /** Gives the app up, and its codes when no passkey is left for them to stand in for. */
    remove(visit: Visit, session: Session): Promise<Outcome<void>>;
}
/**
 * @see ASVS 6.3.3, 6.3.7, 6.5.1, 6.6.2, 6.6.3; NIST SP 800-63B-4 §3.1.4, §4.1.2.1
 */
export declare function factors(ground: Ground, fields: Fields, service: string): Factors;
