/**
 * As `src/rate/algorithms/fixed-window.ts` and `windows.ts` of the core: when the window began, and its count. Redis gives
 * scripts no calendar: dates are taken apart as in "chrono-Compatible Low-Level Date Algorithms" by Howard Hinnant, whose
 * years begin in March and whose eras are 400 years.
 */
export const FIXED_WINDOW = `
local DAY = 86400000
local LENGTHS = { hour = DAY / 24, day = DAY, week = 7 * DAY }
local MONTHS = { month = 1, year = 12 }
local MONDAY = -3 * DAY

-- Months since the year 0.
local function monthOf(timeMs)
  local days = floor(timeMs / DAY) + 719468
  local era = floor(days / 146097)
  local ofEra = days - era * 146097
  local leaps = floor(ofEra / 1460) - floor(ofEra / 36524) + floor(ofEra / 146096)
  local yearOfEra = floor((ofEra - leaps) / 365)
  local ofYear = ofEra - (365 * yearOfEra + floor(yearOfEra / 4) - floor(yearOfEra / 100))
  local sinceMarch = floor((5 * ofYear + 2) / 153)
  return (yearOfEra + era * 400) * 12 + sinceMarch + 2
end

local function startOfMonth(months)
  local sinceMarch = (months - 2) % 12
  local year = (months - 2 - sinceMarch) / 12
  local era = floor(year / 400)
  local yearOfEra = year - era * 400
  local ofYear = floor((153 * sinceMarch + 2) / 5)
  local ofEra = yearOfEra * 365 + floor(yearOfEra / 4) - floor(yearOfEra / 100) + ofYear
  return (era * 146097 + ofEra - 719468) * DAY
end

local function windowStart(rule, timeMs)
  if rule.lengthMs then return timeMs - (timeMs - rule.originMs) % rule.lengthMs end
  local month = monthOf(timeMs)
  return startOfMonth(month - month % rule.months)
end

local function windowEnd(rule, startMs)
  if rule.lengthMs then return startMs + rule.lengthMs end
  local month = monthOf(startMs)
  return startOfMonth(month - month % rule.months + rule.months)
end

local function newStart(rule) return rule.isAligned and windowStart(rule, now) or now end
local function isOver(rule, bucket) return not bucket.startMs or windowEnd(rule, bucket.startMs) <= now end
local function startOf(rule, bucket) return isOver(rule, bucket) and newStart(rule) or bucket.startMs end
local function counted(rule, bucket) return isOver(rule, bucket) and 0 or bucket.count end

algorithms['fixed-window'] = {
  rule = function(limit, window, isAligned)
    local months = MONTHS[window]
    return {
      limit = number(limit),
      months = months,
      lengthMs = not months and (LENGTHS[window] or number(window)) or nil,
      originMs = window == 'week' and MONDAY or 0,
      isAligned = isAligned == '1',
    }
  end,
  open = function(key, rule, text)
    if not text then return { key = key, rule = rule, isUsed = false, isChanged = false, count = 0 } end
    local startMs, count = twoNumbers(text)
    return { key = key, rule = rule, isUsed = true, isChanged = false, startMs = startMs, count = count }
  end,
  isAhead = function(rule, bucket) return bucket.startMs > now end,
  bringBack = function(rule, bucket) bucket.startMs = newStart(rule) end,
  waitMs = function(rule, bucket, cost)
    return counted(rule, bucket) + cost <= rule.limit and 0 or windowEnd(rule, startOf(rule, bucket)) - now
  end,
  standing = function(rule, bucket)
    local count = counted(rule, bucket)
    return max(0, rule.limit - count), count == 0 and 0 or windowEnd(rule, startOf(rule, bucket)) - now
  end,
  take = function(rule, bucket, cost)
    local count = counted(rule, bucket)
    bucket.startMs = startOf(rule, bucket)
    bucket.count = min(count + cost, MOST)
  end,
  kept = function(rule, bucket)
    return pack('<dd', bucket.startMs, bucket.count), windowEnd(rule, bucket.startMs)
  end,
}
`
