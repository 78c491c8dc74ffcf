import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ConfigFault, StoreFault } from '../../kernel/fault.ts'
import { Refused } from '../refused.ts'

type ErrorHandler = Parameters<FastifyInstance['setErrorHandler']>[0]
type OwnError = (error: unknown, request: FastifyRequest, reply: FastifyReply) => unknown
type Missing = (this: FastifyInstance, request: FastifyRequest, reply: FastifyReply) => unknown

/** What a service that was there before us has of its own. */
export interface Beside {
  /** Its answer to what no route takes; after all defences. */
  missing?: (request: FastifyRequest, reply: FastifyReply) => unknown
  /** Its answer to its own errors. */
  error?: OwnError
}

const isOurs = (error: unknown): boolean =>
  error instanceof Refused || error instanceof StoreFault || error instanceof ConfigFault

/**
 * Lets a service keep its own handlers: the one for missing routes, which Fastify takes only once, and
 * those for errors, to which our refusals must not come as errors of theirs. A second parser for what
 * we read stops the start with a sentence about what to do.
 *
 * Call it after our own were set. Instances that come later inherit it.
 */
export function beside(app: FastifyInstance, ours: OwnError): Beside {
  const theirs: Beside = {}
  const { setNotFoundHandler, setErrorHandler, addContentTypeParser } = app

  Object.assign(app, {
    setNotFoundHandler(this: FastifyInstance, ...given: [Missing] | [object, Missing]) {
      const [handler] = given
      const root = (this.prefix ?? '') === ''
      if (!root || typeof handler !== 'function' || theirs.missing !== undefined) {
        return Reflect.apply(setNotFoundHandler, this, given)
      }
      theirs.missing = (request, reply) => Reflect.apply(handler, this, [request, reply])
      return this
    },

    setErrorHandler(this: FastifyInstance, handler: ErrorHandler) {
      // Decision: a refusal has been judged and says what the client may learn, and a store that is
      // away answers 503: theirs would make a 500 of both. All other errors are theirs.
      // Cost: what they throw and answer themselves is in their log, not in ours.
      const told: OwnError = (error, request, reply) =>
        isOurs(error)
          ? ours(error, request, reply)
          : Reflect.apply(handler, this, [error, request, reply])
      if (this === app) {
        theirs.error = told
        return this
      }
      return Reflect.apply(setErrorHandler, this, [told])
    },

    addContentTypeParser(this: FastifyInstance, ...given: [unknown, ...unknown[]]) {
      try {
        return Reflect.apply(addContentTypeParser, this, given)
      } catch (error) {
        if ((error as { code?: unknown }).code !== 'FST_ERR_CTP_ALREADY_PRESENT') throw error
        throw new ConfigFault(
          'content',
          `${String(given[0])} is read by Bulwark already; leave out the plugin that parses it, write ` +
            '`content: { raw: true }` on a route that wants the bytes, `proxyPayloads: false` for ' +
            '@fastify/http-proxy, or `content: false`',
        )
      }
    },
  })
  return theirs
}
