/**
 * The one spelling under which an address is kept, or `undefined` when it is none that we send to.
 *
 * Decision: a narrow grammar of our own in front of every mailer, because mailers read addresses
 * generously and then send elsewhere: no quotes, comments, groups, lists, spaces, control characters
 * or address literals. The local part is lower-cased too: that `Ann@` and `ann@` are two people
 * happens nowhere, that one person types both happens daily.
 * Cost: addresses with a quoted or non-ASCII local part cannot register.
 *
 * @see ASVS 1.3.11, 2.2.1; RFC 5321 §4.5.3.1
 */
export declare function canonicalEmail(text: string): string | undefined;
