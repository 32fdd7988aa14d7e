// The folders of a package and of all that it needs, as npm put them: needs.mjs PACKAGE, in the folder
// with node_modules. A package may have put its own copies below itself.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const found = new Set()

function find(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const path = join(folder, 'node_modules', name)
    if (existsSync(path)) return path
    if (folder === dirname(folder)) return undefined
  }
}

function take(path) {
  if (!path || found.has(path)) return
  found.add(path)
  const { dependencies = {}, optionalDependencies = {} } = JSON.parse(readFileSync(join(path, 'package.json')))
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) take(find(name, path))
}

take(find(process.argv[2], process.cwd()))
// du counts what lies below another one with it
for (const path of found) if (![...found].some((other) => path.startsWith(other + '/'))) console.log(path)
