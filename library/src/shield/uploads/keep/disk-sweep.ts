import { readdirSync, rmSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { DiskPlaces } from './disk-places.ts'
import { isAbandoned } from './lodger.ts'
import { type DiskRecord, readRecordNow } from './record.ts'

/**
 * Clears the quarantine of processes that are gone. What was being kept and has its record is kept;
 * what has none is undone; what was being removed is removed to the end.
 */
export function sweep(places: DiskPlaces, now: number): void {
  for (const lodger of readdirSync(places.quarantine)) {
    const folder = join(places.quarantine, lodger)
    if (folder === places.own || !isAbandoned(lodger, folder, now)) continue
    const names = readdirSync(folder)
    for (const name of names.filter(each => /\.(?:json|gone)$/.test(each))) {
      const record = readRecordNow(join(folder, name))
      if (record !== undefined) settle(places, record, name.endsWith('.gone'))
    }
    rmSync(folder, { recursive: true, force: true }) // another start may be sweeping beside us
  }
}

function settle(places: DiskPlaces, record: DiskRecord, going: boolean): void {
  const { file } = record
  const isKept =
    !going && sizeOf(places.record(file.id)) > 0 && sizeOf(places.data(record)) === file.bytes
  if (isKept) return
  // The record first: without it nobody sees the rest.
  for (const path of [places.record(file.id), places.claim(file), places.data(record)]) {
    try {
      unlinkSync(path)
    } catch {
      // It was not there yet, or not any more.
    }
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? -1
}
