# What the fault tests share: the preloaded library, and how the drivers are called.
bats_require_minimum_version 1.5.0

setup() {
  unset "${!SAMEKEY_@}" NODE_ENV CREDENTIALS_DIRECTORY NOTIFY_SOCKET pm_id
  SAMEKEY=${SAMEKEY:?} SAMEKEYD=${SAMEKEYD:?}
  LIBRARY=$PWD/${OUT:?}/tests/faults/fault.so
  [ -e "$LIBRARY" ]
}

# commands NAME...: whether these commands of samekey stand every fault that is tried.
commands() {
  run python3 "$BATS_TEST_DIRNAME/commands.py" "$LIBRARY" "$@"
  [ "$status" -eq 0 ] || { tail -n 200 <<<"$output"; return 1; }
  [[ ${lines[-1]} =~ ^[1-9][0-9]*' faults, 0 wrong'$ ]]
}

# questions NAME...: whether samekeyd stands every fault that is tried while it is asked these.
questions() {
  run python3 "$BATS_TEST_DIRNAME/daemon.py" "$LIBRARY" "$@" 3>&-
  [ "$status" -eq 0 ] || { tail -n 100 <<<"$output"; return 1; }
  [[ ${lines[-1]} =~ ^[1-9][0-9]*' faults, 0 wrong'$ ]]
}
