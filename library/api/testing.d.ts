import { type Bulwark, type BulwarkOptions } from '../bulwark.ts';
import { type TestClock } from '../kernel/clock.ts';
import { type TestAuthenticator } from './authenticator.ts';
import { type TestClient } from './client.ts';
import { type Mailbox } from './mailbox.ts';
import { type Walk, type WalkedRoute, type WalkReport } from './walker.ts';
/** What a test of a service needs: time it turns, mails it reads, people who are signed in. */
export interface TestKit {
    /** Hand it to your framework: `app.register(bulwark, { bulwark: kit.bulwark })`. */
    readonly bulwark: Bulwark;
    /** Stands still until somebody turns it. */
    readonly clock: TestClock;
    readonly mailbox: Mailbox;
    /** The public origin; links in mails and passkeys are made for it, wherever the service listens. */
    readonly origin: string;
    /** Every route that was declared so far, Bulwark's own among them. */
    routes(): readonly WalkedRoute[];
    /** A stranger at the service that listens at `at`, such as `http://127.0.0.1:40123`. */
    client(at: string): TestClient;
    /** Registers, follows the mail and signs in. */
    signedIn(at: string, email: string): Promise<SignedInClient>;
    /** A software authenticator that holds one passkey. */
    authenticator(): TestAuthenticator;
    /** Two accounts and every route: what belongs to one must not exist for the other. */
    walk(at: string, how?: Omit<Walk, 'routes' | 'owner' | 'stranger'>): Promise<WalkReport>;
}
export interface SignedInClient extends TestClient {
    readonly accountId: string;
    readonly email: string;
    readonly password: string;
}
/**
 * Puts Bulwark together for a test: accounts on, everything in memory, a clock that stands still, mails
 * in a box, and answers that wait for no deadline.
 *
 * ```ts
 * const kit = await testKit()
 * await app.register(bulwark, { bulwark: kit.bulwark })
 * const at = await app.listen({ port: 0 })
 * const { leaks, unproven } = await kit.walk(at, { make: { 'POST /orders': { item: 'tea' } } })
 * assert.deepEqual([leaks, unproven], [[], []])
 * ```
 *
 * @param options what your service gives Bulwark; anything but the clock and the mailer may be yours
 * @throws {ConfigFault} when an option is wrong
 */
export declare function testKit(options?: BulwarkOptions): Promise<TestKit>;
