/** An answer of the service's own, as problem details (RFC 9457). */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const problem = (status: number, title: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: { 'content-type': 'application/problem+json', 'cache-control': 'no-store', ...headers },
  body: JSON.stringify({ type: 'about:blank', title, status }),
})

export const NOT_FOUND = problem(404, 'Not Found')
export const SERVER_ERROR = problem(500, 'Internal Server Error')

export const methodNotAllowed = (allow: string): Answer => problem(405, 'Method Not Allowed', { allow })
