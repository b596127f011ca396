import { createHash } from 'node:crypto'

/** A Lua script, run by EVALSHA; sent whole again where the server has forgotten it. */
export interface Script {
  readonly lua: string
  /** SHA-1 in hexadecimal, by which a server knows it. */
  readonly sha: string
}

/** A script with the digest that names it. Make it once, not per request. */
export const script = (lua: string): Script => Object.freeze({ lua, sha: createHash('sha1').update(lua).digest('hex') })
