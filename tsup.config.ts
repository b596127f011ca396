import { defineConfig } from 'tsup'

export default defineConfig({
  entry: { index: 'src/index.ts', 'http/index': 'src/http/index.ts', 'mount/index': 'src/mount/index.ts' },
  format: ['esm'],
  target: 'node20',
  dts: false,
  clean: true,
})
