/** A media type by the letter of RFC 9110 §8.3.1. */
export interface MediaType {
  /** `type/subtype` in lower case. */
  readonly essence: string
  /** Names in lower case, values unquoted. */
  readonly parameters: ReadonlyMap<string, string>
}

/** Undefined for anything that is not exactly one media type: a tab, trailing text, two values. */
export declare function mediaType(text: string): MediaType | undefined
/** Whether an Accept field lets one of `essences` through; absent and empty fields let all. */
export declare function accepts(accept: string | undefined, essences: readonly string[]): boolean
