import type { RateAlgorithm } from 'wardline'
import { BACKOFF } from './backoff.js'
import { CONCURRENCY } from './concurrency.js'
import { FIXED_WINDOW } from './fixed-window.js'
import { SLIDING_WINDOW } from './sliding-window.js'
import { TOKEN_BUCKET } from './token-bucket.js'

/** What the algorithms share. Numbers are doubles: what is not one, or not finite, or below 0, ends the script. */
const HEAD = `
local floor, ceil, min, max = math.floor, math.ceil, math.min, math.max
local pack, unpackText = struct.pack, struct.unpack
local MOST = 9007199254740991
-- A call makes those that it asks for.
local algorithms, make = {}, {}
local holder = ARGV[1]

local function checked(value)
  if not (value and value >= 0 and value < math.huge) then error('not a number of this limit') end
  return value
end

local function number(text) return checked(tonumber(text)) end

local function twoNumbers(text)
  if #text ~= 16 then error('not a bucket of this limit') end
  local first, second = unpackText('<dd', text)
  return checked(first), checked(second)
end
`

/**
 * Groups in order, each all or none. Buckets are read once and written once, however many requests of the call name them,
 * and nothing is written before all is decided.
 *
 * ARGV: the process; how many rules; for each its algorithm, its limit, and three more; then one for each request, such as
 * `2:1`: its rule and its cost. `+` behind it says that the next is taken with it, all or none; `c` that it is a
 * correction; `h` that it is all that the process holds. KEYS: one for each request. Answers three numbers for each request
 * to take.
 */
const BODY = `
local RULE = 5
local rules, orders, buckets, opened, answer, answers = {}, {}, {}, {}, {}, 0
local first = 2 + RULE * number(ARGV[2])
local texts = redis.call('MGET', unpack(KEYS))

for i = 1, number(ARGV[2]) do
  local from = 3 + RULE * (i - 1)
  if not algorithms[ARGV[from]] then make[ARGV[from]]() end
  local algorithm = algorithms[ARGV[from]]
  local rule = algorithm.rule(unpack(ARGV, from + 1, from + RULE - 1))
  rule.algorithm = algorithm
  rules[tostring(i)] = rule
end

-- Most requests of a call ask alike.
local function orderOf(text)
  local index, cost, kind = string.match(text, '^(%d+):(-?%d+)([+ch]?)$')
  local order = { rule = rules[index], cost = tonumber(cost), kind = kind }
  orders[text] = order
  return order
end

local function open(at, rule)
  local bucket = rule.algorithm.open(KEYS[at], rule, texts[at])
  if bucket.isUsed and rule.algorithm.isAhead(rule, bucket) then
    rule.algorithm.bringBack(rule, bucket)
    bucket.isChanged = true
  end
  buckets[KEYS[at]] = bucket
  opened[#opened + 1] = bucket
  return bucket
end

local function change(bucket, how, cost)
  bucket.rule.algorithm[how](bucket.rule, bucket, cost)
  bucket.isUsed, bucket.isChanged = true, true
end

local function tell(bucket, waitMs)
  local remaining, resetMs = bucket.rule.algorithm.standing(bucket.rule, bucket)
  -- NaN is no time to wait, and what is more than a client can read is as long.
  if not (waitMs >= 0 and remaining >= 0 and resetMs >= 0) then error('not a number') end
  answer[answers + 1], answer[answers + 2], answer[answers + 3] = min(waitMs, MOST), remaining, min(resetMs, MOST)
  answers = answers + 3
end

local asked, costs, waits, fits, count = {}, {}, {}, true, 0

for at = 1, #KEYS do
  local order = orders[ARGV[first + at]] or orderOf(ARGV[first + at])
  local rule, cost, kind = order.rule, order.cost, order.kind
  local bucket = buckets[KEYS[at]] or open(at, rule)
  if kind == 'c' then
    if cost > 0 or bucket.isUsed then change(bucket, 'take', cost) end
  elseif kind == 'h' then
    change(bucket, 'hold', cost)
  else
    local waitMs = rule.algorithm.waitMs(rule, bucket, cost > 1 and cost or 1)
    count = count + 1
    asked[count], costs[count], waits[count] = bucket, cost, waitMs
    fits = fits and waitMs <= 0
    if kind == '' then
      for i = 1, count do
        if fits and costs[i] > 0 then change(asked[i], 'take', costs[i]) end
        tell(asked[i], waits[i])
      end
      fits, count = true, 0
    end
  end
end

for i = 1, #opened do
  local bucket = opened[i]
  if bucket.isChanged then
    local text, untilMs = bucket.rule.algorithm.kept(bucket.rule, bucket)
    if untilMs > now then keep(bucket.key, text, min(untilMs - now, MOST)) else redis.call('DEL', bucket.key) end
  end
end

return answer
`

const ALGORITHMS: Readonly<Record<RateAlgorithm, string>> = {
  'token-bucket': TOKEN_BUCKET,
  'sliding-window': SLIDING_WINDOW,
  'fixed-window': FIXED_WINDOW,
  concurrency: CONCURRENCY,
  backoff: BACKOFF,
}

const maker = ([name, lua]: readonly [string, string]): string => `make['${name}'] = function()\n${lua}\nend\n`

/** All but the clock and how keys expire: `now` in milliseconds, `keep(key, text, forMs)`. */
export const LIMITS = [HEAD, ...Object.entries(ALGORITHMS).map(maker), BODY].join('')

/** The clock of the server, which all processes share: theirs may differ. */
const CLOCK = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function keep(key, text, forMs) redis.call('SET', key, text, 'PX', forMs) end
`

/** What takes from the limits of many requests at once. */
export const LIMIT_SCRIPT = CLOCK + LIMITS
