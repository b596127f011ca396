/** As `src/rate/algorithms/token-bucket.ts` of the core: units in use, and when they were; a token is `windowMs` units. */
export const TOKEN_BUCKET = `
algorithms['token-bucket'] = {
  rule = function(limit, windowMs, burst, debt)
    local rule = { limit = number(limit), windowMs = number(windowMs), burst = number(burst) }
    rule.mostUnits = (rule.burst + number(debt)) * rule.windowMs
    return rule
  end,
  open = function(key, rule, text)
    if not text then return { key = key, rule = rule, isUsed = false, isChanged = false, units = 0 } end
    local units, atMs = twoNumbers(text)
    units = units - (now - atMs) * rule.limit
    return { key = key, rule = rule, isUsed = true, isChanged = false, units = units < 0 and 0 or units }
  end,
  isAhead = function(rule, bucket) return bucket.units > rule.mostUnits end,
  bringBack = function(rule, bucket) bucket.units = rule.mostUnits end,
  waitMs = function(rule, bucket, cost)
    local missing = bucket.units + (cost - rule.burst) * rule.windowMs
    return missing <= 0 and 0 or ceil(missing / rule.limit)
  end,
  standing = function(rule, bucket)
    return max(0, floor(rule.burst - bucket.units / rule.windowMs)), ceil(bucket.units / rule.limit)
  end,
  take = function(rule, bucket, cost)
    bucket.units = max(0, min(bucket.units + cost * rule.windowMs, rule.mostUnits))
  end,
  kept = function(rule, bucket) return pack('<dd', bucket.units, now), now + ceil(bucket.units / rule.limit) end,
}
`
