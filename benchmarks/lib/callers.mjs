/**
 * Loads every contender in turn, several rounds over, by `callers` that ask again as soon as they are answered. For each
 * a reading of every round: requests a second, and microseconds of CPU a request, of this process and of the server.
 *
 * @param contenders - By name, `(input) => answer`.
 * @param inputs - Makes the arguments of one round outside the clock.
 * @param serverMicros - The CPU time that the server has used so far. May be asynchronous.
 */
export async function called(contenders, { callers, rounds, inputs, serverMicros }) {
  const entries = Object.entries(contenders).map(([name, call]) => ({ name, call, readings: [] }))
  const load = (call) => reading(call, { callers, inputs: inputs(), serverMicros })
  for (const { call } of entries) for (let times = 0; times < WARMING; times++) await load(call)
  for (let round = 0; round < rounds; round++) {
    const from = round % entries.length
    for (const { call, readings } of [...entries.slice(from), ...entries.slice(0, from)])
      readings.push(await load(call))
  }
  return Object.fromEntries(entries.map(({ name, readings }) => [name, readings]))
}

const WARMING = 3

async function reading(call, { callers, inputs, serverMicros }) {
  const serverBefore = await serverMicros()
  const before = process.cpuUsage()
  const startedMs = performance.now()
  let next = 0
  const caller = async () => {
    while (next < inputs.length) await call(inputs[next++])
  }
  await Promise.all(Array.from({ length: callers }, caller))
  const seconds = (performance.now() - startedMs) / 1000
  const { user, system } = process.cpuUsage(before)
  return {
    perSecond: inputs.length / seconds,
    cpuMicros: (user + system) / inputs.length,
    serverMicros: ((await serverMicros()) - serverBefore) / inputs.length,
  }
}
