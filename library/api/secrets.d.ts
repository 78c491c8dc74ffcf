import { Secret } from '../../kernel/secret.ts';
import type { StandardSchema } from '../../kernel/standard-schema.ts';
import { type KeyRing, keyRing, type PreviousRoot, previousRoots } from './ring.ts';
import { type SecretFile, type Sources } from './source.ts';
import { estimatedBits, isPlaceholder, weakness } from './strength.ts';
export type { KeyRing, PreviousRoot, SecretFile, Sources, StandardSchema };
export { estimatedBits, isPlaceholder, keyRing, previousRoots, weakness };
/** One setting. Its name is the environment variable's. */
export interface Setting {
    /** Any Standard Schema over the text; the text itself unless told. */
    readonly schema?: StandardSchema;
    /** Hidden in a `Secret`, and never a placeholder. */
    readonly secret?: boolean;
    /** Least bits of randomness of a secret that a machine made, such as 128. */
    readonly bits?: number;
    /** What it is when nobody says: text, as it would be written. A secret has none. */
    readonly usual?: string;
    /** May be absent. */
    readonly optional?: boolean;
}
/** What the settings become: the schema's output, secrets wrapped, optional ones perhaps absent. */
export type SettingValues<Wanted extends Readonly<Record<string, Setting>>> = {
    readonly [Name in keyof Wanted]: Wrapped<Wanted[Name]> | Absent<Wanted[Name]>;
};
type Output<One extends Setting> = One extends {
    readonly schema: StandardSchema<infer Value>;
} ? Value : string;
type Wrapped<One extends Setting> = One extends {
    readonly secret: true;
} ? Secret<Output<One>> : Output<One>;
type Absent<One extends Setting> = One extends {
    readonly optional: true;
} ? undefined : never;
/** How unknown names are treated. */
export interface SettingsOptions extends Sources {
    /** Every variable with this beginning must be one of the settings: a misspelt one stops the start. */
    readonly prefix?: string;
}
/**
 * Reads settings from the environment, from files and from systemd credentials, and judges all of
 * them before it complains, so that a start fails once and not five times.
 *
 * @throws {ConfigFault} listing every problem; no value of a secret is in it
 * @see ASVS 13.3.1, 13.2.3
 */
export declare function settings<const Wanted extends Readonly<Record<string, Setting>>>(wanted: Wanted, options: SettingsOptions): Promise<SettingValues<Wanted>>;
