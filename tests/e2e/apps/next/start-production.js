// The incident's start script: loads .env.production by itself, then spawns Next.
const { spawn } = require('child_process')

require('dotenv').config({ path: '.env.production', quiet: true })
const child = spawn('npx', ['next', 'start', ...process.argv.slice(2)], { stdio: 'inherit' })
child.on('exit', (code) => process.exit(code ?? 1))
