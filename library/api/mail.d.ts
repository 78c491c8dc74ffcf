import type { Clock } from '../../kernel/clock.ts';
import type { Mailer } from './mailer.ts';
import type { SmtpOptions } from './smtp.ts';
export type { Catalogue, Letter, MailCode, MailValues } from './letter.ts';
export type { Mail, Mailer } from './mailer.ts';
export type { SmtpOptions } from './smtp.ts';
/**
 * Sends through an SMTP server by nodemailer, an optional peer that is loaded here and nowhere else.
 *
 * @throws {ConfigFault} when nodemailer is not installed or `mail.from` is no address
 * @see ASVS 12.3.1
 */
export declare function smtpMailer(options: SmtpOptions): Promise<Mailer>;
/** A mail as the development outbox shows it. */
export interface OutboxMail {
    readonly to: string;
    readonly subject: string;
    readonly text: string;
    readonly at: number;
}
export interface Outbox extends Mailer {
    /** The newest last. */
    mails(): readonly OutboxMail[];
}
/** Keeps the last hundred mails in memory instead of sending them: for development and tests. */
export declare function developmentOutbox(clock: Clock, most?: number): Outbox;
