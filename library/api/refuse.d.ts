import type { Refusal } from '../kernel/refusal.ts';
/**
 * Carries a refusal through a framework that only knows errors. It has no stack: nobody reads one,
 * and to take it down costs a third of what judging the request does.
 */
export declare class Refused extends Error {
    readonly refusal: Refusal;
    constructor(refusal: Refusal);
}
/** Throw it from a route of yours to answer with a refusal's problem+json. */
export declare function refuse(refusal: Refusal): never;
