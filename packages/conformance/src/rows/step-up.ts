import { as, getting, type Row } from '../row.js'

const ERROR = 'error="insufficient_user_authentication"'
const STRONGER = `${ERROR}, error_description="Stronger authentication is required", acr_values="urn:example:mfa"`
const LATER = `${ERROR}, error_description="More recent authentication is required", max_age="300"`
const BOTH =
  `${ERROR}, error_description="Stronger and more recent authentication is required", ` +
  'acr_values="urn:example:mfa", max_age="300"'

const refused = (name: string, denied: string, challenge: string): Row => ({
  name: `step-up: ${name}`,
  service: 'keyed',
  request: getting('/strong', as(name)),
  status: 401,
  denied,
  headers: { 'www-authenticate': `Bearer ${challenge}` },
  event: { guard: 'requireAuthentication(urn:example:mfa, 300 s)' },
})

/** No parameter asks for methods. */
const METHODS = `Bearer ${ERROR}, error_description="Stronger authentication is required"`

/** RFC 9470. */
export const STEP_UP: readonly Row[] = [
  {
    name: 'step-up: well authenticated, and lately',
    service: 'keyed',
    request: getting('/strong', as('mfa-recent')),
    status: 200,
  },
  refused('password-recent', 'authentication_class_insufficient', STRONGER),
  refused('mfa-list', 'authentication_class_insufficient', STRONGER),
  refused('mfa-old', 'authentication_too_old', LATER),
  refused('mfa-undated', 'authentication_too_old', LATER),
  refused('mfa-ahead', 'authentication_too_old', LATER),
  refused('password-old', 'authentication_class_insufficient', BOTH),
  refused('reader', 'authentication_class_insufficient', BOTH),
  {
    name: 'step-up: every method that is asked for',
    service: 'keyed',
    request: getting('/methods', as('methods-both')),
    status: 200,
  },
  ...['methods-one', 'methods-text', 'mfa-recent'].map(
    (name): Row => ({
      ...refused(name, 'authentication_method_insufficient', ''),
      request: getting('/methods', as(name)),
      name: `step-up: methods of ${name}`,
      headers: { 'www-authenticate': METHODS },
      event: { guard: 'requireAuthentication(hwk and pin)' },
    }),
  ),
  {
    name: 'step-up: a key is never authenticated so',
    service: 'keyed',
    request: getting('/strong-key', { headers: [['x-api-key', '{key}']] }),
    status: 401,
    denied: 'authentication_class_insufficient',
    headers: { 'www-authenticate': `ApiKey realm="reports", ${BOTH}` },
  },
  {
    name: 'step-up: a stranger is not asked for it yet',
    service: 'keyed',
    request: getting('/strong'),
    status: 401,
    denied: 'token_missing',
    headers: { 'www-authenticate': 'Bearer realm="orders-api"' },
  },
]
