const MARK = Symbol('settled')

/**
 * What `@wardline/express` does to requests and responses besides guarding them, for services that ask for it: so that
 * guards can be compared by what they do themselves.
 */
export function settledWhereAsked(app) {
  if (!process.argv.includes('--settled')) return
  app.use((req, res, next) => {
    for (const object of [req, res]) {
      object[MARK] = undefined
      delete object[MARK]
    }
    next()
  })
}
