import { type Outcome } from '../../kernel/outcome.ts';
export declare const refusals: {
    readonly invalid: {
        readonly code: 'content.invalid';
        readonly says: 'content.invalid';
        readonly status: 422;
    };
};
/** The part of Standard Schema v1 that we use: zod, valibot, arktype and others have it. */
export interface StandardSchema<Output = unknown> {
    readonly '~standard': {
        readonly version: 1;
        readonly vendor: string;
        readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
        readonly types?: {
            readonly input: unknown;
            readonly output: Output;
        } | undefined;
    };
}
export type StandardResult<Output> = {
    readonly value: Output;
    readonly issues?: undefined;
} | {
    readonly issues: readonly StandardIssue[];
};
export interface StandardIssue {
    readonly message: string;
    readonly path?: readonly (PropertyKey | {
        readonly key: PropertyKey;
    })[] | undefined;
}
/**
 * Asks a schema about a value. What does not fit is answered 422 with a JSON pointer for each
 * complaint, at most 20; what fits is the schema's own output, unknown members gone or refused as
 * the schema says.
 *
 * @param where goes before the pointers: `''` for a body, `#/query` for a query
 */
export declare function validate<Output>(schema: StandardSchema<Output>, value: unknown, where?: string): Outcome<Output> | Promise<Outcome<Output>>;
