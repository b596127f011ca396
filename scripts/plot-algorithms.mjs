// Writes docs/traffic/plots from the package as it was built.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { memoryStore } from '../dist/index.js'
import { algorithmPlots } from './algorithm-plots.mjs'

const folder = fileURLToPath(new URL('../docs/traffic/plots/', import.meta.url))
mkdirSync(folder, { recursive: true })
for (const [name, drawing] of Object.entries(algorithmPlots(memoryStore))) writeFileSync(folder + name, drawing)
