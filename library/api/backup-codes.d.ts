import { type Outcome } from '../../kernel/outcome.ts';
import type { Along } from '../../store/port/along.ts';
import type { Ground } from '../ground.ts';
export declare const refusals: {
    readonly unknown: {
        readonly code: 'backup_code.unknown';
        readonly says: 'factor.refused';
        readonly status: 401;
    };
};
export interface BackupCodes {
    /** Ten new codes in place of whatever there was. They are shown once, here. */
    issue(accountId: string, along: Along): Promise<readonly string[]>;
    /** Takes one out of use; answers how many are left. One caller wins. */
    spend(accountId: string, code: string, along: Along): Promise<Outcome<number>>;
    remaining(accountId: string): Promise<number>;
}
/**
 * Codes on paper for the day the phone is gone, kept by keyed hash only.
 *
 * @see ASVS 6.5.1, 6.5.2, 6.5.4; NIST SP 800-63B-4 §4.2.1.1
 */
export declare function backupCodes(ground: Ground): BackupCodes;
