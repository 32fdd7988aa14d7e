// Debian's nginx, unpacked and not installed, as a server of a test. Holds no test.
// SPDX-License-Identifier: MIT
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { serve, succeed } from './stand.mjs'

const program = join(dirname(fileURLToPath(import.meta.url)), '../../build/e2e/debian/usr/sbin/nginx')
export const nginxWords = (folder) => [program, '-p', folder, '-c', join(folder, 'nginx.conf'), '-e', 'stderr']

// Shipped settings with other addresses: each of `changes`, [from, to], must be there.
export function readdressed(text, changes) {
  return changes.reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`the settings do not hold '${from}'`)
    return changed.replaceAll(from, to)
  }, text)
}

// A certificate that nobody believes but who is told to. Gives the lines for `server`.
export async function certificate(folder, host) {
  const [key, pem] = ['key.pem', 'cert.pem'].map((name) => join(folder, name))
  const words = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', `/CN=${host}`]
  await succeed(['openssl', 'req', '-x509', ...words, '-keyout', key, '-out', pem], { cwd: folder })
  return `ssl_certificate ${pem}; ssl_certificate_key ${key};`
}

// Runs nginx in a folder with what `settings` makes of the port for `http`; `use` gets what serve()
// gives.
export function nginx(folder, settings, use, options = {}) {
  const command = (port) => {
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${join(folder, name)};`,
    )
    mkdirSync(join(folder, 'logs'), { recursive: true })
    writeFileSync(join(folder, 'samekey.conf'), settings(port))
    writeFileSync(
      join(folder, 'nginx.conf'),
      `daemon off; worker_processes 1; pid ${join(folder, 'pid')}; error_log stderr;
       ${process.getuid() === 0 ? 'user root;' : ''}
       events {}
       http { access_log off; ${temporary.join(' ')} include ${join(folder, 'samekey.conf')}; }`,
    )
    return nginxWords(folder)
  }
  return serve(command, { cwd: folder, ...options }, use)
}
