#!/usr/bin/env bats
# Goal: `samekey scan` claims no clean output that it has not seen: bad input, what is asked for,
# and a samekey-scan that is kept apart and may fail.

load helper
load scan

# with_scan: samekey with a samekey-scan of our own beside it, whose Python stands on standard input.
with_scan() {
  mkdir -p "$BATS_TEST_TMPDIR/bin"
  [ "$SAMEKEY" = "$BATS_TEST_TMPDIR/bin/samekey" ] || cp "$SAMEKEY" "$BATS_TEST_TMPDIR/bin/samekey"
  { echo '#!/usr/bin/python3'; cat; } >"$BATS_TEST_TMPDIR/bin/samekey-scan"
  chmod 755 "$BATS_TEST_TMPDIR/bin" "$BATS_TEST_TMPDIR"/bin/*
  SAMEKEY=$BATS_TEST_TMPDIR/bin/samekey
}

# ---- what is asked

@test "no PATH: the output of the framework, or a hint" {
  setup_shop
  sk scan
  exits 2
  says "there is nothing to scan" "hint: samekey scan dist"
  echo '{"dependencies":{"next":"15.0.0"}}' >package.json
  sk scan
  exits 2
  mkdir .next
  echo "$VALUE" >.next/a.js
  sk scan
  exits 1
  prints ".next/a.js:1: error"
}

@test "a path that is not there, or cannot be: exit 66, in every form" {
  local path
  setup_shop
  sk scan dist not-there
  exits 66
  says "not-there: cannot look at it"
  sk scan -
  exits 66
  says "hint: files are searched, not standard input: docker save -o image.tar IMAGE"
  sk scan --json dist not-there
  exits 66
  jq -e .error.exit <<<"$output" >/dev/null
  mkfifo pipe
  for path in pipe /dev/null; do
    sk scan dist "$path"
    exits 66
    says "$path: cannot look at it: it is neither a file nor a folder"
  done
  [ "$(id -u)" -ne 0 ] || return 0
  mkdir -m 0 closed
  sk scan dist closed
  exits 66
  says "closed: cannot look at it"
}

@test "samekey-scan by hand says what it is" {
  run --separate-stderr "${SAMEKEY%/*}/samekey-scan"
  exits 2
  says "a part of samekey" "samekey scan PATH starts it"
  run --separate-stderr "${SAMEKEY%/*}/samekey-scan" --version
  exits 0
  prints "samekey-scan "
  # shellcheck disable=SC2094  # any file will do
  run --separate-stderr "${SAMEKEY%/*}/samekey-scan" 3</etc/passwd
  exits 2
}

# ---- bad input

@test "loops of links, FIFOs and links that lead away are no matter" {
  setup_shop
  ln -s . dist/loop
  ln -s ../.env dist/away
  mkfifo dist/fifo
  ln dist/fifo dist/fifo2
  ln -s nowhere dist/dangling
  mkdir -p dist/in other/deep
  ln -s ../away dist/in/near
  ln -s ../../other dist/in/far
  ln -s "$PWD/other" dist/absolute
  sk scan --strict --json dist
  exits 0
  counts '.code == "not-opened" and .path == "dist/away" and .severity == "note"' 1
  counts '.code == "not-opened" and (.path == "dist/in/far" or .path == "dist/absolute")' 2
  counts 'true' 3
  sk scan --json dist other
  counts 'true' 1 # a path of its own is looked at
}

@test "a sparse file of a terabyte and a file that cannot be read: the answer comes, and says so" {
  setup_shop
  truncate -s 1T dist/sparse
  echo "$VALUE" >>dist/sparse || truncate -s 1G dist/sparse # where no file may be so large
  SECONDS=0
  sk scan --json dist
  [ "$SECONDS" -lt 30 ] || complain "it took $SECONDS s"
  [ "$(jq '.findings | length' <<<"$output")" -ge 1 ] || [ "$status" -eq 0 ] || complain "no answer"
}

@test "what cannot be read makes the scan incomplete" {
  setup_shop
  [ "$(id -u)" -ne 0 ] || skip "root reads everything"
  echo x >dist/closed
  chmod 0 dist/closed
  sk scan --json dist
  exits 0
  counts '.code == "scan-incomplete" and .severity == "warning" and .path == "dist/closed"' 1
}

@test "truncated and damaged archives make it incomplete, bombs are cut short" {
  setup_shop
  python3 - "$VALUE" <<'PY'
import gzip, io, os, tarfile, zlib
big = os.urandom(300000)
whole = gzip.compress(big)
open("dist/cut.gz", "wb").write(whole[:150000])
with open("dist/bomb.gz", "wb") as file:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    for _ in range(300):
        file.write(packer.compress(bytes(1 << 20)))
    file.write(packer.flush())
PY
  SECONDS=0
  sk scan --json dist
  [ "$SECONDS" -lt 60 ] || complain "it took $SECONDS s"
  exits 0
  counts '.code == "scan-incomplete" and .path == "dist/cut.gz"' 1
  counts '.code == "scan-incomplete" and .path == "dist/bomb.gz"' 1
}

@test "a container that is not unpacked is a note with its format, and counted" {
  setup_shop
  python3 - <<'PY'
import struct, zlib
open("dist/a.7z", "wb").write(b"7z\xbc\xaf\x27\x1c" + bytes(40))
name, data = b"closed.txt", b"x" * 30
head = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 1, 0, 0, 0, zlib.crc32(data), len(data), len(data), len(name), 0)
open("dist/closed.zip", "wb").write(head + name + data + b"PK\5\6" + bytes(18))
PY
  printf 'hsqs%096d' 0 >squash.img
  tar -cf dist/a.tar squash.img
  sk scan --strict --json dist
  exits 0
  jq -e '.not_opened == 3' <<<"$output" >/dev/null || complain "not counted"
  counts '.code == "not-opened" and .severity == "note" and .path == "dist/a.7z" and (.text | contains("7-Zip"))' 1
  counts '.code == "not-opened" and .inside == ["squash.img"] and (.text | contains("SquashFS"))' 1
  counts '.code == "not-opened" and .inside == ["closed.txt"] and (.text | contains("encrypted"))' 1
  sk scan dist
  prints "3 not opened"
}

@test "an env file that cannot be understood: what it holds was not searched" {
  printf 'NEXTAUTH_SECRET="%s\n' "$GOOD" >.env
  mkdir dist
  echo "$GOOD" >dist/a
  sk scan --json dist
  exits 0
  counts '.code == "scan-incomplete" and (.text | contains("was not searched"))' 1
}

# ---- samekey-scan is kept apart

@test "the job comes as a sealed descriptor; arguments and environment hold nothing" {
  setup_shop
  with_scan <<'PY'
import fcntl, os, sys
facts = {"argv": open("/proc/self/cmdline", "rb").read(), "environ": open("/proc/self/environ", "rb").read()}
fds = sorted(int(fd) for fd in os.listdir("/proc/self/fd") if os.path.exists("/proc/self/fd/" + fd))
job = os.pread(3, 1 << 20, 0)
with open(os.path.dirname(sys.argv[0]) + "/seen", "w") as out:
    print(facts, fds, fcntl.fcntl(3, 1034) & 15, b"k7Vw2m" in job, file=out)
print('{"type":"done","files":1}')
PY
  sk CANARY_TOKEN="$GOOD2" scan dist
  exits 0
  local seen
  seen=$(<"$BATS_TEST_TMPDIR/bin/seen")
  [[ $seen == *"[0, 1, 2, 3] 15 True" ]] || complain "$seen"
  [[ $seen != *k7Vw2m* && $seen != *"$GOOD2"* && $seen != *PATH=* ]] || complain "$seen"
}

@test "one that dies, stops short, or talks nonsense: exit 69, never a clean answer" {
  setup_shop
  local text
  while IFS= read -r text; do
    with_scan <<<"import os, sys
$text"
    sk scan --json dist
    exits 69 && jq -e '.error.exit == 69' <<<"$output" >/dev/null || complain "for: $text" || return 1
  done <<'TEXTS'
os.kill(os.getpid(), 9)
sys.exit(3)
print('{"type":"value","path":"a","key":"K"}')
print('nonsense'); print('{"type":"done"}')
print('{"type":"unheard-of"}'); print('{"type":"done"}')
print('x' * 200000)
print('{"type":"done"}'); sys.exit(1)
TEXTS
  with_scan <<<'import os; os.kill(os.getpid(), 31)'
  sk scan dist
  says "samekey-scan was ended by signal 31"
}

@test "no samekey-scan there: exit 69, and where it belongs" {
  setup_shop
  with_scan </dev/null
  rm "$BATS_TEST_TMPDIR/bin/samekey-scan"
  sk scan dist
  exits 69
  says "there is no samekey-scan to start here" "hint: install samekey-scan"
}

@test "more records than are kept are counted" {
  setup_shop
  with_scan <<'PY'
for i in range(12000):
    print('{"type":"env-file","path":"f%d/.env","text":"an env file"}' % i)
print('{"type":"done","files":12000}')
PY
  sk scan --json dist
  exits 1
  jq -e '(.findings | length) == 10001 and .omitted == 2000' <<<"$output" >/dev/null || complain "not counted"
}

@test "of more records than are kept nobody knows whether one is an error: exit 1, and no baseline accepts it" {
  setup_shop
  with_scan <<'PY'
for i in range(10001):
    print('{"type":"value","key":"NEXTAUTH_SECRET","kind":"current","form":"raw","path":"dist/.next/cache/%d"}' % i)
print('{"type":"done","files":10001}')
PY
  sk scan --write-baseline known.json dist
  exits 0
  sk scan --baseline known.json dist
  exits 1
  prints "error: 1 more finding was not judged: 10000 are the limit [scan-incomplete]" "10000 accepted"
  sk scan --quiet --allow scan-incomplete dist
  exits 0
}

@test "notes of what is not opened crowd no error out" {
  setup_shop
  with_scan <<'PY'
for i in range(12000):
    print('{"type":"skipped","state":"foreign","text":"a link","path":"dist/%d"}' % i)
print('{"type":"value","key":"NEXTAUTH_SECRET","kind":"current","form":"raw","path":"dist/z.js"}')
print('{"type":"done","files":1}')
PY
  sk scan dist
  exits 1
  prints "dist/z.js" "11000 more notes are not shown [not-opened]" "1 error, 0 warnings, 1000 notes, 12000 not opened"
  sk scan --json dist
  jq -e '.omitted == 0 and .not_opened == 12000' <<<"$output" >/dev/null || complain "not counted"
}

@test "a file that says it is empty and is not is looked at" {
  setup_shop
  local pid
  env -i "S=$VALUE" sleep 60 3>&- &
  pid=$!
  until_true grep -q ^S= "/proc/$pid/environ"
  sk scan "/proc/$pid/environ"
  kill "$pid"
  exits 1
  prints "NEXTAUTH_SECRET: holds the current value"
}

# begins WORD...: samekey with a samekey-scan that never ends; their pids are $samekey and $scan.
begins() {
  setup_shop
  with_scan <<'PY'
import os, signal, sys
with open(os.path.dirname(sys.argv[0]) + "/pid.new", "w") as out:
    print(os.getpid(), file=out)
os.rename(out.name, out.name[:-4])
signal.pause()
PY
  env -i PATH="$PATH" HOME="$HOME" "$SAMEKEY" "$@" >/dev/null 2>&1 3>&- &
  samekey=$!
  until_true test -s "$BATS_TEST_TMPDIR/bin/pid"
  scan=$(<"$BATS_TEST_TMPDIR/bin/pid")
}

@test "when samekey is killed samekey-scan ends too" {
  local samekey scan
  begins scan dist
  kill -KILL "$samekey"
  until_true is_over "$scan"
  wait "$samekey" || true
}

@test "who ends samekey while it looks through a build ends the look too" {
  local samekey scan
  begins run --phase build --scan dist -- true
  kill -TERM "$samekey"
  until_true is_over "$samekey" || { kill -KILL "$samekey" && return 1; }
  wait "$samekey" && status=0 || status=$?
  exits 143
  until_true is_over "$scan"
}
