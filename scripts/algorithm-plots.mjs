// What each algorithm of rateLimit() lets through, drawn. Nothing here reads a clock, and chance has a seed: the same
// algorithms give the same drawings, which a test holds against docs/traffic/plots.

const LIMIT = 20
const WINDOW_MS = 10_000
const SPAN_MS = 40_000
/** A multiple of the window, as far as anything is aligned. */
const START_MS = 1_700_000_000_000

const RULES = {
  'token-bucket': { algorithm: 'token-bucket', windowMs: WINDOW_MS, burst: LIMIT, debt: 0 },
  'token-bucket, burst 5': { algorithm: 'token-bucket', windowMs: WINDOW_MS, burst: 5, debt: 0 },
  'sliding-window': { algorithm: 'sliding-window', windowMs: WINDOW_MS },
  'fixed-window': { algorithm: 'fixed-window', window: WINDOW_MS, aligned: false },
}

/** When one client asks, in milliseconds from the start. */
const TRAFFIC = {
  burst: {
    title: "A burst around a window's end: one request at 0 s, then 40 from 9.5 s on",
    atMs: [0, ...every(25, 9_500, 10_500)],
  },
  steady: { title: 'Steady traffic at one and a half times the limit', atMs: every(333, 0, SPAN_MS) },
  retrying: { title: 'A client that asks ten times a second, whatever the answer', atMs: every(100, 0, SPAN_MS) },
  quiet: { title: 'A quiet client, at irregular times', atMs: irregular(1_100, SPAN_MS, 7) },
}

/**
 * The drawings, by file name.
 *
 * @param memoryStore - The one of the package.
 */
export function algorithmPlots(memoryStore) {
  const runs = Object.entries(TRAFFIC).map(([name, { title, atMs }]) => ({
    name,
    title,
    rows: Object.entries(RULES).map(([label, rule]) => ({ label, asked: admitted(memoryStore(), label, rule, atMs) })),
  }))
  return Object.fromEntries([...runs.map((run) => [`${run.name}.svg`, over(run)]), ['worst-window.svg', worst(runs)]])
}

/** Each request with whether it was let in. */
function admitted(store, label, rule, atMs) {
  const request = { rule: { id: label, limit: LIMIT, ...rule }, key: 'client', cost: 1 }
  return atMs.map((at) => ({ at, allowed: store.take([request], START_MS + at)[0].allowed }))
}

function every(stepMs, fromMs, toMs) {
  return Array.from({ length: Math.ceil((toMs - fromMs) / stepMs) }, (_, index) => fromMs + index * stepMs)
}

/** Exponential pauses from a linear congruential generator. */
function irregular(meanMs, toMs, seed) {
  const times = []
  for (let state = seed, at = 0; ; ) {
    state = (1_103_515_245 * state + 12_345) % 2 ** 31
    at += Math.round(-Math.log((state + 1) / (2 ** 31 + 1)) * meanMs)
    if (at >= toMs) return times
    times.push(at)
  }
}

/** The most that was admitted in any window, wherever it begins. */
function worstWindow(asked) {
  const times = asked.filter(({ allowed }) => allowed).map(({ at }) => at)
  return Math.max(...times.map((start) => times.filter((at) => at >= start && at < start + WINDOW_MS).length))
}

const WIDTH = 720
const LEFT = 62
const RIGHT = 20
const BIN_MS = 1_000
const PANEL = 62
const GAP = 34
const TOP = 60

/** One panel for each rule: what was admitted in each second, and above it what was refused. */
function over({ title, rows }) {
  const bins = rows.map(({ asked }) => binned(asked))
  const tallest = Math.max(...bins.flat().map(([yes, no]) => yes + no))
  const binWidth = (WIDTH - LEFT - RIGHT) / (SPAN_MS / BIN_MS)
  const x = (ms) => round(LEFT + (ms / BIN_MS) * binWidth)
  const panels = rows.map(({ label, asked }, row) => {
    const base = TOP + row * (PANEL + GAP) + PANEL
    const high = (count) => round((count / tallest) * PANEL)
    const bars = bins[row].map(([yes, no], bin) => {
      const at = x(bin * BIN_MS) + 1
      const wide = round(binWidth - 2)
      return (
        bar('yes', at, round(base - high(yes)), wide, high(yes)) +
        bar('no', at, round(base - high(yes + no)), wide, high(no))
      )
    })
    const passed = asked.filter(({ allowed }) => allowed).length
    return [
      text(LEFT, base - PANEL - 8, label, 'start', 'bold'),
      text(WIDTH - RIGHT, base - PANEL - 8, `${passed} of ${asked.length} admitted`, 'end'),
      line(LEFT, base, WIDTH - RIGHT, base),
      text(LEFT - 8, base + 4, '0', 'end'),
      text(LEFT - 8, base - PANEL + 4, String(tallest), 'end'),
      ...bars,
    ].join('')
  })
  const bottom = TOP + rows.length * (PANEL + GAP) - GAP
  const ticks = every(10_000, 0, SPAN_MS + 1).map(
    (at) => line(x(at), bottom, x(at), bottom + 5) + text(x(at), bottom + 20, String(at / 1000), 'middle'),
  )
  const middle = round((TOP + bottom) / 2)
  return drawing(title, bottom + 48, [
    key('yes', WIDTH - 190, 'admitted'),
    key('no', WIDTH - 96, 'refused'),
    ...panels,
    ...ticks,
    text(round((LEFT + WIDTH - RIGHT) / 2), bottom + 38, 'seconds', 'middle'),
    `<g transform="rotate(-90 16 ${middle})">${text(16, middle, 'requests in each second', 'middle')}</g>`,
  ])
}

function binned(asked) {
  const bins = Array.from({ length: SPAN_MS / BIN_MS }, () => [0, 0])
  for (const { at, allowed } of asked) bins[Math.floor(at / BIN_MS)][allowed ? 0 : 1]++
  return bins
}

const ROW = 18
const LABELS = 170

/** A bar for each rule under each traffic, beside the limit. */
function worst(runs) {
  const scale = (count) => round(LABELS + (count / (2.2 * LIMIT)) * (WIDTH - LABELS - RIGHT))
  const limit = scale(LIMIT)
  let y = 54
  const parts = []
  for (const { title, rows } of runs) {
    parts.push(text(12, y, title, 'start', 'bold'))
    const top = y + 4
    for (const { label, asked } of rows) {
      const most = worstWindow(asked)
      parts.push(
        text(LABELS - 8, y + 20, label, 'end'),
        bar('yes', LABELS, y + 8, round(scale(most) - LABELS), ROW - 4),
        text(scale(most) + 6, y + 20, String(most)),
      )
      y += ROW
    }
    parts.push(`<path class="limit" d="M${limit} ${top}V${y + 8}"/>`)
    y += 32
  }
  const bottom = y - 18
  return drawing(`Requests admitted in the worst ${WINDOW_MS / 1000} seconds, limit ${LIMIT}`, bottom + 48, [
    ...parts,
    line(LABELS, bottom, WIDTH - RIGHT, bottom),
    ...[0, 10, 20, 30, 40].map((count) => text(scale(count), bottom + 18, String(count), 'middle')),
    text(
      round((LABELS + WIDTH - RIGHT) / 2),
      bottom + 38,
      'requests in ten seconds; the dashed line is the limit',
      'middle',
    ),
  ])
}

/** Without variables, which not all that draw SVG know. */
const palette = ({ back, ink, axis, yes, no }) =>
  `.back{fill:${back}}text{fill:${ink}}.axis{stroke:${axis}}.limit{stroke:${ink};stroke-dasharray:5 4;fill:none}` +
  `.yes{fill:${yes}}.no{fill:none;stroke:${no}}`

const LIGHT = palette({ back: '#fff', ink: '#1f2328', axis: '#59636e', yes: '#0969da', no: '#d1242f' })
const DARK = palette({ back: '#0d1117', ink: '#e6edf3', axis: '#9198a1', yes: '#58a6ff', no: '#ff7b72' })
const STYLE = `${LIGHT}@media(prefers-color-scheme:dark){${DARK}}`

const drawing = (title, height, parts) =>
  [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13" role="img">`,
    `<title>${escaped(title)}</title><style>${STYLE}</style><rect class="back" width="100%" height="100%"/>`,
    text(12, 22, title, 'start', 'bold'),
    ...parts,
    '</svg>\n',
  ].join('\n')

/** An outline stays inside its place. */
function bar(kind, x, y, width, height) {
  if (height === 0) return ''
  const inset = kind === 'no' ? 0.5 : 0
  return `<rect class="${kind}" x="${round(x + inset)}" y="${round(y + inset)}" width="${round(width - 2 * inset)}" height="${round(height - 2 * inset)}"/>`
}

const key = (kind, x, label) => bar(kind, x, 12, 12, 12) + text(x + 18, 22, label)

const line = (fromX, fromY, toX, toY) => `<path class="axis" d="M${fromX} ${fromY}L${toX} ${toY}"/>`

const text = (x, y, content, anchor = 'start', weight = 'normal') =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" font-weight="${weight}">${escaped(content)}</text>`

const round = (value) => Number(value.toFixed(1))

const escaped = (content) => content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
