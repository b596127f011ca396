/**
 * As `src/rate/algorithms/backoff.ts` of the core: until when the next attempt must wait, and what is left of failures, each
 * of which counts `windowMs`.
 */
export const BACKOFF = `
local function failuresOf(rule, left) return ceil(left / rule.windowMs) end

local function delayMs(rule, left)
  local over = failuresOf(rule, left) - rule.limit
  if over < 0 then return 0 end
  return min(rule.lockoutMs, rule.delayMs * 2 ^ min(over, 52))
end

local function unitsOf(rule, bucket) return max(0, bucket.left - max(0, now - bucket.untilMs) * rule.limit) end

local function forgottenAtMs(rule, bucket) return bucket.untilMs + ceil(bucket.left / rule.limit) end

algorithms.backoff = {
  rule = function(limit, windowMs, firstMs, lockoutMs)
    return {
      limit = number(limit), windowMs = number(windowMs), delayMs = number(firstMs), lockoutMs = number(lockoutMs),
    }
  end,
  open = function(key, rule, text)
    local untilMs, left = -math.huge, 0
    if text then untilMs, left = twoNumbers(text) end
    return { key = key, rule = rule, isUsed = text ~= false, isChanged = false, untilMs = untilMs, left = left }
  end,
  isAhead = function(rule, bucket) return bucket.untilMs - now > delayMs(rule, bucket.left) end,
  bringBack = function(rule, bucket) bucket.untilMs = now + delayMs(rule, bucket.left) end,
  waitMs = function(rule, bucket) return max(0, bucket.untilMs - now) end,
  standing = function(rule, bucket)
    local remaining = bucket.untilMs > now and 0 or max(1, rule.limit - failuresOf(rule, unitsOf(rule, bucket)))
    return remaining, max(0, forgottenAtMs(rule, bucket) - now)
  end,
  take = function(rule, bucket, cost)
    bucket.left = max(0, unitsOf(rule, bucket) + cost * rule.windowMs)
    bucket.untilMs = cost < 0 and now or now + delayMs(rule, bucket.left)
    if bucket.left == 0 then bucket.untilMs = -math.huge end
  end,
  kept = function(rule, bucket)
    return pack('<dd', bucket.untilMs, bucket.left), forgottenAtMs(rule, bucket)
  end,
}
`
