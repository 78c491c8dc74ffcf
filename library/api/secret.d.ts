/**
 * Holds a value that must not be printed. JSON, templates, `inspect`, errors and structured clones
 * show `[secret]` or nothing; only `reveal()` gives it out, so every use can be found by that word.
 *
 * @see ASVS 13.3.1, 16.2.5
 */
export declare class Secret<T = string> {
    #private;
    constructor(value: T);
    /** The value. Call it where the value is used, and keep the answer in no variable that lives. */
    reveal(): T;
    toString(): string;
    toJSON(): string;
    [Symbol.toPrimitive](): string;
}
