/**
 * As `src/rate/algorithms/concurrency.ts` of the core, with a count for each process: who holds, how many, and until when
 * the lease runs. The processes renew theirs; the places of one that is gone come free when its lease ends.
 */
export const CONCURRENCY = `
local PLACE_WAIT_MS = 1000
local ENTRY = 20

local function underWay(bucket)
  local total = 0
  for _, entry in ipairs(bucket.entries) do total = total + entry.count end
  return total
end

local function ownEntry(bucket)
  for _, entry in ipairs(bucket.entries) do
    if entry.holder == holder then return entry end
  end
  local entry = { holder = holder, count = 0, untilMs = 0 }
  table.insert(bucket.entries, entry)
  return entry
end

algorithms.concurrency = {
  rule = function(limit, leaseMs) return { limit = number(limit), leaseMs = number(leaseMs) } end,
  open = function(key, rule, text)
    local entries = {}
    local bucket = { key = key, rule = rule, isUsed = text ~= false, isChanged = false, entries = entries }
    if not text then return bucket end
    if #text % ENTRY ~= 0 then error('not a bucket of this limit') end
    for at = 1, #text, ENTRY do
      local whose = string.sub(text, at, at + 7)
      local count = unpackText('<I4', text, at + 8)
      local untilMs = checked((unpackText('<d', text, at + 12)))
      -- Where the clock stepped back, no lease is longer for it.
      untilMs = min(untilMs, now + rule.leaseMs)
      if untilMs > now then table.insert(entries, { holder = whose, count = count, untilMs = untilMs }) end
    end
    return bucket
  end,
  isAhead = function() return false end,
  waitMs = function(rule, bucket, cost)
    return underWay(bucket) + cost <= rule.limit and 0 or PLACE_WAIT_MS
  end,
  standing = function(rule, bucket)
    local total = underWay(bucket)
    return max(0, rule.limit - total), total > 0 and PLACE_WAIT_MS or 0
  end,
  take = function(rule, bucket, cost)
    local own = ownEntry(bucket)
    own.count, own.untilMs = max(0, own.count + cost), now + rule.leaseMs
  end,
  hold = function(rule, bucket, count)
    local own = ownEntry(bucket)
    own.count, own.untilMs = count, now + rule.leaseMs
  end,
  kept = function(rule, bucket)
    local parts, untilMs = {}, 0
    for _, entry in ipairs(bucket.entries) do
      if entry.count > 0 then
        table.insert(parts, entry.holder .. pack('<I4d', entry.count, entry.untilMs))
        untilMs = max(untilMs, entry.untilMs)
      end
    end
    return table.concat(parts), untilMs
  end,
}
`
