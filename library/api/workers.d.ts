/** What happened to a worker, for the log. */
export type WorkerEvent = {
    readonly what: 'started' | 'retired' | 'overdue';
    readonly pid: number;
} | {
    readonly what: 'died';
    readonly pid: number;
    readonly why: string;
};
export interface WorkersOptions {
    /** How many serve at once. */
    readonly count: number;
    /** How long one that retires may finish what is open: 30. */
    readonly graceSeconds?: number;
    readonly onEvent?: (event: WorkerEvent) => void;
}
/** The processes that serve, seen from the one that watches them. */
export interface Workers {
    /** Lets all finish what is open and go; resolves when the last is gone. */
    stop(): Promise<void>;
    readonly serving: number;
}
/**
 * Keeps so many workers serving on one port. One that retires (see `retire`) goes only after its
 * successor listens, so that capacity never dips; one that dies is replaced, at growing intervals
 * while they die young, so that a fault at start does not become a fork bomb.
 *
 * To be called in the primary process; workers run the same program and find `cluster.isWorker`.
 *
 * @throws {ConfigFault} when the count is no whole number from 1 to 256
 */
export declare function superviseWorkers(options: WorkersOptions): Workers;
/**
 * In a worker: asks for a successor, and to be let go once it serves. Without a primary (a single
 * process) it answers false, and whoever runs the process has to replace it.
 */
export declare function retire(): boolean;
/**
 * In a worker: told when it is let go. Its servers take no more connections by then; `finish` closes
 * what else is open (stores, timers), and afterwards the process ends.
 */
export declare function whenLetGo(finish: () => Promise<void>): void;
