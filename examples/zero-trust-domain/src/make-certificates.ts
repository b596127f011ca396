import { writeCertificates } from './certificates.js'

const [folder, trustDomain = 'example.org', ...rest] = process.argv.slice(2)

if (folder === undefined || rest.length > 0) {
  process.stderr.write('usage: make-certificates FOLDER [TRUST_DOMAIN]\n')
  process.exitCode = 2
} else {
  await writeCertificates(folder, trustDomain)
  process.stdout.write(`ca.pem, and certificates with keys for server, ledger and guest, are in ${folder}\n`)
}
