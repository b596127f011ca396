import { Notices } from 'wardline/mount'

/** A request as guards read it, in the shape adapters build; `fields` are its header fields, names in lower case. */
export const requestContext = ({ fields = new Map(), ...rest } = {}) => ({
  method: 'POST',
  path: '/orders/o-1',
  query: '',
  headers: {
    get: (name) => fields.get(name),
    all: (name) => (fields.has(name) ? [fields.get(name)] : []),
    count: (name) => (fields.has(name) ? 1 : 0),
  },
  peer: { address: '192.0.2.1', encrypted: false, certificate: () => undefined },
  client: '192.0.2.1',
  route: undefined,
  params: {},
  body: undefined,
  nowMs: Date.now(),
  report: () => {},
  onFinished: () => {},
  raw: undefined,
  notices: new Notices(),
  ...rest,
})
