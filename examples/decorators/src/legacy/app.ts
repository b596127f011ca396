import Router from '@koa/router'
import { guard, guarded } from '@wardline/koa'
import Koa, { type Context } from 'koa'
import { asAuditor, signedIn } from '../policy.js'

const caller = guard(signedIn)
const auditor = caller.and(asAuditor)

/** A controller with legacy decorators (`experimentalDecorators`), as frameworks of 2015 to 2023 use them. */
class Reports {
  private readonly title = 'legacy'

  @guarded(caller)
  list(ctx: Context): void {
    ctx.body = { title: this.title, for: caller.facts(ctx).principal.id }
  }

  @guarded(auditor)
  async remove(ctx: Context): Promise<void> {
    ctx.status = 204
  }
}

const reports = new Reports()
const router = new Router()
router.get('/reports', reports.list.bind(reports))
router.delete('/reports', reports.remove.bind(reports))

export const app = new Koa()
app.use(guard()).use(router.routes())
