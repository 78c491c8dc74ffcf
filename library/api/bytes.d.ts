import { type KeyObject } from 'node:crypto';
/**
 * Whether `text` is the one canonical base64url spelling of `bytes` bytes. Node decodes many
 * spellings to the same bytes; accepting more than one lets a denylist be walked around.
 */
export declare function isCanonicalBase64url(text: string, bytes: number): boolean;
/** Compares two strings without telling by its time where they differ. Lengths are not secret. */
export declare function sameText(a: string, b: string): boolean;
/**
 * HMAC-SHA-256 (RFC 2104) as base64url.
 *
 * Decision: two one-shot hashes over blocks that are made once a key, not `createHmac`: its object
 * outside the heap costs more than both hashes, and as much again to collect.
 * Cost: the padded key lies in a buffer of ours for as long as the key object lives.
 */
export declare function keyedHash(key: KeyObject, text: string): string;
/** SHA-256 as base64url, for values that carry 256 random bits of their own. */
export declare function sha256(text: string): string;
