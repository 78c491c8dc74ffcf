import type { IncomingMessage } from 'node:http';
import type { ClientAddressOf } from './address.ts';
import type { RawRequest } from './framing.ts';
import type { Incoming } from './incoming.ts';
/** What a server knows about all of its requests. */
export interface NodeContext {
    /** The public origin, from configuration and never from Host. */
    readonly origin: string;
    readonly addressOf: ClientAddressOf;
}
/** Whether an HTTP/2 message brings a body whose length it does not tell. */
export declare function streamsBody(message: IncomingMessage): boolean;
/**
 * A node:http request (or an HTTP/2 one through Node's compatibility layer) as the defences see it:
 * nothing is copied, and what nobody asks for is not computed.
 */
export declare class NodeIncoming implements Incoming, RawRequest {
    #private;
    readonly method: string;
    /** As received, even after a framework has rewritten `url` for a mounted router. */
    readonly target: string;
    constructor(message: IncomingMessage, context: NodeContext);
    get path(): string;
    get query(): string;
    get httpVersion(): string;
    get rawHeaders(): readonly string[];
    get origin(): string;
    get address(): string;
    get secure(): boolean;
    header(name: string): string | undefined;
}
