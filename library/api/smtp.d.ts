import type { Secret } from '../../kernel/secret.ts';
import type { Mailer } from './mailer.ts';
export interface SmtpOptions {
    readonly host: string;
    /** 465 unless told. */
    readonly port?: number;
    /** The address that mails come from. */
    readonly from: string;
    /** Name beside the address. */
    readonly fromName?: string;
    readonly user?: string;
    readonly password?: Secret<string>;
    /** `implicit` on 465 and `starttls` (required) elsewhere, unless told. */
    readonly tls?: 'implicit' | 'starttls' | 'dangerouslyNone';
}
/** What `smtpMailer` loads. */
export declare function smtp(options: SmtpOptions): Promise<Mailer>;
