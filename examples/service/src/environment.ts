export type Environment = Readonly<Record<string, string | undefined>>

/** An empty variable is one that is not set. */
export const given = (env: Environment, name: string): string | undefined => env[name]?.trim() || undefined

/** What stands between commas; undefined for a variable that is not set. */
export const listOf = (env: Environment, name: string): readonly string[] | undefined =>
  given(env, name)
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')

/** @throws TypeError for anything but a port number. */
export function portNumber(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new TypeError(`PORT must be a port number, got ${JSON.stringify(text)}`)
}
