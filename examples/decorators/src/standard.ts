import { guard, guarded } from '@wardline/express'
import express, { type Request, type Response } from 'express'
import { asAuditor, signedIn } from './policy.js'

const caller = guard(signedIn)
const auditor = caller.and(asAuditor)

/** A controller with TC39 decorators: what TypeScript and JavaScript mean by `@` today. */
class Reports {
  readonly #title = 'standard'

  @guarded(caller)
  list(req: Request, res: Response): void {
    res.json({ title: this.#title, for: caller.facts(req).principal.id })
  }

  @guarded(auditor)
  async remove(_req: Request, res: Response): Promise<void> {
    res.status(204).end()
  }
}

const reports = new Reports()
export const app = express()
app.use(guard())
app.get('/reports', reports.list.bind(reports))
app.delete('/reports', reports.remove.bind(reports))
