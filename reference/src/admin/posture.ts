import { checks } from 'bulwark/doctor'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import { admin } from './shared.ts'

const query = z.strictObject({ tier: z.enum(['development', 'production', 'strict']).optional() })

/** `/admin/posture`: what the doctor finds in this very process; `bulwark doctor URL` asks it. */
export function postureRoute(app: FastifyInstance): void {
  const config = { ...admin, limits: { concurrency: 2 }, content: { query } }
  app.get('/admin/posture', { config }, async request => {
    const { tier } = request.query as z.infer<typeof query>
    const findings = await app.bulwark.posture(tier)
    return { mode: app.bulwark.mode, asked: checks.length, findings }
  })
}
