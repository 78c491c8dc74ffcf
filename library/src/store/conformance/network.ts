import { execFileSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import type { Absent } from './engines.ts'
import { HERE, type Place } from './servers.ts'

/** A network between this process and a server, which a test may cut. */
export interface CutNetwork {
  /** Where the server stands. */
  readonly place: Place
  /** From now on nothing passes either way, and nobody is told: no reset, no "unreachable". */
  cut(): void
  mend(): void
  remove(): void
}

/**
 * Two namespaces, one that forwards and one where the server stands. What is cut is the forwarding,
 * so that both ends still have a network that looks whole, as when a cable far away breaks.
 */
export function cutNetwork(): CutNetwork | Absent {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return { absent: 'a network namespace needs Linux, and root' }
  }
  const tag = randomInt(0x1000000).toString(16).padStart(6, '0')
  const net = `10.213.${randomInt(1, 255)}`
  const [router, far] = [`bwr${tag}`, `bwf${tag}`]
  const run = (line: string): void => {
    const [program = '', ...rest] = line.split(' ')
    execFileSync(program, rest, { stdio: 'pipe' })
  }
  const forwarding = (value: 0 | 1): void => {
    const write = `echo ${value} > /proc/sys/net/ipv4/ip_forward`
    execFileSync('ip', ['netns', 'exec', router, 'sh', '-c', write], { stdio: 'pipe' })
  }
  const remove = (): void => {
    for (const name of [router, far]) {
      try {
        run(`ip netns del ${name}`)
      } catch {
        // It was never made.
      }
    }
  }
  try {
    for (const line of [
      `ip netns add ${router}`,
      `ip netns add ${far}`,
      `ip link add bwh${tag} type veth peer name near netns ${router}`,
      `ip link add far netns ${router} type veth peer name end netns ${far}`,
      `ip addr add ${net}.1/30 dev bwh${tag}`,
      `ip link set bwh${tag} up`,
      `ip -n ${router} addr add ${net}.2/30 dev near`,
      `ip -n ${router} link set near up`,
      `ip -n ${router} addr add ${net}.5/30 dev far`,
      `ip -n ${router} link set far up`,
      `ip -n ${far} addr add ${net}.6/30 dev end`,
      `ip -n ${far} link set end up`,
      `ip -n ${far} link set lo up`,
      `ip -n ${far} route add default via ${net}.5`,
      `ip route add ${net}.4/30 via ${net}.2`,
    ]) {
      run(line)
    }
    forwarding(1)
  } catch (error) {
    remove()
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error)
    return { absent: `no network namespace here: ${why}` }
  }
  return {
    place: { ...HERE, address: `${net}.6`, prefix: ['ip', 'netns', 'exec', far] },
    cut: () => forwarding(0),
    mend: () => forwarding(1),
    remove,
  }
}
