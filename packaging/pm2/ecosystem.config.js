// PM2 with samekey in front: each start reads the sources anew, and PM2 is never given a value that it
// could replay or save. Copy it beside package.json, change the names, then
//
//     pm2 start ecosystem.config.js && pm2 save
//     pm2 restart shop       # fresh values, a new process
//     pm2 reload shop-web    # fresh values, one worker after the other
//     samekey doctor pm2     # whether PM2 holds what it should not
//
// docs/how-to/pm2.md of samekey says why each line stands here.
// SPDX-License-Identifier: MIT

// PM2 takes the whole environment of whoever types `pm2 start` or restarts this file, replays it at each
// later start and writes it to dump.pm2. (filter_env is not looked at by a restart.) So it sees these alone.
const KEPT = /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LC_\w+|TZ|TERM|TMPDIR|XDG_RUNTIME_DIR|PM2_\w+|SAMEKEY_(?!RUN$)\w+)$/
for (const name of Object.keys(process.env)) if (!KEPT.test(name)) delete process.env[name]

const common = {
  cwd: __dirname,
  kill_timeout: 10_000, // milliseconds for open requests before SIGKILL
  // refused by samekey: starting again changes nothing
  stop_exit_codes: [65, 66, 69, 77, 78],
  // (with restart_delay or exp_backoff_restart_delay PM2 would show such an app as "waiting restart" for ever)
}

module.exports = {
  apps: [
    {
      ...common,
      name: 'shop',
      script: 'samekey', // from PATH; of npm: node_modules/samekey-linux-x64/bin/samekey
      args: ['run', '--', 'node', 'server.js'],
      interpreter: 'none',
      exec_mode: 'fork',
    },
    {
      // cluster mode starts node itself, so the process configures itself before anything else
      ...common,
      name: 'shop-web',
      script: 'web.js',
      node_args: ['-r', 'samekey/config'],
      exec_mode: 'cluster',
      instances: 2,
      wait_ready: true, // reload goes on when web.js says process.send('ready')
      listen_timeout: 10_000,
    },
  ],
}
