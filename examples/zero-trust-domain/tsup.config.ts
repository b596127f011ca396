import { defineConfig } from 'tsup'

export default defineConfig({
  entry: ['src/index.ts', 'src/certificates.ts', 'src/make-certificates.ts'],
  format: ['esm'],
  target: 'node20',
  dts: false,
  clean: true,
})
