import { spawnSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { row } from '../lib/row.mjs'
import { usualPackages } from '../lib/usual-packages.mjs'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const MANIFEST = new URL('../package.json', import.meta.url)

export default {
  about: 'what is installed for the core and the Express adapter, without Express; once, since it does not vary',
  isChecked: false, // asks the registry
  run: async () => {
    const wardline = installed((folder) => packed('.', folder).concat(packed('packages/express', folder)))
    const { dependencies } = JSON.parse(readFileSync(MANIFEST, 'utf8'))
    const usual = installed(() => usualPackages().map((name) => `${name}@${dependencies[name]}`))
    const of = (figure) => ({ wardline: [wardline[figure]], 'usual packages': [usual[figure]] })
    const atMost = (bound) => ({ what: 'installed', of: (figures) => figures.wardline, atMost: bound })
    return [
      row({ name: 'packages installed', unit: 'packages', readings: of('packages'), goals: [atMost(10)] }),
      row({ name: 'size installed', unit: 'MiB', readings: of('mebibytes'), goals: [atMost(5)] }),
    ]
  },
}

/** As npm would publish it: what it declares is what is measured. */
const packed = (workspace, folder) =>
  JSON.parse(npm(['pack', '--json', '--pack-destination', folder], ROOT + workspace)).map(({ filename }) =>
    join(folder, filename),
  )

function installed(specifiersIn) {
  const folder = mkdtempSync(join(tmpdir(), 'benchmark-size-'))
  try {
    writeFileSync(join(folder, 'package.json'), '{ "private": true }')
    npm([...INSTALL, ...specifiersIn(folder)], folder)
    const modules = join(folder, 'node_modules')
    const lock = JSON.parse(readFileSync(join(modules, '.package-lock.json'), 'utf8'))
    return { packages: Object.keys(lock.packages).length, mebibytes: bytesIn(modules) / 2 ** 20 }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

// A framework is a peer: `legacy-peer-deps` leaves it out.
const INSTALL = [
  'install',
  '--omit=dev',
  '--omit=peer',
  '--legacy-peer-deps',
  '--prefer-offline',
  '--ignore-scripts',
  '--no-audit',
  '--no-fund',
]

function npm(args, cwd) {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd, encoding: 'utf8' })
  if (status !== 0) throw new Error(`npm ${args.join(' ')}: ${stderr}`)
  return stdout
}

const bytesIn = (folder) =>
  readdirSync(folder, { recursive: true })
    .map((name) => lstatSync(join(folder, name)))
    .reduce((sum, entry) => sum + (entry.isFile() ? entry.size : 0), 0)
