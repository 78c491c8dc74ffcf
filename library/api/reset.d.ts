import { type Outcome } from '../../kernel/outcome.ts';
import type { Ground, Visit } from '../ground.ts';
export declare const refusals: {
    readonly unknownLink: {
        readonly code: 'reset.unknown_link';
        readonly says: 'link.invalid';
        readonly status: 400;
    };
    /** The password has changed since the link was sent. */
    readonly staleLink: {
        readonly code: 'reset.stale_link';
        readonly says: 'link.invalid';
        readonly status: 400;
    };
    readonly disabled: {
        readonly code: 'reset.disabled';
        readonly says: 'link.invalid';
        readonly status: 400;
    };
};
/**
 * Sets a new password by a reset link and, in the same transaction, ends all sessions and refresh
 * families, forgets all devices, voids all links and queues the notice. Nobody is signed in by it, and
 * no second factor is touched: the next sign-in asks for it.
 *
 * @returns what is wrong with the password (the link survives that), or `link.invalid`
 * @throws {StoreFault}
 * @see ASVS 2.3.3, 6.4.3, 7.4.3; NIST SP 800-63B-4 §4.2
 */
export declare function resetPassword(ground: Ground, visit: Visit, input: {
    readonly token: string;
    readonly password: string;
}): Promise<Outcome<void>>;
