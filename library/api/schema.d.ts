import { type Outcome } from '../../kernel/outcome.ts';
import type { StandardIssue, StandardResult, StandardSchema } from '../../kernel/standard-schema.ts';
export type { StandardIssue, StandardResult, StandardSchema };
export declare const refusals: {
    readonly invalid: {
        readonly code: 'content.invalid';
        readonly says: 'content.invalid';
        readonly status: 422;
    };
};
/**
 * Asks a schema about a value. What does not fit is answered 422 with a JSON pointer for each
 * complaint, at most 20; what fits is the schema's own output, unknown members gone or refused as
 * the schema says.
 *
 * @param where goes before the pointers: `''` for a body, `#/query` for a query
 */
export declare function validate<Output>(schema: StandardSchema<Output>, value: unknown, where?: string): Outcome<Output> | Promise<Outcome<Output>>;
