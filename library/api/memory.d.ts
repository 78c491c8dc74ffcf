import type { Stores } from '../port/stores.ts';
/** Stores in this process's memory, gone when it ends: for tests, trials and single counters. */
export declare function memoryStores(): Stores;
