import { type Outcome } from '../../kernel/outcome.ts';
import type { Ground, Visit } from '../ground.ts';
export declare const refusals: {
    readonly notAnAddress: {
        readonly code: 'register.not_an_address';
        readonly says: 'register.not_an_address';
        readonly status: 422;
        readonly errors: readonly [{
            readonly pointer: '/email';
            readonly detail: 'is no address that mail can be sent to';
        }];
    };
    readonly nameTooLong: {
        readonly code: 'register.name_too_long';
        readonly says: 'register.name_too_long';
        readonly status: 422;
        readonly errors: readonly [{
            readonly pointer: '/name';
            readonly detail: 'is longer than 100 characters';
        }];
    };
    readonly nameMalformed: {
        readonly code: 'register.name_malformed';
        readonly says: 'register.name_malformed';
        readonly status: 422;
        readonly errors: readonly [{
            readonly pointer: '/name';
            readonly detail: 'holds control characters';
        }];
    };
};
export interface RegisterInput {
    readonly email: string;
    readonly password: string;
    readonly name?: string;
}
/**
 * A name as it is kept: trimmed, `undefined` when nothing is left of it.
 *
 * @returns or `register.name_too_long`, `register.name_malformed`
 */
export declare function judgedName(text: string | undefined): Outcome<string | undefined>;
/**
 * Opens an account that waits for its address to be verified. A known address gets the same answer,
 * costs the same, and its owner a notice.
 *
 * @returns what is wrong with address, name or password, which depends on nothing but them
 * @throws {StoreFault}
 * @see ASVS 6.3.8
 */
export declare function register(ground: Ground, visit: Visit, input: RegisterInput): Promise<Outcome<void>>;
