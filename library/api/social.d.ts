import type { Clock } from '../../kernel/clock.ts';
import type { Keys } from '../../kernel/keys.ts';
import { type Outcome } from '../../kernel/outcome.ts';
import type { Random } from '../../kernel/random.ts';
import type { OneTimeTokens } from '../../store/port/one-time-tokens.ts';
import { type Identity } from './exchange.ts';
import { type Provider, SOCIAL_OPTIONS, type SocialOptions } from './options.ts';
export type { Identity } from './exchange.ts';
export type { ProviderOptions, SocialOptions } from './options.ts';
export type { Endpoints, Preset, PresetName } from './presets.ts';
export { SOCIAL_OPTIONS };
export declare const refusals: {
    readonly unknownProvider: {
        readonly code: 'social.unknown_provider';
        readonly says: 'access.not_found';
        readonly status: 404;
    };
    /** No state of ours, used before, too late, or of another browser. */
    readonly unknownState: {
        readonly code: 'social.unknown_state';
        readonly says: 'social.refused';
        readonly status: 400;
    };
    readonly otherBrowser: {
        readonly code: 'social.other_browser';
        readonly says: 'social.refused';
        readonly status: 400;
    };
    readonly otherProvider: {
        readonly code: 'social.other_provider';
        readonly says: 'social.refused';
        readonly status: 400;
    };
    readonly declined: {
        readonly code: 'social.declined';
        readonly says: 'social.declined';
        readonly status: 400;
    };
    /** Anything in the answer that is not exactly what it must be. */
    readonly badAnswer: {
        readonly code: 'social.bad_answer';
        readonly says: 'social.refused';
        readonly status: 400;
    };
    readonly down: {
        readonly code: 'social.provider_down';
        readonly says: 'social.unavailable';
        readonly status: 503;
        readonly retryAfterSeconds: 60;
    };
};
/** What the person was about to do. */
export interface Errand {
    readonly mode: 'login' | 'link';
    /** A path of ours to go on to. */
    readonly next: string;
    /** Whose account is to be linked. */
    readonly accountId: string | undefined;
}
export interface Arrival {
    readonly identity: Identity;
    readonly errand: Errand;
}
/** Sign-in through identity providers, up to the proof of who somebody is there. */
export interface Social {
    readonly providers: readonly Provider[];
    readonly cookieName: string;
    /** Makes the browser forget its errand. */
    readonly cleared: string;
    /** Where to send the browser, and the cookie that binds the errand to it. */
    start(providerId: string, errand: Errand): Promise<Outcome<{
        readonly location: string;
        readonly cookie: string;
    }>>;
    /** Verifies what the provider answered. Works once for each start. */
    arrive(providerId: string, callback: URL, cookies: string | undefined): Promise<Outcome<Arrival>>;
    /** Keeps a proven identity until its person has signed in. Answers the cookie. */
    hold(identity: Identity): Promise<string>;
    /** The identity held for this browser; works once. */
    held(cookies: string | undefined): Promise<Identity | undefined>;
}
export interface SocialGround {
    readonly origin: string;
    readonly mode: 'development' | 'production';
    readonly tokens: OneTimeTokens;
    readonly keys: Keys;
    /** Earlier root keys whose cookies are still good; none unless told. */
    readonly olderKeys?: () => readonly Keys[];
    readonly clock: Clock;
    readonly random: Random;
}
/**
 * State, PKCE, nonce and issuer, bound to one browser and one provider, used once.
 *
 * @throws {ConfigFault} when a provider cannot be
 * @see RFC 9700 §2.1, §4.4.2, §4.7.1; ASVS 10.1.2, 10.2.1, 10.5.1
 */
export declare function social(options: SocialOptions, ground: SocialGround): Social;
