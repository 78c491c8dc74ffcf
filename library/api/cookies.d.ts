/** Bears the session. */
export declare const SESSION_COOKIE = "__Host-session";
/** Recognises a browser that signed in before; proves nothing. */
export declare const DEVICE_COOKIE = "__Host-device";
/** Spares a browser the second factor at sign-in, for an account and a while; proves nothing. */
export declare const TRUST_COOKIE = "__Host-trusted";
/** Bears a sign-in that still waits for a second factor. */
export declare const FLOW_COOKIE = "__Host-flow";
/** Tells the browser that asked for a passkey's challenge from every other. */
export declare const CEREMONY_COOKIE = "__Host-ceremony";
/** `HttpOnly`, `Path=/` and no `Domain` are not for choosing. */
export interface CookieAttributes {
    /** `Lax` unless told. */
    readonly sameSite?: 'Lax' | 'Strict';
    /** Whole seconds; absent: until the browser closes. At most 400 days (6265bis). */
    readonly maxAgeSeconds?: number;
    /** Leaves `Secure` away; only for a name without a prefix. */
    readonly dangerouslyAllowHttp?: boolean;
}
/**
 * The value of one cookie, found without parsing the others. Names are compared exactly.
 *
 * @returns the value as sent, or `undefined` when the cookie is absent **or present twice**: which
 *   of two a browser sends first is for whoever planted the second to choose
 */
export declare function readCookie(header: string | undefined, name: string): string | undefined;
/**
 * The text of one `Set-Cookie` field.
 *
 * @throws {ConfigFault} when name, value or attributes would be ignored or weakened by a browser
 * @see ASVS 3.3.1, 3.3.2, 3.3.3, 3.3.4, 3.3.5; RFC 6265
 */
export declare function cookieText(name: string, value: string, attributes?: CookieAttributes): string;
/** The text of a `Set-Cookie` field that makes the browser forget the cookie. */
export declare function clearedCookie(name: string, attributes?: CookieAttributes): string;
/** What follows the value: ready-made once for a cookie that is set often. */
export declare function attributesText(name: string, attributes?: CookieAttributes): string;
