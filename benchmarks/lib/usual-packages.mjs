import { readFileSync } from 'node:fs'

const SERVICE = new URL('../services/express-usual.mjs', import.meta.url)
/** A specifier that is neither a file nor a module of Node; `@scope/name` or `name` is the package. */
const IMPORTED = /from '(?!\.|node:)((?:@[^/']+\/)?[^/']+)/g

/** What teams put together today to guard an Express service: the packages of services/express-usual.mjs beside Express. */
export const usualPackages = () =>
  [...readFileSync(SERVICE, 'utf8').matchAll(IMPORTED)].map(([, name]) => name).filter((name) => name !== 'express')
