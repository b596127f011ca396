/**
 * As `src/rate/algorithms/sliding-window.ts` of the core: the newest slice, and the counters from it backwards, without the
 * zeros at their end.
 */
export const SLIDING_WINDOW = `
local SLICES = 11
local MOST_COUNTED = 4294967295

local function sliceOf(rule, timeMs) return floor(timeMs / rule.sliceMs) end
local function endOf(rule, slice) return (slice + 1 + rule.slices) * rule.sliceMs end

-- How many of the counters, from the newest backwards, still count.
local function live(rule, bucket)
  return min(#bucket.counts, rule.slices + 1 - (sliceOf(rule, now) - bucket.newest))
end

local function slidingCount(rule, bucket)
  local total = 0
  for i = 1, live(rule, bucket) do total = total + bucket.counts[i] end
  return total
end

algorithms['sliding-window'] = {
  rule = function(limit, windowMs)
    local sliceMs = ceil(number(windowMs) / (SLICES - 1))
    return { limit = number(limit), sliceMs = sliceMs, slices = ceil(windowMs / sliceMs) }
  end,
  open = function(key, rule, text)
    if not text then return { key = key, rule = rule, isUsed = false, isChanged = false, counts = {} } end
    local counters = (#text - 8) / 4
    if counters < 1 or counters > SLICES or counters % 1 ~= 0 then error('not a bucket of this limit') end
    local newest = checked(unpackText('<d', text))
    local counts = { unpackText('<' .. string.rep('I4', counters), text, 9) }
    counts[counters + 1] = nil -- where the reading ended
    return { key = key, rule = rule, isUsed = true, isChanged = false, newest = newest, counts = counts }
  end,
  isAhead = function(rule, bucket) return bucket.newest > sliceOf(rule, now) end,
  bringBack = function(rule, bucket)
    local total = 0
    for i = 1, min(#bucket.counts, rule.slices + 1) do total = total + bucket.counts[i] end
    bucket.newest, bucket.counts = sliceOf(rule, now), { min(total, MOST_COUNTED) }
  end,
  waitMs = function(rule, bucket, cost)
    local over = (bucket.newest and slidingCount(rule, bucket) or 0) + cost - rule.limit
    if over <= 0 then return 0 end
    if bucket.newest then
      for i = live(rule, bucket), 1, -1 do
        over = over - bucket.counts[i]
        if over <= 0 then return endOf(rule, bucket.newest - i + 1) - now end
      end
    end
    return endOf(rule, sliceOf(rule, now)) - now
  end,
  standing = function(rule, bucket)
    if not bucket.newest then return rule.limit, 0 end
    return max(0, rule.limit - slidingCount(rule, bucket)), max(0, endOf(rule, bucket.newest) - now)
  end,
  take = function(rule, bucket, cost)
    local slice = sliceOf(rule, now)
    local shift = min(bucket.newest and slice - bucket.newest or SLICES, SLICES)
    local counts = {}
    for i = 1, SLICES do counts[i] = i > shift and bucket.counts[i - shift] or 0 end
    counts[1] = min(counts[1] + cost, MOST_COUNTED)
    bucket.newest, bucket.counts = slice, counts
  end,
  kept = function(rule, bucket)
    local counters = min(#bucket.counts, rule.slices + 1)
    while counters > 1 and bucket.counts[counters] == 0 do counters = counters - 1 end
    local format = '<d' .. string.rep('I4', counters)
    return pack(format, bucket.newest, unpack(bucket.counts, 1, counters)), endOf(rule, bucket.newest)
  end,
}
`
