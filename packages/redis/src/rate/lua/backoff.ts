/** As `src/rate/algorithms/backoff.ts` of the core: until when the next attempt must wait, and failures in a row. */
export const BACKOFF = `
local function delayMs(rule, count)
  if count < rule.limit then return 0 end
  return min(rule.lockoutMs, rule.delayMs * 2 ^ min(count - rule.limit, 52))
end

local function failures(rule, bucket)
  return now >= bucket.untilMs + rule.windowMs and 0 or bucket.count
end

algorithms.backoff = {
  rule = function(limit, windowMs, firstMs, lockoutMs)
    return {
      limit = number(limit), windowMs = number(windowMs), delayMs = number(firstMs), lockoutMs = number(lockoutMs),
    }
  end,
  open = function(key, rule, text)
    local untilMs, count = -math.huge, 0
    if text then untilMs, count = twoNumbers(text) end
    return { key = key, rule = rule, isUsed = text ~= false, isChanged = false, untilMs = untilMs, count = count }
  end,
  isAhead = function(rule, bucket) return bucket.untilMs - now > delayMs(rule, bucket.count) end,
  bringBack = function(rule, bucket) bucket.untilMs = now + delayMs(rule, bucket.count) end,
  waitMs = function(rule, bucket) return max(0, bucket.untilMs - now) end,
  standing = function(rule, bucket)
    local remaining = bucket.untilMs > now and 0 or max(1, rule.limit - failures(rule, bucket))
    return remaining, max(0, bucket.untilMs + rule.windowMs - now)
  end,
  take = function(rule, bucket, cost)
    local count = max(0, failures(rule, bucket) + cost)
    bucket.untilMs = cost < 0 and min(bucket.untilMs, now) or now + delayMs(rule, count)
    bucket.count = count
    if count == 0 then bucket.untilMs = -math.huge end
  end,
  kept = function(rule, bucket)
    return pack('<dd', bucket.untilMs, bucket.count), bucket.untilMs + rule.windowMs
  end,
}
`
