import type { Adapter, AdapterPayload } from 'oidc-provider'

interface Entry {
  readonly payload: AdapterPayload
  readonly untilMs: number
}

/**
 * What one provider knows of its tokens: it outlives the provider's keys, and no other provider of the process sees it.
 * Tests are short; nothing is forgotten before they end.
 */
export function idpStore(): (kind: string) => Adapter {
  const entries = new Map<string, Entry>()
  return (kind) => {
    const keyOf = (id: string) => `${kind}:${id}`
    const find = async (id: string): Promise<AdapterPayload | undefined> => {
      const entry = entries.get(keyOf(id))
      return entry !== undefined && entry.untilMs > Date.now() ? entry.payload : undefined
    }
    const findBy = async (member: 'uid' | 'userCode', value: string): Promise<AdapterPayload | undefined> =>
      [...entries].find(([key, { payload }]) => key.startsWith(`${kind}:`) && payload[member] === value)?.[1].payload
    return {
      find,
      findByUid: (uid) => findBy('uid', uid),
      findByUserCode: (userCode) => findBy('userCode', userCode),
      upsert: async (id, payload, expiresIn = Number.POSITIVE_INFINITY) => {
        entries.set(keyOf(id), { payload, untilMs: Date.now() + expiresIn * 1000 })
      },
      consume: async (id) => {
        const payload = await find(id)
        if (payload !== undefined) payload.consumed = Math.floor(Date.now() / 1000)
      },
      destroy: async (id) => {
        entries.delete(keyOf(id))
      },
      revokeByGrantId: async (grantId) => {
        for (const [key, { payload }] of entries) if (payload.grantId === grantId) entries.delete(key)
      },
    }
  }
}
