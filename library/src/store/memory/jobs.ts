import type { Job, Jobs } from '../port/jobs.ts'
import { addJobs, type KeptJob, type Room } from './room.ts'

export function memoryJobs(room: Room): Jobs {
  const held = (id: string, lease: string): KeptJob | undefined => {
    const job = room.jobs.get(id)
    return job?.lease === lease ? job : undefined
  }
  return {
    async enqueue(jobs) {
      addJobs(room, jobs)
    },
    async claim(kind, now, leaseMs, lease, limit) {
      return [...room.jobs.values()]
        .filter(job => job.kind === kind && job.runAt <= now && job.leaseUntil <= now)
        .sort((a, b) => a.runAt - b.runAt)
        .slice(0, limit)
        .map(job => {
          const claim = { attempts: job.attempts + 1, lease }
          room.jobs.set(job.id, { ...job, ...claim, leaseUntil: now + leaseMs })
          const { id, payload, runAt } = job
          return { id, kind, payload, runAt, ...claim } satisfies Job
        })
    },
    async finish(id, lease) {
      return held(id, lease) !== undefined && room.jobs.delete(id)
    },
    async postpone(id, lease, runAt) {
      const job = held(id, lease)
      if (job === undefined) return false
      room.jobs.set(id, { ...job, runAt, lease: undefined, leaseUntil: 0 })
      return true
    },
    async backlog(kind) {
      const waiting = [...room.jobs.values()].filter(job => job.kind === kind)
      const oldestRunAt = waiting.length === 0 ? undefined : Math.min(...waiting.map(j => j.runAt))
      return { waiting: waiting.length, oldestRunAt }
    },
  }
}
