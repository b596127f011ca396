import { cpus, totalmem } from 'node:os'

/** What the figures were measured on. */
export function machine() {
  const all = cpus()
  return `Node ${process.version}, ${all.length} x ${all[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB`
}
