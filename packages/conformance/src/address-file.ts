import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A list of addresses in a file, which a test replaces while the service runs. */
export class AddressFile {
  readonly path: string
  readonly #directory = mkdtempSync(join(tmpdir(), 'wardline-conformance-'))

  constructor(text: string) {
    this.path = join(this.#directory, 'addresses.txt')
    this.replace(text)
  }

  /** In one step. */
  replace(text: string): void {
    writeFileSync(`${this.path}.next`, text)
    renameSync(`${this.path}.next`, this.path)
  }

  close(): void {
    rmSync(this.#directory, { recursive: true })
  }
}
