import type { AuditEvent } from '../../audit/event.ts';
import type { Clock } from '../../kernel/clock.ts';
import { type Outcome } from '../../kernel/outcome.ts';
import type { Random } from '../../kernel/random.ts';
import type { Jobs, NewJob } from '../../store/port/jobs.ts';
import { type OutboundPolicy } from '../outbound.ts';
import type { WebhookEndpoint, WebhookRegistry } from './registry.ts';
export type { WebhookDelivery, WebhookEndpoint, WebhookRegistry } from './registry.ts';
export declare const refusals: {
    readonly absent: {
        readonly code: 'webhook.absent';
        readonly says: 'access.not_found';
        readonly status: 404;
    };
    readonly tooMany: {
        readonly code: 'webhook.too_many';
        readonly says: 'webhook.too_many';
        readonly status: 422;
    };
    readonly event: {
        readonly code: 'webhook.unknown_event';
        readonly says: 'webhook.unknown_event';
        readonly status: 422;
    };
    readonly busy: {
        readonly code: 'webhook.busy';
        readonly says: 'limits.busy';
        readonly status: 503;
        readonly retryAfterSeconds: 1;
    };
};
export interface WebhooksOptions {
    /** Events that can be asked for. */
    readonly events: readonly string[];
    /** The guard of every delivery; no redirects, https only in production. */
    readonly policy: OutboundPolicy;
    readonly registry: WebhookRegistry;
    readonly jobs: Jobs;
    /** Seals secrets for their row; `vault/fields` does. */
    readonly sealed: {
        seal(rowId: string, text: string): string;
        open(rowId: string, sealed: string): Outcome<string>;
    };
    readonly clock: Clock;
    readonly random: Random;
    readonly record: (event: AuditEvent) => void;
    /** Endpoints of one owner; 20 unless told. */
    readonly mostPerOwner?: number;
}
/** What a receiver answered, as far as its owner may know. */
export interface WebhookTest {
    readonly statusCode: number;
    readonly durationMs: number;
}
/** Tells accounts' own services what happened: signed, at least once, never inward. */
export interface Webhooks {
    /** Registers; the secret is shown once, here. */
    add(owner: string, input: {
        readonly url: string;
        readonly events: readonly string[];
    }): Promise<Outcome<{
        readonly endpoint: WebhookEndpoint;
        readonly secret: string;
    }>>;
    list(owner: string): Promise<readonly WebhookEndpoint[]>;
    remove(owner: string, id: string): Promise<Outcome<void>>;
    /** A new secret; the old one signs along for a day. */
    rotate(owner: string, id: string): Promise<Outcome<string>>;
    /** Switches an endpoint on again that failed too often. */
    enable(owner: string, id: string): Promise<Outcome<void>>;
    /** One request now, to see whether somebody is there. */
    test(url: string): Promise<Outcome<WebhookTest>>;
    /** Jobs that tell all of an owner's endpoints: for the transaction of what happened. */
    jobsFor(owner: string, event: string, data: object): Promise<readonly NewJob[]>;
    /** The same, queued at once. */
    publish(owner: string, event: string, data: object): Promise<void>;
    deliveries(owner: string, id: string): ReturnType<WebhookRegistry['deliveries']>;
    /** Sends a message again, as it was, under its own id. */
    replay(owner: string, deliveryId: string): Promise<Outcome<void>>;
    /** Sends what is due; answers how many jobs it ended. */
    runOnce(): Promise<number>;
    /** Looks every second. */
    start(): void;
    /** Takes nothing more, and gives what is under way five seconds. */
    stop(): Promise<void>;
}
/**
 * Deliveries to addresses that account owners choose: each event at least once to each endpoint that
 * asked for it, also when the process is killed, and always through the guard of `policy`.
 *
 * @see Standard Webhooks; ASVS 1.3.6, 15.3.2
 */
export declare function webhooks(options: WebhooksOptions): Webhooks;
