import { type KeyObject } from 'node:crypto';
import { Secret } from './secret.ts';
/** What a derived key is for. One purpose, one label, one key; a label is never given away again. */
export type Purpose = 'audit-chain' | 'audit-address' | 'backup-code' | 'blind-index' | 'counter' | 'csrf' | 'device' | 'download-link' | 'field' | 'one-time-token' | 'passkey-decoy' | 'password-pepper' | 'refresh-token' | 'session' | 'token-signing' | 'trusted-device' | 'visitor' | 'webhook';
/** One root key and every key derived from it. */
export interface Keys {
    /** First 8 hex characters of a hash of the root: names it without telling it. */
    readonly id: string;
    /** The 256-bit key for one purpose; always the same object. */
    for(purpose: Purpose): KeyObject;
}
/**
 * Derives the keys of all purposes from one root by HKDF-SHA-256 (RFC 5869), label `bulwark/PURPOSE`.
 *
 * @param root at least 32 bytes, as base64url, base64 or hex text (see `bulwark keys new`) or bytes
 * @throws {ConfigFault} when the root is short, a placeholder or of too little variety
 * @see ASVS 11.2.3, 13.3.1
 */
export declare function deriveKeys(root: string | Uint8Array | Secret<string>): Keys;
