/** Something was wired wrongly. Thrown at start; names the option and what to write instead. */
export declare class ConfigFault extends Error {
    readonly name = "ConfigFault";
    /** The option's path as the user wrote it, such as `session.idleSeconds`. */
    readonly option: string;
    constructor(option: string, message: string);
}
/** A store failed or is out of reach. During a request it answers 503 and lets nobody in. */
export declare class StoreFault extends Error {
    readonly name = "StoreFault";
    /** The verb that failed, such as `sessions.find`. */
    readonly verb: string;
    constructor(verb: string, cause: unknown);
}
