// Goal: whoever is on call opens the status page in a browser with the token as password and sees at
// a glance what is wrong; on a phone, in the dark and by a screen reader too; it turns green by
// itself, loads nothing and runs nothing. The pictures stay in build/ops/status-page.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { chromium } from '../e2e/browser.mjs'
import { OTHER, PLAIN, background, freePort, samekey, until, verifier, write } from '../e2e/stand.mjs'

const TOKEN = 'status-page-token-0123456789abcdef'
const pictures = join(dirname(fileURLToPath(import.meta.url)), '../../build/ops/status-page')
const windows = {
  desktop: [1280, 900, 'light'],
  dark: [1280, 900, 'dark'],
  phone: [360, 740, 'light'],
}
const ini = `[app]\ngroup = shop\n[key AUTH_SECRET]\nsecret = yes\n`

// What is said of each element with a text of its own whose contrast with what lies behind it is less
// than WCAG 2.2 wants of level AA.
const PALE = `(() => {
  const parse = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number)
  const light = (color) => color.slice(0, 3).map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0)
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = parse(getComputedStyle(at).backgroundColor)
      if (color.length === 3 || color[3] > 0) return color
    }
    return [255, 255, 255]
  }
  return [...document.body.querySelectorAll('*')]
    .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
    .map((element) => {
      const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x)
      return [element.outerHTML.slice(0, 80), (a + 0.05) / (b + 0.05)]
    })
    .filter(([, contrast]) => contrast < 4.5)
    .map(([what, contrast]) => what + ' ' + contrast.toFixed(2))
})()`

const ROOM = `document.documentElement.scrollWidth - document.documentElement.clientWidth`
const LOADED = `performance.getEntriesByType('resource').map((entry) => entry.name)`
// what a screen reader goes by
const OUTLINE = `({
  language: document.documentElement.lang,
  landmarks: ['header', 'main', 'footer'].map((name) => document.querySelectorAll('body > ' + name).length),
  headings: document.querySelectorAll('h1').length,
  levels: [...document.querySelectorAll('h1, h2, h3')].map((heading) => +heading.tagName[1]),
  tables: [...document.querySelectorAll('table')].map((table) => [
    !!table.caption?.textContent,
    [...table.querySelectorAll('thead th')].every((cell) => cell.scope === 'col'),
    [...table.querySelectorAll('tbody tr')].every((row) => row.cells[0].scope === 'row'),
    [...table.querySelectorAll('tbody tr')].every((row) => row.cells.length === table.querySelectorAll('thead th').length),
  ]),
  scripts: document.querySelectorAll('script, iframe, [onclick], [style]').length,
})`

async function looksRight(page, name) {
  await page.window(...windows[name])
  assert.deepEqual(await page.evaluate(PALE), [], `${name}: contrast`)
  assert.ok((await page.evaluate(ROOM)) <= 0, `${name}: wider than the window`)
  await page.picture(join(pictures, `${name}.png`))
}

async function isAccessible(page) {
  const outline = await page.evaluate(OUTLINE)
  assert.equal(outline.language, 'en')
  assert.deepEqual(outline.landmarks, [1, 1, 1])
  assert.equal(outline.headings, 1)
  outline.levels.reduce((before, level) => (assert.ok(level <= before + 1, 'a level of headings is left out'), level))
  assert.ok(outline.tables.length > 2)
  for (const table of outline.tables) assert.deepEqual(table, [true, true, true, true])
  assert.equal(outline.scripts, 0)
}

test('a page for who is on call', { timeout: 120_000 }, async () => {
  const port = await freePort()
  mkdirSync(pictures, { recursive: true })
  const settings = (folder) =>
    [`http = 127.0.0.1:${port}`, `token_file = ${join(folder, 'token')}`, '[app web]', '[app till]', '[profile session]', 'app = web', 'key = AUTH_SECRET', ''].join('\n')
  // samekeyd reads the token when it starts
  const first = (folder) => {
    write(folder, { token: `${TOKEN}\n`, 'web/.env.production': `AUTH_SECRET=${PLAIN}\nPORT=3000\n`, 'web/.env': `AUTH_SECRET=${OTHER}\n`, 'till/.env': `AUTH_SECRET=${OTHER}\n`, 'samekey.ini': ini })
    return settings(folder)
  }
  await verifier(first, async ({ folder, env }) => {
    const app = (name, use) =>
      background([samekey, 'run', '--quiet', '--name', name, '--', 'sleep', '600'], { cwd: join(folder, name), env }, use)
    const address = `http://anybody:${TOKEN}@127.0.0.1:${port}/`

    await chromium([], (person) =>
      app('web', async () => {
        const page = await (await person()).page()
        await until('web is on the page', async () => {
          await page.visit(address)
          return (await page.text('main')).includes('AUTH_SECRET')
        })
        assert.match(await page.evaluate('document.title'), /^Not ready · samekey on /)
        assert.match(await page.text('.state'), /Not ready/)
        assert.match(await page.text('main'), /till app-missing/)
        // green by itself, when what was missing is there: nobody reloads
        await app('till', async () => {
          await page.shows('.state.good')
          const text = await page.text('main')
          assert.match(await page.text('.state'), /Ready, 1 drift/)
          assert.match(text, /drift-app/)
          assert.match(text, /web\/\.env:1:1 differs/)
          assert.ok(!text.includes(PLAIN) && !text.includes(OTHER))
          await isAccessible(page)
          for (const name of Object.keys(windows)) await looksRight(page, name)
          assert.deepEqual(await page.evaluate(LOADED), [])
        })
        // a stranger's browser is asked for the password, and sees the state when it has none
        const stranger = await fetch(`http://127.0.0.1:${port}/`)
        assert.equal(stranger.status, 401)
        assert.ok(!(await stranger.text()).includes('web'))
      }),
    )
  })
})
