import { defineConfig, type Options } from 'tsup'

const shared: Options = { format: ['esm'], target: 'node20', dts: false }

export default defineConfig([
  { ...shared, entry: { standard: 'src/standard.ts' }, clean: true },
  { ...shared, entry: { legacy: 'src/legacy/app.ts' }, tsconfig: 'tsconfig.legacy.json' },
])
