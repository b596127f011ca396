import { figure } from './table.mjs'

const WIDTH = 720
const BAR = 22
const LABEL = 230

/** One drawing for each row that has a goal and somebody else to be seen beside. */
export const plots = ({ name, rows, about }) =>
  rows
    .filter(({ goals, results }) => goals.length > 0 && Object.keys(results).some((contender) => !OWN.has(contender)))
    .map((row, index) => [`${name}-${index + 1}`, plot(about, row)])

const OWN = new Set(['wardline', 'floor', 'bare'])

function plot(about, { name, unit, results }) {
  const bars = Object.entries(results)
  const longest = Math.max(...bars.map(([, { high }]) => high))
  const scale = (value) => (value / longest) * (WIDTH - LABEL - 110)
  const height = 58 + bars.length * (BAR + 8)
  const drawn = bars.map(([contender, { median, low, high }], index) => {
    const y = 48 + index * (BAR + 8)
    const middle = y + BAR / 2
    return [
      text(LABEL - 8, middle + 4, contender, 'end'),
      `<rect x="${LABEL}" y="${y}" width="${round(scale(median))}" height="${BAR}" fill="${COLOURS[contender] ?? '#b8b8b8'}"/>`,
      `<path d="M${round(LABEL + scale(low))} ${middle}H${round(LABEL + scale(high))}" stroke="#222" stroke-width="1.5"/>`,
      text(round(LABEL + scale(high)) + 8, middle + 4, `${figure(median)} ${unit}`),
    ].join('')
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="13" role="img"><title>${escaped(name)}</title><rect width="100%" height="100%" fill="#fff"/>${text(12, 20, name, 'start', 'bold')}${text(12, 37, about)}${drawn.join('')}</svg>\n`
}

const COLOURS = { wardline: '#1f6feb', floor: '#6b7785', bare: '#d5dae0' }

const text = (x, y, content, anchor = 'start', weight = 'normal') =>
  `<text x="${x}" y="${y}" text-anchor="${anchor}" font-weight="${weight}" fill="#222">${escaped(content)}</text>`

const round = (value) => Number(value.toFixed(1))

const escaped = (content) => content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
