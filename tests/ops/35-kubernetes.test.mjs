// Goal: the examples for Kubernetes and compose hold only fields that exist, and what stands in them
// agrees: settings that the programs accept, commands and options that there are, and the same
// sockets, users, names and versions in every place. tests/ops/36-pod.bats runs them.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

const checkout = new URL('../..', import.meta.url).pathname
const { SAMEKEY, SAMEKEYD } = process.env
const require = createRequire(join(checkout, 'build/ops/stacks/schema/'))
const Ajv = require('ajv')
const { parseAllDocuments } = require('yaml')

const read = (path) => readFileSync(join(checkout, path), 'utf8')
const version = /^VERSION := (.*)$/m.exec(read('Makefile'))[1]

// Kubernetes reads YAML 1.1, where 0440 is octal; compose 1.2, where a dot is no number.
function documents(path) {
  const version = path.includes('/docker/') ? '1.2' : '1.1'
  return parseAllDocuments(read(path), { version, merge: true, uniqueKeys: true }).map((one) => {
    assert.deepEqual([...one.errors, ...one.warnings], [], path)
    return one.toJS()
  })
}

const validators = Object.fromEntries(
  ['kubernetes', 'docker'].map((folder) => {
    const schema = folder === 'docker' ? 'compose' : folder
    return [folder, new Ajv({ allErrors: true, strictSchema: true }).compile(JSON.parse(read(`tests/ops/schema/${schema}.json`)))]
  }),
)

const files = Object.keys(validators).flatMap((folder) =>
  readdirSync(join(checkout, 'packaging', folder))
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => ({ folder, path: `packaging/${folder}/${name}` })),
)

for (const { folder, path } of files)
  test(`${path} holds only fields that there are`, () => {
    for (const document of documents(path))
      assert.ok(validators[folder](document), JSON.stringify(validators[folder].errors, null, 2))
  })

const [settings, deployment] = documents('packaging/kubernetes/shop.yaml')
const pod = deployment.spec.template.spec
const compose = documents('packaging/docker/compose.yaml')[0]

const spoilt = [
  ['a sidecar without restartPolicy ends the start', 'kubernetes', (d) => delete sidecar(d).restartPolicy],
  ['restartPolicy of a sidecar is Always', 'kubernetes', (d) => (sidecar(d).restartPolicy = 'OnFailure')],
  ['an app has no restartPolicy of its own', 'kubernetes', (d) => (spec(d).containers[0].restartPolicy = 'Always')],
  ['a sidecar without a startup probe', 'kubernetes', (d) => delete sidecar(d).startupProbe],
  ['an app without a readiness probe', 'kubernetes', (d) => delete spec(d).containers[1].readinessProbe],
  ['a misspelt field', 'kubernetes', (d) => (sidecar(d).startUpProbe = sidecar(d).livenessProbe)],
  ['a probe with a string for words', 'kubernetes', (d) => (sidecar(d).startupProbe.exec.command = 'samekey status')],
  ['a container that may become root', 'kubernetes', (d) => (spec(d).containers[0].securityContext.allowPrivilegeEscalation = true)],
  ['root', 'kubernetes', (d) => (spec(d).containers[0].securityContext.runAsUser = 0)],
  ['a root folder that can be written', 'kubernetes', (d) => delete sidecar(d).securityContext.readOnlyRootFilesystem],
  ['no seccomp profile', 'kubernetes', (d) => delete spec(d).securityContext.seccompProfile],
  ['an image without a version', 'kubernetes', (d) => (sidecar(d).image = 'samekeyd')],
  ['the version latest', 'kubernetes', (d) => (sidecar(d).image = 'samekeyd:latest')],
  ['a Secret that everybody may read', 'kubernetes', (d) => (volume(d, 'secrets').secret.defaultMode = 0o444)],
  ['a mode that YAML 1.2 made decimal', 'kubernetes', (d) => (volume(d, 'secrets').secret.defaultMode = 440)],
  ['a volume of two kinds', 'kubernetes', (d) => (volume(d, 'secrets').emptyDir = {})],
  ['an unknown kind', 'kubernetes', (d) => (d.kind = 'Deploymnet')],
  ['no containers', 'kubernetes', (d) => delete spec(d).containers],
  ['compose: a misspelt field', 'docker', (d) => (d.services.web.readonly = true)],
  ['compose: with capabilities', 'docker', (d) => delete d.services.web.cap_drop],
  ['compose: root', 'docker', (d) => (d.services.verifier.user = '0:0')],
  ['compose: a port for the whole world', 'docker', (d) => (d.services.web.ports = ['3000:3000'])],
  ['compose: a start that waits for nothing', 'docker', (d) => (d.services.web.depends_on.verifier.condition = 'started')],
]
const spec = (d) => d.spec.template.spec
const sidecar = (d) => spec(d).initContainers.find(({ name }) => name === 'samekeyd')
const volume = (d, wanted) => spec(d).volumes.find(({ name }) => name === wanted)

for (const [what, folder, spoil] of spoilt)
  test(`refused: ${what}`, () => {
    const document = structuredClone(folder === 'docker' ? compose : deployment)
    assert.ok(validators[folder](document))
    spoil(document)
    assert.ok(!validators[folder](document))
  })

// The sections of an ini file, enough of it for files that the programs accept.
function sections(text) {
  const found = {}
  let section
  for (const line of text.split('\n')) {
    const [, name] = /^\[(.*)\]$/.exec(line) ?? []
    const [, key, value] = /^(\w+) = (.*)$/.exec(line) ?? []
    if (name) section = found[name] = {}
    else if (key) section[key] = value
  }
  return found
}

function inScratch(work) {
  const folder = mkdtempSync(join(tmpdir(), 'sk-yaml-'))
  try {
    return work(folder)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

// What both examples say, in one form.
const mounts = (list) => list.map((one) => (typeof one === 'string' ? { name: one.split(':')[0], mountPath: one.split(':')[1] } : one))
const examples = {
  kubernetes: {
    verifier: settings.data['samekeyd.ini'],
    app: settings.data['samekey.ini'],
    verifierUser: pod.initContainers.find(({ name }) => name === 'samekeyd').securityContext.runAsUser,
    apps: pod.containers.map((one) => ({
      name: one.name,
      user: one.securityContext.runAsUser,
      command: one.command,
      mounts: one.volumeMounts,
      probe: one.readinessProbe.exec.command,
    })),
    verifierMounts: pod.initContainers[1].volumeMounts,
    commands: [...pod.initContainers, ...pod.containers].flatMap((one) => [
      one.command ?? one.args ?? [],
      ...['startupProbe', 'livenessProbe', 'readinessProbe'].map((kind) => one[kind]?.exec.command ?? []),
    ]),
    images: [...pod.initContainers, ...pod.containers].map(({ image }) => image),
    secrets: pod.containers[0].volumeMounts.find(({ name }) => name === 'secrets').mountPath,
  },
  docker: {
    verifier: read('packaging/docker/samekeyd.ini'),
    app: read('packaging/docker/samekey.ini'),
    verifierUser: Number(compose.services.verifier.user.split(':')[0]),
    apps: ['web', 'ws'].map((name) => ({
      name,
      user: Number(compose.services[name].user.split(':')[0]),
      command: compose.services[name].command,
      mounts: mounts(compose.services[name].volumes),
      probe: compose.services[name].healthcheck.test.slice(1),
    })),
    verifierMounts: mounts(compose.services.verifier.volumes),
    commands: Object.values(compose.services).flatMap((one) => [one.command ?? [], one.healthcheck.test.slice(1)]),
    images: Object.values(compose.services).map(({ image }) => image),
    secrets: '/run/secrets',
  },
}

for (const [name, one] of Object.entries(examples)) {
  test(`${name}: samekeyd accepts its settings`, () =>
    inScratch((folder) => {
      writeFileSync(join(folder, 'samekeyd.ini'), one.verifier)
      const { status, stderr } = spawnSync(SAMEKEYD, ['--check', '--ini', join(folder, 'samekeyd.ini')], { encoding: 'utf8' })
      assert.equal(status, 0, stderr)
      writeFileSync(join(folder, 'samekeyd.ini'), one.verifier.replace('[admit web]', '[admitt web]'))
      assert.notEqual(spawnSync(SAMEKEYD, ['--check', '--ini', join(folder, 'samekeyd.ini')]).status, 0)
    }))

  test(`${name}: samekey accepts the settings, finds the secret, and wants it`, () =>
    inScratch((folder) => {
      assert.ok(one.app.includes(`secrets = ${one.secrets}\n`))
      writeFileSync(join(folder, 'samekey.ini'), one.app.replace(one.secrets, 'secrets'))
      const check = () => spawnSync(SAMEKEY, ['check'], { cwd: folder, encoding: 'utf8', env: { PATH: process.env.PATH, HOME: folder } })
      assert.equal(check().status, 66) // the Secret is not mounted
      mkdirSync(join(folder, 'secrets'), { mode: 0o755 })
      assert.equal(check().status, 1) // and does not hold the key
      writeFileSync(join(folder, 'secrets/NEXTAUTH_SECRET'), 'k7Vw2mQx9RtLzB4nHcYfPd6sJgA8eUiT3oXyN5vW1qE', { mode: 0o400 })
      const { status, stdout, stderr } = check()
      assert.equal(status, 0, stdout + stderr)
    }))

  test(`${name}: every command and option is one of samekey's`, () => {
    let seen = 0
    for (const words of one.commands) {
      const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words
      const [verb, ...rest] = own[0]?.startsWith('/') ? own.slice(1) : own
      if (!verb) continue
      const help = execFileSync(SAMEKEY, ['help', verb], { encoding: 'utf8' })
      for (const option of rest.filter((word) => word.startsWith('--')))
        assert.match(help, new RegExp(`${option}\\b`), `${verb} ${option}`)
      seen++
    }
    assert.ok(seen >= 5)
  })

  test(`${name}: sockets, users, names and versions agree`, () => {
    const verifier = sections(one.verifier)
    const app = sections(one.app)
    const socket = verifier.listen.handoff
    assert.equal(app.verifier.socket, socket)
    assert.equal(Number(app.verifier.user), one.verifierUser)
    for (const words of one.commands)
      if (words.includes('--socket')) assert.equal(words[words.indexOf('--socket') + 1], socket)
    assert.ok(socket.startsWith(`${one.verifierMounts[0].mountPath}/`))
    for (const { name, user, command, mounts, probe } of one.apps) {
      assert.equal(Number(verifier[`admit ${name}`].uid), user)
      assert.equal(Number(verifier[`app ${name}`].uid), user)
      assert.deepEqual(verifier[`admit ${name}`].verbs.split(', '), ['offer', 'status'])
      assert.equal(command[command.indexOf('--name') + 1], name)
      assert.equal(probe[probe.indexOf('--name') + 1], name)
      assert.deepEqual(mounts[0].mountPath, one.verifierMounts[0].mountPath)
      assert.equal(mounts[0].name, one.verifierMounts[0].name)
      assert.notEqual(user, one.verifierUser)
    }
    for (const image of one.images.filter((image) => image.startsWith('samekey'))) assert.equal(image.split(':')[1], version)
  })
}

test('kubernetes: what is mounted is there, and a changed Secret is followed', () => {
  const names = pod.volumes.map(({ name }) => name)
  for (const { volumeMounts } of [...pod.initContainers, ...pod.containers])
    for (const mount of volumeMounts) {
      assert.ok(names.includes(mount.name), mount.name)
      assert.ok(mount.name !== 'secrets' || !mount.subPath) // a file by subPath never changes
      assert.ok(!mount.subPath || mount.subPath in settings.data)
    }
  assert.deepEqual(deployment.spec.selector.matchLabels, deployment.spec.template.metadata.labels)
  assert.equal(volume(deployment, 'settings').configMap.name, settings.metadata.name)
  // on a disk the folder would not be sticky, and refused
  assert.equal(volume(deployment, 'socket').emptyDir.medium, 'Memory')
  assert.ok(examples.kubernetes.apps.every(({ command }) => command.includes('--supervise') && command.includes('--on-change')))
})

test('kubernetes: the verifier is started after its binary, before the apps, as the image has it', () => {
  assert.deepEqual(pod.initContainers.map(({ name }) => name), ['samekey', 'samekeyd'])
  const { config } = JSON.parse(
    readFileSync(join(checkout, 'build/oci/blobs/sha256', configOf('samekeyd')), 'utf8'),
  )
  assert.equal(config.User, `${examples.kubernetes.verifierUser}:${examples.docker.verifierUser}`)
})

function configOf(name) {
  if (!configOf.made) execFileSync('make', ['-s', '-C', checkout, 'oci'], { stdio: 'ignore' })
  configOf.made = true
  const blob = (digest) => JSON.parse(read(`build/oci/blobs/sha256/${digest.slice(7)}`))
  const { digest } = JSON.parse(read('build/oci/index.json')).manifests.find(
    ({ annotations }) => annotations['org.opencontainers.image.ref.name'] === name,
  )
  return blob(digest).config.digest.slice(7)
}

test('docker: the app image takes samekey from where the image has it, and starts by it', () => {
  const dockerfile = read('packaging/docker/Dockerfile')
  const place = '/usr/local/bin/samekey'
  assert.ok(dockerfile.includes(`COPY --from=samekey:${version} /samekey ${place}\n`))
  assert.ok(dockerfile.includes(`ENTRYPOINT ["${place}"]\n`))
  for (const { probe } of examples.docker.apps) assert.equal(probe[0], place)
  assert.doesNotMatch(dockerfile, /^(ARG|ENV) /m)
})

// A pattern of .dockerignore is one of the whole path: https://docs.docker.com/build/concepts/context/
test('docker: no env file gets into an image, in whatever folder it lies', () => {
  const patterns = read('packaging/docker/.dockerignore').split('\n').filter((line) => line && !line.startsWith('#'))
  const forms = patterns.map((one) =>
    new RegExp(`^${one.replace(/[.+^${}()|[\]\\]/g, '\\$&').replaceAll('**/', '(?:.*/)?').replace(/(?<![.)])\*/g, '[^/]*')}(?:/|$)`),
  )
  for (const path of ['.env', '.env.local', 'apps/web/.env', 'apps/web/.env.production', 'secrets/NEXTAUTH_SECRET'])
    assert.ok(forms.some((form) => form.test(path)), `${path} is copied`)
  for (const path of ['server.js', 'src/env.js', 'samekey.ini']) assert.ok(!forms.some((form) => form.test(path)), `${path} is not`)
})
