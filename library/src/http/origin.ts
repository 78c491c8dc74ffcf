/** `scheme://host[:port]` as browsers write it in `Origin`. Throws ConfigFault naming `option`. */
export declare function bareOrigin(text: string, option?: string): string
