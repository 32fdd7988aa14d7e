// What the launcher does where there is no native program: `run` starts the command as it is, with a
// notice, and everything else says why it cannot.
// SPDX-License-Identifier: MIT
'use strict'

const { accessSync, constants, readFileSync, statSync } = require('node:fs')
const { delimiter, extname, isAbsolute, join } = require('node:path')

const { EXIT_REQUIRED, absence, requiredBy } = require('./binary.cjs')
const { passEnvironment, stay } = require('./become.cjs')

const EXIT_USAGE = 2
const EXIT_UNAVAILABLE = 69

const say = (text) => process.stderr.write(`samekey: ${text}\n`)

// ---- Windows: what npm installs is no program but a .cmd, and only cmd.exe runs those

const META = /([()\][%!^"`<>&|;, *?])/g

function findOnWindows(command, env, cwd = process.cwd()) {
  const value = (name) => env[Object.keys(env).find((key) => key.toUpperCase() === name)] ?? ''
  const endings = value('PATHEXT') || '.COM;.EXE;.BAT;.CMD'
  const names = [...(extname(command) ? [command] : []), ...endings.split(';').map((ending) => command + ending.toLowerCase())]
  const bare = !isAbsolute(command) && !/[\\/]/.test(command)
  const folders = isAbsolute(command) ? [''] : [cwd, ...(bare ? value('PATH').split(delimiter) : [])]
  for (const folder of folders)
    for (const name of names) {
      const path = folder ? join(folder, name) : name
      try {
        accessSync(path, constants.F_OK)
        if (statSync(path).isFile()) return path
      } catch {
        // not here
      }
    }
  return undefined
}

// A word as cmd.exe and then the program's own reader make it out: quotes and the backslashes before
// them, then everything that cmd.exe takes for its own. npm's shims hand their words to cmd.exe again.
function quote(word, twice) {
  const quoted = `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\*)$/, '$1$1')}"`.replace(META, '^$1')
  return twice ? quoted.replace(META, '^$1') : quoted
}

// How Windows runs it: { program, words, options } for spawn.
function forWindows([command, ...words], env, cwd) {
  const path = findOnWindows(command, env, cwd)
  if (!path || /\.(exe|com)$/i.test(path)) return { program: path ?? command, words, options: {} }
  const twice = /node_modules[\\/]\.bin[\\/][^\\/]+\.cmd$/i.test(path)
  const line = [path.replace(META, '^$1'), ...words.map((word) => quote(word, twice))].join(' ')
  return {
    program: env.comspec ?? env.ComSpec ?? 'cmd.exe',
    words: ['/d', '/s', '/c', `"${line}"`],
    options: { windowsVerbatimArguments: true, shown: command },
  }
}

// ---- the commands

function run(words) {
  const at = words.indexOf('--')
  const command = at < 0 ? [] : words.slice(at + 1)
  if (!command.length) {
    say("run needs a command behind '--' (hint: samekey run -- node server.js)")
    return process.exit(EXIT_USAGE)
  }
  passEnvironment(command[0])
  say(`nothing is checked, ${command[0]} gets its environment as it is: ${absence()}`)
  if (process.platform !== 'win32') return stay(command[0], command.slice(1))
  const { program, words: line, options } = forWindows(command, process.env)
  return stay(program, line, options)
}

function unaided(words) {
  const required = requiredBy()
  if (words[0] === '--version') return void console.log(JSON.parse(readFileSync(join(__dirname, 'package.json'))).version)
  if (words[0] === 'run' && !required) return run(words)
  const why = required ? `, and ${required} is set` : ''
  say(`cannot ${words[0] ?? 'tell where you stand'}: ${absence()}${why}`)
  process.exit(required ? EXIT_REQUIRED : EXIT_UNAVAILABLE)
}

module.exports = { unaided, forWindows }
