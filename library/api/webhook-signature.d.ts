import type { Random } from '../../kernel/random.ts';
/** The three header fields of the Standard Webhooks scheme. */
export interface WebhookHeaders {
    readonly 'webhook-id': string;
    /** Seconds since the epoch. */
    readonly 'webhook-timestamp': string;
    /** `v1,BASE64` once for each secret that is good now, with spaces between. */
    readonly 'webhook-signature': string;
}
/** A fresh secret as receivers' libraries take it: `whsec_` and base64 of 256 bits. */
export declare function webhookSecret(random: Random): string;
/**
 * Signs one message with every secret that is good now, so that a receiver can change over.
 *
 * @param at milliseconds since the epoch
 * @see Standard Webhooks, "Signature scheme"
 */
export declare function signWebhook(secrets: readonly string[], id: string, at: number, body: string): WebhookHeaders;
/** For receivers: whether a message is from who knows the secret, and of now. Read the raw body. */
export declare function verifyWebhook(secrets: readonly string[], header: (name: string) => string | undefined, body: string, now: number, toleranceSeconds?: number): boolean;
