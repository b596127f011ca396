import type { Principal } from 'wardline'

/** What a caller is shown of how it was recognised. */
export const recognised = ({ principal }: { readonly principal: Principal }) => {
  const { id, issuer, client, kind, proof } = principal
  return { principal: { id, issuer, client, kind, proof } }
}
